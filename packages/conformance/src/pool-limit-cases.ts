import type { PoolManager } from '@symphony/interface'
import { equal, fails, ok, same } from './expectations.ts'
import { HandRunner, hot, quiet, refused, served, settle, stage, states, take, watched } from './pool-stage.ts'
import type { PoolStage } from './pool-stage.ts'
import type { Case, Maker } from './suite.ts'

interface Crowd extends PoolStage {
  readonly runners: ReadonlyMap<string, HandRunner>
}

/** A pool with room for two, and a model for each letter; the capital ones are pinned. */
async function crowded(make: Maker<PoolManager>, letters: string): Promise<Crowd> {
  const staged = await stage(make, { memoryBytesMax: 20 })
  const runners = new Map<string, HandRunner>()
  for (const id of letters) {
    const runner = new HandRunner(true)
    staged.pool.registerModel({ id, runner, memoryBytes: 10, pinned: id !== id.toLowerCase() })
    runners.set(id, runner)
  }
  return { ...staged, runners }
}

/** Has a model loaded, which takes it so long. */
async function loadIn(crowd: Crowd, id: string, loadMs: number): Promise<void> {
  const warm = crowd.pool.prewarm(id)
  await settle()
  crowd.clock.advance(loadMs)
  crowd.runners.get(id)?.loads[0]?.succeed()
  await warm
}

const memory: readonly Case<PoolManager>[] = [
  {
    name: 'makes room by unloading what is idle, and stays within its memory',
    needs: ['eviction'],
    async run(make) {
      const s = await crowded(make, 'abc')
      await loadIn(s, 'a', 100)
      s.clock.advance(1_000)
      await loadIn(s, 'b', 100)
      equal(s.pool.metrics().memoryBytes, 20)
      await loadIn(s, 'c', 100)
      same([states(s.pool, 'a'), states(s.pool, 'b'), states(s.pool, 'c')], [['cold'], ['hot'], ['hot']])
      same([s.pool.metrics().memoryBytes, s.pool.metrics().evictions], [20, 1])
    },
  },
  {
    name: 'unloads first what is cheapest to load again',
    needs: ['eviction'],
    async run(make) {
      const s = await crowded(make, 'abc')
      await loadIn(s, 'a', 30_000)
      await loadIn(s, 'b', 10)
      s.clock.advance(100)
      await loadIn(s, 'c', 100)
      same([states(s.pool, 'a'), states(s.pool, 'b')], [['hot'], ['cold']])
    },
  },
  {
    name: 'never unloads what is pinned, busy or at its minimum to make room, and waits instead',
    needs: ['eviction'],
    async run(make) {
      const s = await crowded(make, 'Pbc')
      await loadIn(s, 'P', 1)
      await loadIn(s, 'b', 1)
      const busy = take(s.pool, 'b')
      const wait = watched(s.pool.allocateModel({ model: 'c' }))
      await settle()
      same([wait.state, s.runners.get('c')?.contexts.length], ['waiting', 0])
      ok(s.pool.health().reasons.length > 0, 'its health says so')
      busy.release()
      await settle()
      same([states(s.pool, 'P'), states(s.pool, 'b'), states(s.pool, 'c')], [['hot'], ['cold'], ['warming']])
      s.runners.get('c')?.loads[0]?.succeed()
      await settle()
      equal(wait.state, 'fulfilled')
      const kept = await stage(make, { memoryBytesMax: 10 })
      kept.pool.registerModel({ id: 'kept', runner: new HandRunner(), memoryBytes: 10, instancesMin: 1 })
      kept.pool.registerModel({ id: 'wanted', runner: new HandRunner(), memoryBytes: 10 })
      await kept.pool.prewarm('kept')
      const wanted = watched(kept.pool.allocateModel({ model: 'wanted' }, { timeoutMs: 10 }))
      await settle()
      same([wanted.state, states(kept.pool, 'kept')], ['waiting', ['hot']])
    },
  },
  {
    name: 'unloads nothing in vain',
    needs: ['eviction'],
    async run(make) {
      const s = await crowded(make, 'ab')
      s.pool.registerModel({ id: 'big', runner: new HandRunner(), memoryBytes: 20 })
      await loadIn(s, 'a', 1)
      await loadIn(s, 'b', 1)
      take(s.pool, 'b')
      const big = watched(s.pool.allocateModel({ model: 'big' }))
      await settle()
      same([big.state, states(s.pool, 'a'), s.pool.metrics().evictions], ['waiting', ['hot'], 0])
    },
  },
  {
    name: 'a model larger than all memory is refused when it is registered',
    needs: ['eviction'],
    async run(make) {
      const { pool } = await stage(make, { memoryBytesMax: 20 })
      fails('CAPACITY_EXCEEDED', () => pool.registerModel({ id: 'm', runner: new HandRunner(), memoryBytes: 21 }))
      same(pool.models(), [])
    },
  },
]

