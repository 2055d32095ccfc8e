import { SETTLEMENT_OUTCOMES } from '@symphony/interface'
import type { AdmissionBatch, ArbitrationEngine, Ticket } from '@symphony/interface'
import { done, granted, MODEL, OTHER, stage, submit } from './arbitration-stage.ts'
import type { Stage } from './arbitration-stage.ts'
import { equal, fails, ok, same } from './expectations.ts'
import type { Case } from './suite.ts'

interface Wish {
  readonly tenant: string
  readonly priority?: number
  readonly score?: number
}

function batchOf({ engine }: Stage, wishes: readonly Wish[], model = MODEL): AdmissionBatch {
  return {
    model,
    count: wishes.length,
    tags: Int32Array.from(wishes, (_, at) => 100 + at),
    tenants: Int32Array.from(wishes, ({ tenant }) => engine.tenantNumber(tenant)),
    priorities: Int32Array.from(wishes, ({ priority = 0 }) => priority),
    scores: Float64Array.from(wishes, ({ score = 0 }) => score),
    tickets: new Float64Array(wishes.length),
  }
}

const three: readonly Wish[] = [{ tenant: 'a', priority: 2, score: 0.5 }, { tenant: 'b', score: -1 }, { tenant: 'a' }]
const { SUCCEEDED, FAILED, CANCELLED } = SETTLEMENT_OUTCOMES

