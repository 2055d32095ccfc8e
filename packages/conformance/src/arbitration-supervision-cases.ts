import type { ArbitrationEngine, Supervised, SymphonyError } from '@symphony/interface'
import { done, granted, MODEL, stage, submit } from './arbitration-stage.ts'
import type { Stage } from './arbitration-stage.ts'
import { equal, fails, ok, same } from './expectations.ts'
import type { Case } from './suite.ts'

type SupervisedEngine = ArbitrationEngine & Supervised & Required<Pick<Supervised, 'reset'> & Pick<ArbitrationEngine, 'resume'>>

const needs = ['supervision', 'replayable']

/** Rebuilds an engine in place from what it has logged. */
function rebuild({ engine, reopen }: Stage): void {
  const whole = reopen()
  const supervised = engine as SupervisedEngine
  supervised.reset()
  supervised.restore(whole.snapshot())
  supervised.afterRecovery?.()
}

const spentBy = (engine: ArbitrationEngine, tenant: string): readonly number[] => {
  const budget = engine.budgets().find((one) => one.tenant === tenant)
  return [budget?.spentUsd ?? -1, budget?.reservedUsd ?? -1]
}

/** An engine that finds out that it has failed inside, and lets itself be set up anew. */
export const arbitrationSupervisionCases: readonly Case<ArbitrationEngine>[] = [
  {
    name: 'an engine that has failed inside says so once, grants nothing and takes nothing note of',
    needs: ['supervision'],
    async run(make) {
      const s = await stage(make)
      const engine = s.engine as SupervisedEngine
      const ticket = submit(s)
      const waiting = submit(s)
      const grant = granted(s)
      const heard: SymphonyError[] = []
      engine.onPanic((error) => heard.push(error))
      engine.onPanic(() => ok(false, 'who has left is told nothing'))()
      engine.quarantine('somebody broke it')
      engine.quarantine('and again')
      equal(heard.length, 1, 'told once')
      same([heard[0]?.code, heard[0]?.retryable], ['BACKEND_PANIC', true])
      equal(engine.health().status, 'quarantined')
      ok(engine.health().reasons.some((reason) => reason.includes('somebody broke it')), 'health says why')
      same([engine.next(MODEL), engine.waiting(MODEL), engine.position(waiting), engine.withdraw(waiting), engine.nextChangeMs()], [undefined, 0, undefined, false, undefined])
      for (const call of [
        () => submit(s),
        () => engine.settle(grant, done),
        () => engine.settleTicket(ticket, 'succeeded', 1),
        () => engine.budget({ tenant: 'a', limitUsd: 1 }),
        () => engine.budgets(),
        () => engine.explain(ticket),
        () => engine.fairness(),
      ]) ok(fails('BACKEND_PANIC', call).retryable, 'it may be tried again')
    },
  },
  {
    name: 'an engine that is rebuilt knows what was spent and what was set; nothing is in line, and no ticket is given twice',
    needs,
    async run(make) {
      const s = await stage(make)
      const engine = s.engine as SupervisedEngine
      engine.budget({ tenant: 'a', limitUsd: 10 })
      engine.setMemoryLimit(100)
      engine.rate({ tenant: 'b', callsPerSecond: 1 })
      const number = engine.tenantNumber('a')
      submit(s, { costUsd: 2 })
      engine.settle(granted(s), { outcome: 'succeeded', costUsd: 1.5, durationMs: 1 })
      submit(s, { tenant: 'b' })
      const used = granted(s)
      const before = [submit(s, { costUsd: 3 }), used.ticket]
      engine.quarantine('somebody broke it')
      rebuild(s)
      equal(engine.health().status, 'healthy')
      same(spentBy(engine, 'a'), [1.5, 0])
      equal(engine.tenantNumber('a'), number)
      equal(engine.waiting(MODEL), 0)
      equal(engine.settle(used, done), false, 'nobody runs')
      fails('REQUEST_REFUSED', () => submit(s, { memoryBytes: 101 }))
      const ticket = submit(s, { tenant: 'b' })
      ok(!before.includes(ticket), 'a new ticket')
      equal(engine.next(MODEL), undefined, 'a call that was used up has not come back')
      s.clock.advance(1_000)
      equal(granted(s).ticket, ticket)
      equal(engine.checkInvariants(1), undefined)
    },
  },
  {
    name: 'what is under way when an engine is rebuilt is resumed: it holds what it held, and is settled once',
    needs,
    async run(make) {
      const s = await stage(make)
      const engine = s.engine as SupervisedEngine
      engine.budget({ tenant: 'a', limitUsd: 10 })
      engine.setMemoryLimit(100)
      const request = { costUsd: 4, memoryBytes: 60, tag: 7 }
      submit(s, request)
      const grant = granted(s)
      engine.quarantine('somebody broke it')
      rebuild(s)
      const whole = { model: MODEL, tenant: 'a', ...request }
      equal(engine.resume(grant, whole), true)
      equal(engine.resume(grant, whole), true, 'once is enough')
      same(spentBy(engine, 'a'), [0, 4])
      submit(s, { memoryBytes: 60 })
      equal(engine.next(MODEL), undefined, 'its memory is not free')
      equal(engine.explain(grant.ticket).outcome, 'admitted')
      equal(engine.settle(grant, { outcome: 'succeeded', costUsd: 5, durationMs: 3 }), true)
      equal(engine.settle(grant, done), false)
      same(spentBy(engine, 'a'), [5, 0])
      ok(engine.next(MODEL) !== undefined, 'its memory is free')
      same(spentBy(s.reopen(), 'a'), [5, 0])
      fails('INVALID_ARGUMENT', () => engine.resume({ ...grant, ticket: 2 ** 52 as never }, whole))
      equal(engine.checkInvariants(1), undefined)
    },
  },
]
