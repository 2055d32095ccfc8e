import type { AdmissionRequest, ArbitrationEngine, Clock, Grant, Lsn, ModelNumber, Settlement, Ticket } from '@symphony/interface'
import { equal, fails, ok, same } from './expectations.ts'
import type { Case, Maker, Suite } from './suite.ts'

/** A clock that moves when it is told to; `VirtualClock` of `@symphony/ports` is one. */
interface MovableClock extends Clock {
  advance(byMs: number): void
}

interface Stage {
  readonly engine: ArbitrationEngine
  readonly clock: MovableClock
  /** A second engine, recovered from what the first one logged. Given by implementations that claim `replayable`. */
  readonly reopen: () => ArbitrationEngine
}

const MODEL = 3 as ModelNumber
const OTHER = 4 as ModelNumber

async function stage(make: Maker<ArbitrationEngine>, options?: Readonly<Record<string, unknown>>): Promise<Stage> {
  const { component: engine, surroundings } = await make(options)
  return { engine, clock: surroundings['clock'] as MovableClock, reopen: surroundings['reopen'] as () => ArbitrationEngine }
}

let tags = 0
const submit = ({ engine }: Stage, request: Partial<AdmissionRequest> = {}): Ticket => engine.submit({ model: MODEL, tenant: 'a', tag: ++tags, ...request })

function submitMany(s: Stage, count: number, request: Partial<AdmissionRequest>): Ticket[] {
  return Array.from({ length: count }, () => submit(s, request))
}

function granted(s: Stage, model: ModelNumber = MODEL): Grant {
  const grant = s.engine.next(model)
  if (grant === undefined) throw new Error('expected a grant, but nothing was admitted')
  return grant
}

/** Admits and settles one after the other, each taking its time, and tells whose turn it was. */
function turns(s: Stage, count: number, durationMs: number | ((tenant: string) => number) = 100): string[] {
  return Array.from({ length: count }, () => {
    const grant = granted(s)
    const tookMs = typeof durationMs === 'number' ? durationMs : durationMs(grant.tenant)
    s.clock.advance(tookMs)
    s.engine.settle(grant, { outcome: 'succeeded', durationMs: tookMs })
    return grant.tenant
  })
}

const count = (names: readonly string[], name: string): number => names.filter((one) => one === name).length
const done: Settlement = { outcome: 'succeeded', costUsd: 0, durationMs: 1 }

