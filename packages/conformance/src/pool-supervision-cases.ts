import type { PoolManager, Supervised } from '@symphony/interface'
import { equal, ok, same } from './expectations.ts'
import { hot, take } from './pool-stage.ts'
import type { Case } from './suite.ts'

type SupervisedPool = PoolManager & Supervised & Required<Pick<Supervised, 'reattach'>>

/** A pool that finds out that its backend has failed: it serves everybody meanwhile. */
export const poolSupervisionCases: readonly Case<PoolManager>[] = [
  {
    name: 'a pool that has failed inside says so, serves everybody all the same, and is well when it was put right',
    needs: ['supervision'],
    async run(make) {
      const staged = await hot(make, { slotsPerInstance: 3 })
      const pool = staged.pool as SupervisedPool
      const before = take(pool)
      const codes: string[] = []
      pool.onPanic(({ code }) => codes.push(code))
      pool.quarantine('somebody broke it')
      pool.quarantine('and again')
      same(codes, ['BACKEND_PANIC'])
      equal(pool.health().status, 'quarantined')
      ok(pool.health().reasons.some((reason) => reason.includes('somebody broke it')), 'health says why')
      const meanwhile = take(pool)
      ok(before.release(), 'a lease of before is whole')
      ok(pool.reattach(), 'it needs no log')
      equal(pool.health().status, 'healthy')
      same([pool.inspect('m').slotsUsed, pool.freeSlots(pool.modelNumber('m'))], [1, 2])
      ok(meanwhile.release())
      equal(pool.freeSlots(pool.modelNumber('m')), 3)
      equal(pool.checkInvariants(1), undefined)
    },
  },
]
