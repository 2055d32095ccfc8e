import type { StaleManager, Supervised } from '@symphony/interface'
import { equal, ok, same } from './expectations.ts'
import { BUDGET_MS, ids, KIND, stage } from './stale-stage.ts'
import type { Case } from './suite.ts'

type SupervisedManager = StaleManager & Supervised & Required<Pick<Supervised, 'reattach'>>

/** A manager that finds out that it has failed inside. Its state needs no log: which entities are watched is enough. */
export const staleSupervisionCases: readonly Case<StaleManager>[] = [
  {
    name: 'a manager that has failed inside tells about nothing and forgets nothing; put right, it tells about each once',
    needs: ['supervision'],
    async run(make) {
      const s = await stage(make)
      const stale = s.stale as SupervisedManager
      const watch = (id: number, ttlMs: number) => stale.watch({ kind: KIND, id }, { ttlMs })
      watch(1, 30)
      const touched = watch(2, 10)
      const unwatched = watch(3, 20)
      const codes: string[] = []
      stale.onPanic(({ code }) => codes.push(code))
      stale.onPanic(() => ok(false, 'who has left is told nothing'))()
      equal(stale.checkInvariants(1), undefined)
      stale.quarantine('somebody broke it')
      stale.quarantine('and again')
      same(codes, ['BACKEND_PANIC'])
      equal(stale.health().status, 'quarantined')
      ok(stale.health().reasons.some((reason) => reason.includes('somebody broke it')), 'health says why')
      const late = watch(4, 10)
      ok(stale.touch(touched, { ttlMs: 1_000 }))
      ok(stale.unwatch(unwatched))
      ok(!stale.unwatch(unwatched), 'once')
      s.clock.advance(500)
      same([stale.sweep(BUDGET_MS).expired, stale.nextDueMs(), stale.health().expired], [0, undefined, 0])
      ok(stale.reattach())
      equal(stale.health().status, 'healthy')
      equal(stale.checkInvariants(1), undefined)
      equal(stale.sweep(BUDGET_MS).expired, 2)
      same(ids(s), [4, 1])
      ok(!stale.touch(late), 'it is over')
      s.clock.advance(500)
      stale.sweep(BUDGET_MS)
      s.clock.advance(10_000)
      stale.sweep(BUDGET_MS)
      same(ids(s), [4, 1, 2])
    },
  },
]