const order: readonly Case<ArbitrationEngine>[] = [
  {
    name: 'a grant hands back what was asked for, and nothing comes from an empty line',
    async run(make) {
      const s = await stage(make)
      equal(s.engine.next(MODEL), undefined)
      const ticket = submit(s, { tenant: 'b', tag: 77 })
      same({ ...granted(s) }, { ticket, model: MODEL, tenant: 'b', tag: 77 })
      equal(s.engine.next(MODEL), undefined)
    },
  },
  {
    name: 'tickets rise, and models have lines of their own',
    async run(make) {
      const s = await stage(make)
      const first = submit(s)
      const second = submit(s, { model: OTHER })
      ok(second > first, 'tickets rise')
      same([s.engine.waiting(MODEL), s.engine.waiting(OTHER), s.engine.waiting(9 as ModelNumber)], [1, 1, 0])
      equal(granted(s, OTHER).ticket, second)
      equal(s.engine.next(OTHER), undefined)
    },
  },
  {
    name: 'a higher priority always goes first, whoever was served how much',
    async run(make) {
      const s = await stage(make)
      submitMany(s, 3, { tenant: 'low', priority: -1 })
      submitMany(s, 3, { tenant: 'high', priority: 5 })
      submitMany(s, 3, { tenant: 'middle' })
      same(turns(s, 9, 1_000), [...Array(3).fill('high'), ...Array(3).fill('middle'), ...Array(3).fill('low')])
    },
  },
  {
    name: 'within a tenant the better score goes first, then the older ticket',
    async run(make) {
      const s = await stage(make)
      const tickets = [1, 5, 5, -2, 9].map((score) => submit(s, { score }))
      const got = tickets.map(() => granted(s).ticket)
      same(got, [4, 1, 2, 0, 3].map((at) => tickets[at]))
    },
  },
  {
    name: 'equal tenants take turns, however long one of them has been in line with however many',
    async run(make) {
      const s = await stage(make)
      submitMany(s, 50, { tenant: 'crowd' })
      submitMany(s, 10, { tenant: 'few' })
      const who = turns(s, 20)
      equal(count(who, 'few'), 10)
    },
  },
  {
    name: 'shares follow weights',
    async run(make) {
      const s = await stage(make)
      s.engine.setWeight('heavy', 3)
      submitMany(s, 100, { tenant: 'heavy' })
      submitMany(s, 100, { tenant: 'light' })
      const heavy = count(turns(s, 80), 'heavy')
      ok(heavy >= 58 && heavy <= 62, `${heavy} of 80 went to weight 3 of 4`)
    },
  },
  {
    name: 'service counts by its duration, not by calls',
    async run(make) {
      const s = await stage(make)
      submitMany(s, 200, { tenant: 'long' })
      submitMany(s, 200, { tenant: 'short' })
      const who = turns(s, 110, (tenant) => (tenant === 'long' ? 1_000 : 100))
      const long = count(who, 'long')
      ok(long >= 8 && long <= 14, `${long} calls of 1 s beside ${110 - long} of 0.1 s`)
    },
  },
  {
    name: 'who was idle has saved up nothing',
    async run(make) {
      const s = await stage(make)
      submitMany(s, 200, { tenant: 'busy' })
      turns(s, 1, 100)
      submitMany(s, 1, { tenant: 'idle' })
      turns(s, 99, 100)
      submitMany(s, 50, { tenant: 'idle' })
      const idle = count(turns(s, 20, 100), 'idle')
      ok(idle >= 9 && idle <= 11, `${idle} of 20 after a long rest`)
    },
  },
  {
    name: 'nobody of equal weight waits longer than everybody else\'s turn',
    async run(make) {
      const s = await stage(make)
      const tenants = Array.from({ length: 20 }, (_, at) => `t${at}`)
      for (const tenant of tenants) submitMany(s, 30, { tenant })
      turns(s, 100)
      submit(s, { tenant: 'new' })
      const waited = turns(s, 60).indexOf('new')
      ok(waited >= 0 && waited <= 2 * tenants.length, `a new tenant was passed over ${waited} times by ${tenants.length} others`)
    },
  },
  {
    name: 'equal input gives equal decisions with equal reasons',
    async run(make) {
      const play = async (): Promise<unknown> => {
        const s = await stage(make)
        s.engine.setWeight('b', 2)
        const start = tags
        for (let n = 0; n < 60; n++) submit(s, { tenant: 'abc'[n % 3] as string, priority: n % 2, score: (n * 7) % 5, tag: n })
        turns(s, 40, (tenant) => tenant.charCodeAt(0) % 7)
        tags = start
        return s.engine.history({ limit: 100 })
      }
      same(await play(), await play())
    },
  },
  {
    name: 'position foretells the order',
    async run(make) {
      const s = await stage(make)
      s.engine.setWeight('b', 4)
      for (let n = 0; n < 30; n++) submit(s, { tenant: 'abc'[(n * n) % 3] as string, priority: n % 5 === 0 ? 1 : 0, score: n % 4, tag: n })
      const tickets = Array.from({ length: 30 }, (_, n) => s.engine.history({ outcome: 'waiting' })[n]?.ticket as Ticket)
      const foretold = tickets.toSorted((x, y) => (s.engine.position(x) as number) - (s.engine.position(y) as number))
      same(tickets.map((ticket) => s.engine.position(ticket)).sort((x, y) => (x as number) - (y as number)), Array.from({ length: 30 }, (_, n) => n + 1))
      same(tickets.map(() => granted(s).ticket), foretold)
      equal(s.engine.position(tickets[0] as Ticket), undefined)
    },
  },
]

