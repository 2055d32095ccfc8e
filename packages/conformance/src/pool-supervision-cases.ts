import type { LoadedModel, PoolManager, Supervised } from '@symphony/interface'
import { equal, ok, same } from './expectations.ts'
import { HandRunner, hot, stage, take } from './pool-stage.ts'
import type { Case } from './suite.ts'

type SupervisedPool = PoolManager & Supervised & Required<Pick<Supervised, 'reattach'>>

/** A runner that can tell how long what it loaded has rested. */
class RestlessRunner extends HandRunner {
  readonly #restedMs: () => number | undefined

  constructor(restedMs: () => number | undefined) {
    super()
    this.#restedMs = restedMs
  }

  override model(): LoadedModel {
    return { ...super.model(), restedMs: this.#restedMs }
  }
}

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
  {
    name: 'an instance whose thread is stuck while it is idle is replaced within a second; one that rests, or has a call, is not',
    needs: ['supervision', 'stuckThreads'],
    async run(make) {
      const { pool: made, clock } = await stage(make)
      const pool = made as SupervisedPool
      const rested: Record<string, number> = { stuck: 5, rests: 5, busy: 5, used: 5 }
      const runners = Object.fromEntries(Object.keys(rested).map((id) => [id, new RestlessRunner(() => rested[id])]))
      for (const [id, runner] of Object.entries(runners)) {
        pool.registerModel({ id, runner })
        await pool.prewarm(id)
      }
      const busy = take(pool, 'busy')
      const sinceMs = clock.monotonicMs()
      while (runners['stuck']?.terminated === 0 && clock.monotonicMs() - sinceMs < 5_000) {
        clock.advance(100)
        rested['rests']! += 90
        // A call that is over before anybody looks may have kept it busy.
        take(pool, 'used').release()
        pool.lookAround?.()
      }
      ok(clock.monotonicMs() - sinceMs <= 1_000, `found after ${clock.monotonicMs() - sinceMs} ms`)
      same(Object.values(runners).map(({ terminated }) => terminated), [1, 0, 0, 0])
      ok(pool.inspect('stuck').instances.some(({ lastError }) => lastError?.includes('stuck')), 'it says why')
      await pool.prewarm('stuck')
      equal(pool.inspect('stuck').instances[0]?.state, 'hot')
      equal(pool.health().status, 'healthy')
      busy.release()
      // A process that was stopped for a while has not seen anything meanwhile.
      rested['stuck']!++
      pool.lookAround?.()
      clock.advance(60_000)
      pool.lookAround?.()
      equal(runners['stuck']?.terminated, 1)
    },
  },
]