const closing: readonly Case<PoolManager>[] = [
  {
    name: 'closing turns away who waits, ends leases and unloads everything',
    async run(make) {
      const { pool, runner } = await hot(make, { instancesMax: 2 })
      const slow = new HandRunner(true)
      pool.registerModel({ id: 'slow', runner: slow })
      const [lease, other] = [take(pool), take(pool)]
      other.release()
      take(pool)
      const waits = [pool.allocateModel({ model: 'm' }, { timeoutMs: 1_000 }), pool.allocateModel({ model: 'slow' }), pool.allocateModels([{ model: 'm' }, { model: 'm' }]), pool.prewarm('slow')].map((wait) => quiet<unknown>(wait))
      await settle()
      await served(Promise.all([pool.close(), pool.close()]))
      for (const wait of waits) await refused('CLOSED', wait)
      equal(lease.isLive, false)
      same([lease.release(), runner.unloaded, slow.contexts[0]?.signal.aborted, pool.health().status], [false, 2, true, 'closed'])
      fails('CLOSED', () => pool.tryAllocateModel('m'))
      fails('CLOSED', () => pool.registerModel({ id: 'late', runner }))
      await refused('CLOSED', pool.allocateModel({ model: 'm' }))
      slow.loads[0]?.succeed()
      await settle()
      equal(slow.terminated + slow.unloaded, 1)
    },
  },
  {
    name: 'an instance that does not unload is ended by force',
    async run(make) {
      const { pool, runner, clock } = await hot(make)
      runner.unloading = new Promise(() => {})
      const closed = watched(pool.close())
      await settle()
      equal(closed.state, 'waiting')
      clock.advance(600_000)
      await settle()
      same([closed.state, runner.terminated], ['fulfilled', 1])
    },
  },
  {
    name: 'its figures add up',
    async run(make) {
      const { pool, clock } = await hot(make, { instancesMax: 2 })
      const [a, b] = [take(pool), take(pool)]
      const wait = quiet(pool.allocateModel({ model: 'm' }))
      clock.advance(500)
      await settle()
      a.release()
      const c = await served(wait)
      const { models, leasesGranted, leasesReleased, loads, waiting, hitRate, waitMsP50 } = pool.metrics()
      same({ models, leasesGranted, leasesReleased, loads, waiting }, { models: 1, leasesGranted: 3, leasesReleased: 1, loads: 2, waiting: 0 })
      ok(Math.abs(hitRate - 2 / 3) < 1e-9, `hit rate ${hitRate}`)
      ok(waitMsP50 >= 500 && waitMsP50 < 550, `waited ${waitMsP50}`)
      b.release()
      c.release()
      equal(pool.metrics().leasesReleased, 3)
    },
  },
]

/** The part of the pool's suite that is about its limits: memory, the end, and figures. */
export const poolLimitCases: readonly Case<PoolManager>[] = [...memory, ...closing]