const limits: readonly Case<ArbitrationEngine>[] = [
  {
    name: 'memory is held until settled, and another that fits goes past',
    needs: ['memory'],
    async run(make) {
      const s = await stage(make)
      s.engine.setMemoryLimit(100)
      submit(s, { tenant: 'a', memoryBytes: 60 })
      const first = granted(s)
      submit(s, { tenant: 'b', memoryBytes: 60 })
      const small = submit(s, { tenant: 'c', memoryBytes: 40 })
      equal(granted(s).ticket, small)
      equal(s.engine.next(MODEL), undefined)
      s.engine.settle(first, done)
      equal(granted(s).tenant, 'b')
    },
  },
  {
    name: 'a big request is not passed over for ever by small ones',
    needs: ['memory'],
    async run(make) {
      const s = await stage(make)
      s.engine.setMemoryLimit(100)
      submitMany(s, 12, { tenant: 'small', memoryBytes: 10 })
      const running = Array.from({ length: 10 }, () => granted(s))
      const big = submit(s, { tenant: 'big', memoryBytes: 100 })
      for (let n = 0; n < 5_000; n++) {
        if (s.engine.position(big) === undefined) return
        submit(s, { tenant: 'small', memoryBytes: 10 })
        const ended = running.shift()
        if (ended !== undefined) s.engine.settle(ended, done)
        for (let grant = s.engine.next(MODEL); grant !== undefined; grant = s.engine.next(MODEL)) running.push(grant)
      }
      throw new Error('passed over 5,000 times')
    },
  },
  {
    name: 'money is reserved before and settled after; the rest comes back once',
    needs: ['budgets'],
    async run(make) {
      const s = await stage(make)
      s.engine.budget({ tenant: 'a', limitUsd: 1 })
      submitMany(s, 2, { costUsd: 0.6 })
      const first = granted(s)
      equal(s.engine.next(MODEL), undefined)
      same(s.engine.budgets(), [{ tenant: 'a', limitUsd: 1, spentUsd: 0, reservedUsd: 0.6, resetsAtMs: undefined }])
      equal(s.engine.settle(first, { outcome: 'succeeded', costUsd: 0.1, durationMs: 1 }), true)
      equal(s.engine.settle(first, { outcome: 'succeeded', costUsd: 0.1, durationMs: 1 }), false)
      same(s.engine.budgets(), [{ tenant: 'a', limitUsd: 1, spentUsd: 0.1, reservedUsd: 0, resetsAtMs: undefined }])
      granted(s)
    },
  },
  {
    name: 'a budget is not exceeded by 64 calls at once, and no cent is lost',
    needs: ['budgets'],
    async run(make) {
      const s = await stage(make)
      s.engine.budget({ tenant: '*', limitUsd: 1 })
      for (let n = 0; n < 64; n++) submit(s, { tenant: `t${n % 8}`, costUsd: 0.1 })
      const running: Grant[] = []
      for (let grant = s.engine.next(MODEL); grant !== undefined; grant = s.engine.next(MODEL)) running.push(grant)
      equal(running.length, 10)
      for (const grant of running) s.engine.settle(grant, { outcome: 'failed', costUsd: 0, durationMs: 1 })
      equal(s.engine.budgets()[0]?.reservedUsd, 0)
      equal(s.engine.budgets()[0]?.spentUsd, 0)
    },
  },
  {
    name: 'a tenant without money leaves the way to others',
    needs: ['budgets'],
    async run(make) {
      const s = await stage(make)
      s.engine.budget({ tenant: 'poor', limitUsd: 0.5 })
      submitMany(s, 5, { tenant: 'poor', costUsd: 0.4 })
      submitMany(s, 5, { tenant: 'rich', costUsd: 0.4 })
      const who = Array.from({ length: 6 }, () => granted(s).tenant)
      same([count(who, 'poor'), count(who, 'rich')], [1, 5])
      equal(s.engine.next(MODEL), undefined)
      s.engine.budget({ tenant: 'poor', limitUsd: 1 })
      equal(granted(s).tenant, 'poor')
    },
  },
  {
    name: 'a window begins at exact multiples of its length, and nextChangeMs says when',
    needs: ['budgets'],
    async run(make) {
      const s = await stage(make)
      s.clock.advance(250)
      s.engine.budget({ tenant: 'a', limitUsd: 1, windowMs: 1_000 })
      submitMany(s, 2, { costUsd: 1 })
      s.engine.settle(granted(s), { outcome: 'succeeded', costUsd: 1, durationMs: 0 })
      equal(s.engine.next(MODEL), undefined)
      const leftMs = 1_000 - (s.clock.nowMs() % 1_000)
      equal(s.engine.budgets()[0]?.resetsAtMs, s.clock.nowMs() + leftMs)
      equal(s.engine.nextChangeMs(), s.clock.monotonicMs() + leftMs)
      s.clock.advance(leftMs - 1)
      equal(s.engine.next(MODEL), undefined)
      s.clock.advance(1)
      equal(s.engine.budgets()[0]?.spentUsd, 0)
      granted(s)
    },
  },
  {
    name: 'calls are limited by a bucket of tokens, and nextChangeMs says when the next one is there',
    needs: ['rates'],
    async run(make) {
      const s = await stage(make)
      s.engine.rate({ tenant: 'a', callsPerSecond: 10, burst: 2 })
      submitMany(s, 4, {})
      granted(s)
      granted(s)
      equal(s.engine.next(MODEL), undefined)
      equal(s.engine.nextChangeMs(), s.clock.monotonicMs() + 100)
      s.clock.advance(99)
      equal(s.engine.next(MODEL), undefined)
      s.clock.advance(1)
      granted(s)
      equal(s.engine.next(MODEL), undefined)
    },
  },
  {
    name: 'a rate of "*" limits all together',
    needs: ['rates'],
    async run(make) {
      const s = await stage(make)
      s.engine.rate({ tenant: '*', callsPerSecond: 1, burst: 1 })
      submit(s, { tenant: 'a' })
      submit(s, { tenant: 'b', priority: 9 })
      equal(granted(s).tenant, 'b')
      equal(s.engine.next(MODEL), undefined)
      s.clock.advance(1_000)
      equal(granted(s).tenant, 'a')
    },
  },
  {
    name: 'what can never fit is refused at once',
    needs: ['budgets', 'memory'],
    async run(make) {
      const s = await stage(make)
      s.engine.budget({ tenant: 'a', limitUsd: 1, windowMs: 1_000 })
      s.engine.budget({ tenant: '*', limitUsd: 5 })
      s.engine.setMemoryLimit(100)
      fails('REQUEST_REFUSED', () => submit(s, { costUsd: 1.01 }))
      fails('REQUEST_REFUSED', () => submit(s, { tenant: 'b', costUsd: 5.01 }))
      fails('REQUEST_REFUSED', () => submit(s, { memoryBytes: 101 }))
      same([s.engine.waiting(MODEL), s.engine.metrics().refused], [0, 3])
      submit(s, { costUsd: 1, memoryBytes: 100 })
      granted(s)
    },
  },
  {
    name: 'a request that takes part of what it needs takes nothing',
    needs: ['budgets', 'memory', 'rates'],
    async run(make) {
      const s = await stage(make)
      s.engine.setMemoryLimit(100)
      s.engine.budget({ tenant: 'a', limitUsd: 10 })
      s.engine.rate({ tenant: 'a', callsPerSecond: 1, burst: 1 })
      submitMany(s, 2, { costUsd: 4, memoryBytes: 50 })
      granted(s)
      equal(s.engine.next(MODEL), undefined)
      equal(s.engine.budgets()[0]?.reservedUsd, 4)
      submit(s, { tenant: 'b', memoryBytes: 50 })
      equal(granted(s).tenant, 'b')
    },
  },
  {
    name: 'values that are none are refused',
    async run(make) {
      const s = await stage(make)
      for (const bad of [Number.NaN, Infinity, -1]) {
        fails('INVALID_ARGUMENT', () => submit(s, { costUsd: bad }))
        fails('INVALID_ARGUMENT', () => submit(s, { memoryBytes: bad }))
        fails('INVALID_ARGUMENT', () => s.engine.budget({ tenant: 'a', limitUsd: bad }))
        fails('INVALID_ARGUMENT', () => s.engine.setWeight('a', bad))
        fails('INVALID_ARGUMENT', () => s.engine.rate({ tenant: 'a', callsPerSecond: bad }))
      }
      for (const bad of [Number.NaN, Infinity, -Infinity]) fails('INVALID_ARGUMENT', () => submit(s, { score: bad }))
      fails('INVALID_ARGUMENT', () => submit(s, { priority: 0.5 }))
      fails('INVALID_ARGUMENT', () => submit(s, { tenant: '' }))
      fails('INVALID_ARGUMENT', () => s.engine.setWeight('a', 0))
      submit(s)
      const grant = granted(s)
      fails('INVALID_ARGUMENT', () => s.engine.settle(grant, { outcome: 'succeeded', costUsd: Number.NaN }))
      fails('INVALID_ARGUMENT', () => s.engine.settle(grant, { outcome: 'succeeded', durationMs: -1 }))
      equal(s.engine.settle(grant, done), true)
    },
  },
  {
    name: 'a full engine refuses and has room again after a settlement',
    async run(make) {
      const s = await stage(make, { requestsMax: 2 })
      submitMany(s, 2, {})
      fails('CAPACITY_EXCEEDED', () => submit(s))
      s.engine.settle(granted(s), done)
      submit(s)
    },
  },
]

