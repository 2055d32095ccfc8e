import type { ArbitrationEngine, Lsn, Ticket } from '@symphony/interface'
import { MODEL, stage, submit, submitMany, granted, turns, done } from './arbitration-stage.ts'
import { describeAll, undescribed } from './descriptions.ts'
import { equal, fails, ok, same } from './expectations.ts'
import type { Case } from './suite.ts'

/** What is kept: fairness, reasons, history, recovery. */
export const accountCases: readonly Case<ArbitrationEngine>[] = [
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
    name: 'what was logged is told by command and tenant, and looking changes nothing',
    needs: ['replayable', 'budgets', 'descriptions'],
    async run(make) {
      const s = await stage(make)
      const twin = await stage(make)
      s.engine.budget({ tenant: 'a', limitUsd: 2, windowMs: 3_600_000 })
      submit(s, { costUsd: 0.5 })
      s.engine.settle(granted(s), { outcome: 'succeeded', costUsd: 0.25, durationMs: 5 })
      const described = describeAll(twin.engine, s.commands())
      same(described.map(({ fields }) => fields['tenant']), ['a', 'a'])
      ok(JSON.stringify(described).includes('0.25'), 'money is told in US dollars')
    },
  },
  undescribed(),
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
 * `advance(byMs)`; who claims `replayable` also `surroundings.reopen()`, which makes an engine from what the first one logged; who
 * claims `replica` also `surroundings.commands()`, what it has logged.
 */