/** Many admissions and settlements in one call. */
export const batchCases: readonly Case<ArbitrationEngine>[] = [
  {
    name: 'tenants have numbers of their own, which stay',
    async run(make) {
      const { engine } = await stage(make)
      const [a, b] = [engine.tenantNumber('a'), engine.tenantNumber('b')]
      ok(a !== b && Number.isInteger(a) && Number.isInteger(b), `${a} and ${b} are two numbers`)
      equal(engine.tenantNumber('a'), a)
      fails('INVALID_ARGUMENT', () => engine.tenantNumber('*'))
      fails('INVALID_ARGUMENT', () => engine.tenantNumber(''))
    },
  },
  {
    name: 'with nothing in the way a whole batch is admitted, and every admission is a decision',
    async run(make) {
      const s = await stage(make)
      const before = submit(s)
      s.engine.settle(granted(s), done)
      const batch = batchOf(s, three)
      equal(s.engine.admitNow(batch), 3)
      const tickets = [...batch.tickets] as Ticket[]
      ok(tickets.every((ticket, at) => ticket > (tickets[at - 1] ?? before)), 'tickets rise')
      for (const [at, ticket] of tickets.entries()) {
        const { outcome, tenant, model, priority, score, decidedAtMs, submittedAtMs, alternatives, rationale } = s.engine.explain(ticket)
        const { tenant: wanted, priority: urgency = 0, score: worth = 0 } = three[at] as Wish
        same([outcome, tenant, model, priority, score, decidedAtMs, submittedAtMs, alternatives], ['admitted', wanted, MODEL, urgency, worth, s.clock.nowMs(), s.clock.nowMs(), 1])
        ok(rationale.length > 10, 'a reason in words')
      }
      same(s.engine.history({ outcome: 'admitted' }).map(({ ticket }) => ticket), tickets.toReversed())
      same(s.engine.metrics(), { submitted: 4, admitted: 4, refused: 0, withdrawn: 0, settled: 1, waiting: 0, running: 3 })
      equal(s.engine.fairness().tenants.find(({ tenant }) => tenant === 'a')?.running, 2)
      equal(s.engine.withdraw(tickets[0] as Ticket), false)
    },
  },
  {
    name: 'grants of a batch are ended by their tickets, once',
    async run(make) {
      const s = await stage(make)
      const batch = batchOf(s, [...three, { tenant: 'c' }])
      s.engine.admitNow(batch)
      const [first, second, third, fourth] = [...batch.tickets] as [Ticket, Ticket, Ticket, Ticket]
      equal(s.engine.settleNow(Float64Array.of(first, second, 9_999), 3, Uint8Array.of(SUCCEEDED, CANCELLED, SUCCEEDED), Float64Array.of(30, 10, 1)), 2)
      equal(s.engine.settleNow(batch.tickets, 2, SUCCEEDED, 5), 0)
      equal(s.engine.settleTicket(third, 'failed', 20), true)
      equal(s.engine.settleTicket(third, 'failed', 20), false)
      equal(s.engine.settle({ ticket: fourth, model: MODEL, tenant: 'c', tag: 103 }, { outcome: 'succeeded', durationMs: 40 }), true)
      same([first, second, third, fourth].map((ticket) => s.engine.explain(ticket).outcome), Array(4).fill('settled'))
      same(s.engine.fairness().tenants.map(({ tenant, servedMs, running }) => [tenant, Math.round(servedMs), running]), [['a', 50, 0], ['b', 10, 0], ['c', 40, 0]])
      same([s.engine.metrics().settled, s.engine.metrics().running], [4, 0])
    },
  },
  {
    name: 'what is used while nothing is in the way counts when something is',
    async run(make) {
      const s = await stage(make)
      const batch = batchOf(s, Array.from({ length: 5 }, () => ({ tenant: 'greedy' })))
      submit(s, { tenant: 'modest' })
      s.engine.settle(granted(s), { outcome: 'succeeded', durationMs: 100 })
      s.engine.admitNow(batch)
      s.engine.settleNow(batch.tickets, 5, SUCCEEDED, 1_000)
      for (let n = 0; n < 8; n++) for (const tenant of ['greedy', 'modest']) submit(s, { tenant })
      const who = Array.from({ length: 4 }, () => granted(s).tenant)
      same(who, Array(4).fill('modest'))
    },
  },
  {
    name: 'a batch stops where others wait for the model, and leaves no trace of the rest',
    async run(make) {
      const s = await stage(make)
      submit(s)
      equal(s.engine.admitNow(batchOf(s, three)), 0)
      equal(s.engine.metrics().submitted, 1)
      equal(s.engine.admitNow(batchOf(s, three, OTHER)), 3)
      granted(s)
      equal(s.engine.admitNow(batchOf(s, three)), 3)
    },
  },
  {
    name: 'a batch stops where a rate has no call left',
    needs: ['rates'],
    async run(make) {
      const s = await stage(make)
      s.engine.rate({ tenant: 'b', callsPerSecond: 1, burst: 1 })
      const wishes = [{ tenant: 'a' }, { tenant: 'b' }, { tenant: 'a' }, { tenant: 'b' }, { tenant: 'a' }]
      equal(s.engine.admitNow(batchOf(s, wishes)), 3)
      submit(s, { tenant: 'b' })
      equal(s.engine.next(MODEL), undefined)
      s.clock.advance(1_000)
      equal(granted(s).tenant, 'b')
      s.engine.rate({ tenant: '*', callsPerSecond: 1, burst: 1 })
      equal(s.engine.admitNow(batchOf(s, three)), 1)
    },
  },
  {
    name: 'a batch stops where the engine is full, and goes on when there is room',
    async run(make) {
      const s = await stage(make, { requestsMax: 2 })
      const batch = batchOf(s, three)
      equal(s.engine.admitNow(batch), 2)
      fails('CAPACITY_EXCEEDED', () => submit(s))
      equal(s.engine.settleNow(batch.tickets, 1, SUCCEEDED, 1), 1)
      equal(s.engine.admitNow(batch), 1)
    },
  },
  {
    name: 'wishes in line by the column wait like others, and are granted in their order by the column',
    async run(make) {
      const s = await stage(make)
      const old = submit(s, { tenant: 'b', tag: 7.5 })
      const batch = batchOf(s, [{ tenant: 'b', score: 1 }, { tenant: 'a' }, { tenant: 'a', score: 3 }, { tenant: 'c', priority: 1 }])
      s.clock.advance(5)
      equal(s.engine.submitMany(batch), 4)
      const [b, a, betterA, c] = [...batch.tickets] as [Ticket, Ticket, Ticket, Ticket]
      same([s.engine.waiting(MODEL), s.engine.metrics().submitted, s.engine.position(c)], [5, 5, 1])
      const { outcome, submittedAtMs, score } = s.engine.explain(betterA)
      same([outcome, submittedAtMs, score], ['waiting', s.clock.nowMs(), 3])
      const [tickets, tags] = [new Float64Array(4), new Float64Array(4)]
      equal(s.engine.nextMany(MODEL, 3, tickets, tags), 3)
      same([...tickets], [c, b, betterA, 0])
      same([...tags], [103, 100, 102, 0])
      equal(granted(s).ticket, old)
      equal(s.engine.nextMany(MODEL, 4, tickets, tags), 1)
      same([tickets[0], s.engine.nextMany(MODEL, 4, tickets, tags)], [a, 0])
      same([s.engine.metrics().admitted, s.engine.metrics().running], [5, 5])
      fails('INVALID_ARGUMENT', () => s.engine.nextMany(MODEL, 5, tickets, tags))
    },
  },
  {
    name: 'wishes are put in line by the column as far as there is room',
    async run(make) {
      const s = await stage(make, { requestsMax: 2 })
      const batch = batchOf(s, three)
      equal(s.engine.submitMany(batch), 2)
      same([s.engine.submitMany(batch), s.engine.metrics().submitted], [0, 2])
    },
  },
  {
    name: 'a batch that makes no sense is refused whole',
    async run(make) {
      const s = await stage(make)
      const batch = batchOf(s, three)
      fails('INVALID_ARGUMENT', () => s.engine.admitNow({ ...batch, count: 4 }))
      fails('INVALID_ARGUMENT', () => s.engine.admitNow({ ...batch, scores: Float64Array.of(1, Number.NaN, 1) }))
      fails('INVALID_ARGUMENT', () => s.engine.admitNow({ ...batch, tenants: Int32Array.of(batch.tenants[0] as number, 9_999, 1) }))
      fails('INVALID_ARGUMENT', () => s.engine.admitNow({ ...batch, tenants: Int32Array.of(batch.tenants[0] as number, -1, 1) }))
      fails('INVALID_ARGUMENT', () => s.engine.submitMany({ ...batch, scores: Float64Array.of(1, Infinity, 1) }))
      equal(s.engine.metrics().submitted, 0)
      s.engine.admitNow(batch)
      fails('INVALID_ARGUMENT', () => s.engine.settleNow(batch.tickets, 4, SUCCEEDED, 1))
      fails('INVALID_ARGUMENT', () => s.engine.settleNow(batch.tickets, 3, Uint8Array.of(SUCCEEDED, FAILED, 3), 1))
      fails('INVALID_ARGUMENT', () => s.engine.settleNow(batch.tickets, 3, SUCCEEDED, Float64Array.of(1, 1, -1)))
      fails('INVALID_ARGUMENT', () => s.engine.settleTicket(batch.tickets[0] as Ticket, 'succeeded', Number.NaN))
      equal(s.engine.metrics().settled, 0)
      await s.engine.close()
      fails('CLOSED', () => s.engine.admitNow(batch))
      fails('CLOSED', () => s.engine.submitMany(batch))
      fails('CLOSED', () => s.engine.nextMany(MODEL, 1, batch.tickets, new Float64Array(3)))
    },
  },
]