const account: readonly Case<ArbitrationEngine>[] = [
  {
    name: 'what is withdrawn is never granted; what runs or is unknown cannot be withdrawn',
    async run(make) {
      const s = await stage(make)
      const [first, second, third] = submitMany(s, 3, {}) as [Ticket, Ticket, Ticket]
      equal(s.engine.withdraw(first), true)
      equal(s.engine.withdraw(first), false)
      equal(granted(s).ticket, second)
      equal(s.engine.withdraw(second), false)
      equal(s.engine.withdraw(9_999 as Ticket), false)
      equal(granted(s).ticket, third)
      equal(s.engine.next(MODEL), undefined)
    },
  },
  {
    name: 'explain tells the whole story of a ticket',
    async run(make) {
      const s = await stage(make)
      submit(s, { tenant: 'other' })
      const ticket = submit(s, { tenant: 'mine', priority: 2, score: 0.5 })
      const waiting = s.engine.explain(ticket)
      same([waiting.outcome, waiting.tenant, waiting.priority, waiting.score, waiting.submittedAtMs, waiting.decidedAtMs, waiting.alternatives], ['waiting', 'mine', 2, 0.5, s.clock.nowMs(), undefined, 2])
      s.clock.advance(40)
      const grant = granted(s)
      const admitted = s.engine.explain(ticket)
      same([admitted.outcome, admitted.decidedAtMs, admitted.alternatives], ['admitted', s.clock.nowMs(), 2])
      s.engine.settle(grant, { outcome: 'failed', durationMs: 5 })
      equal(s.engine.explain(ticket).outcome, 'settled')
      for (const { rationale } of [waiting, admitted, s.engine.explain(ticket)]) ok(rationale.length > 10, 'a reason in words')
      fails('TICKET_UNKNOWN', () => s.engine.explain(9_999 as Ticket))
    },
  },
  {
    name: 'history is newest first and can be narrowed down',
    async run(make) {
      const s = await stage(make)
      const [a] = submitMany(s, 3, { tenant: 'a' }) as [Ticket]
      const b = submit(s, { tenant: 'b', priority: 1 })
      turns(s, 2)
      s.engine.withdraw(submit(s, { tenant: 'a' }))
      same(s.engine.history().map((decision) => decision.outcome), ['withdrawn', 'settled', 'settled'])
      same(s.engine.history({ outcome: 'settled' }).map((decision) => decision.ticket), [a, b])
      same(s.engine.history({ tenant: 'b' }).map((decision) => decision.ticket), [b])
      equal(s.engine.history({ limit: 1 }).length, 1)
      same(s.engine.history({ tenant: 'nobody' }), [])
    },
  },
  {
    name: 'fairness measures service by weight',
    async run(make) {
      const s = await stage(make)
      s.engine.setWeight('b', 2)
      for (const tenant of ['a', 'b', 'c']) submitMany(s, 60, { tenant })
      turns(s, 80)
      const even = s.engine.fairness()
      ok(even.jain > 0.98 && even.gini < 0.1, `jain ${even.jain}, gini ${even.gini}`)
      ok(Math.abs(even.tenants.reduce((sum, { share }) => sum + share, 0) - 1) < 1e-9, 'shares add up')
      const b = even.tenants.find(({ tenant }) => tenant === 'b')
      same([b?.weight, b?.entitled, b?.running], [2, 0.5, 0])
      ok(Math.abs((b?.share ?? 0) - 0.5) < 0.05, 'b got the half it is entitled to')
      for (let n = 0; n < 5; n++) s.engine.withdraw(s.engine.history({ outcome: 'waiting', tenant: 'a' })[0]?.ticket as Ticket)
      submit(s, { tenant: 'd' })
      ok(s.engine.fairness().jain < even.jain, 'who waits and got nothing counts')
    },
  },
  {
    name: 'metrics add up',
    async run(make) {
      const s = await stage(make)
      submitMany(s, 5, {})
      s.engine.settle(granted(s), done)
      granted(s)
      s.engine.withdraw(submit(s))
      same(s.engine.metrics(), { submitted: 6, admitted: 2, refused: 0, withdrawn: 1, settled: 1, waiting: 3, running: 1 })
      equal(s.engine.health().status, 'healthy')
    },
  },
  {
    name: 'spending survives by the log, reservations do not',
    needs: ['replayable', 'budgets'],
    async run(make) {
      const s = await stage(make)
      s.engine.budget({ tenant: 'a', limitUsd: 2, windowMs: 3_600_000 })
      submitMany(s, 3, { costUsd: 0.5 })
      s.engine.settle(granted(s), { outcome: 'succeeded', costUsd: 0.3, durationMs: 5 })
      granted(s)
      const again = s.reopen()
      same(again.budgets().map(({ spentUsd, reservedUsd, limitUsd }) => [spentUsd, reservedUsd, limitUsd]), [[0.3, 0, 2]])
      equal(again.waiting(MODEL), 0)
      same(again.snapshot(), s.engine.snapshot())
    },
  },
  {
    name: 'a snapshot carries the same, and a command nobody knows is refused',
    needs: ['replayable', 'budgets'],
    async run(make) {
      const s = await stage(make)
      for (const tenant of ['b', 'a', '*']) s.engine.budget({ tenant, limitUsd: 2 })
      submit(s, { costUsd: 0.5 })
      s.engine.settle(granted(s), { outcome: 'succeeded', costUsd: 0.25, durationMs: 5 })
      const other = await stage(make)
      other.engine.restore(s.engine.snapshot())
      same(other.engine.snapshot(), s.engine.snapshot())
      const byName = (engine: ArbitrationEngine): unknown => engine.budgets().toSorted((x, y) => (x.tenant < y.tenant ? -1 : 1))
      same(byName(other.engine), byName(s.engine))
      fails('LAYOUT_MISMATCH', () => other.engine.applyCommand(999, new Uint8Array(0), 1 as Lsn))
    },
  },
  {
    name: 'a closed engine takes nothing more and says so',
    async run(make) {
      const s = await stage(make)
      await s.engine.close()
      fails('CLOSED', () => submit(s))
      equal(s.engine.health().status, 'closed')
    },
  },
]

/**
 * What every ArbitrationEngine has to get right. `create` takes `requestsMax` and hands over `surroundings.clock`, a clock with
 * `advance(byMs)`; who claims `replayable` also `surroundings.reopen()`, which makes an engine from what the first one logged.
 */
export const arbitrationSuite: Suite<ArbitrationEngine> = { component: 'arbitration', cases: [...order, ...limits, ...account] }
