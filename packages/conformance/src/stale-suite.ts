import type { ReclaimCandidate, ReclaimPolicy, StaleManager, WatchHandle } from '@symphony/interface'
import { equal, fails, ok, same } from './expectations.ts'
import { BUDGET_MS, ids, KIND, stage } from './stale-stage.ts'
import { staleSupervisionCases } from './stale-supervision-cases.ts'
import type { Case, Suite } from './suite.ts'

/** A store of things of 10 bytes each, as a policy over it. */
function shelf(name: string, content: Set<string>, limitBytes: number, over: Partial<ReclaimPolicy> = {}): ReclaimPolicy {
  const describe = (id: string): ReclaimCandidate => ({ id, sizeBytes: 10, recomputeMs: 0, lastUsedAtMs: 0, reason: 'oldest' })
  return {
    name,
    pressureBytes: () => Math.max(0, content.size * 10 - limitBytes),
    candidates: () => [...content].map(describe),
    reclaim: ({ id }) => content.delete(id),
    ...over,
  }
}

const deadlines: readonly Case<StaleManager>[] = [
  {
    name: 'an entity is told about once its time to live has passed, never before, and once only',
    async run(make) {
      const s = await stage(make)
      s.stale.watch({ kind: KIND, id: 1 }, { ttlMs: 100 })
      s.clock.advance(99)
      equal(s.stale.sweep(BUDGET_MS).expired, 0)
      s.clock.advance(1)
      equal(s.stale.sweep(BUDGET_MS).expired, 1)
      s.clock.advance(10_000)
      equal(s.stale.sweep(BUDGET_MS).expired, 0)
      same(ids(s), [1])
    },
  },
  {
    name: 'deadlines a second, a day and a quarter apart are each kept',
    async run(make) {
      const s = await stage(make)
      const delaysMs = [7_776_000_000, 1_000, 86_400_000, 60_000]
      delaysMs.forEach((ttlMs) => s.stale.watch({ kind: KIND, id: ttlMs }, { ttlMs }))
      for (const dueMs of delaysMs.toSorted((a, b) => a - b)) {
        s.clock.advance(dueMs - 1 - s.clock.monotonicMs())
        equal(s.stale.sweep(BUDGET_MS).expired, 0, `nothing is due before ${dueMs}`)
        s.clock.advance(1)
        equal(s.stale.sweep(BUDGET_MS).expired, 1, `one is due at ${dueMs}`)
      }
      same(ids(s), [1_000, 60_000, 86_400_000, 7_776_000_000])
    },
  },
  {
    name: 'a deadline may be given as a time, also one in the past',
    async run(make) {
      const s = await stage(make)
      s.clock.advance(1_000)
      s.stale.watch({ kind: KIND, id: 1 }, { deadlineMs: s.clock.monotonicMs() + 50 })
      s.stale.watch({ kind: KIND, id: 2 }, { deadlineMs: s.clock.monotonicMs() - 500 })
      s.stale.sweep(BUDGET_MS)
      same(ids(s), [2])
      ok((s.told[0]?.latenessMs ?? 0) >= 500, 'lateness counts from the deadline')
      s.clock.advance(50)
      s.stale.sweep(BUDGET_MS)
      same(ids(s), [2, 1])
    },
  },
  {
    name: 'what is due at once is told about in the next sweep, also twice at the same time',
    async run(make) {
      const s = await stage(make)
      for (const id of [1, 2]) {
        s.stale.watch({ kind: KIND, id }, { ttlMs: 0 })
        equal(s.stale.sweep(BUDGET_MS).expired, 1)
      }
      same(ids(s), [1, 2])
    },
  },
  {
    name: 'touch starts the time anew and answers false for a handle that is over',
    async run(make) {
      const s = await stage(make)
      const handle = s.stale.watch({ kind: KIND, id: 1 }, { ttlMs: 100 })
      s.clock.advance(90)
      equal(s.stale.touch(handle), true)
      s.clock.advance(90)
      equal(s.stale.sweep(BUDGET_MS).expired, 0)
      equal(s.stale.touch(handle, { ttlMs: 20 }), true)
      s.clock.advance(20)
      equal(s.stale.sweep(BUDGET_MS).expired, 1)
      equal(s.stale.touch(handle), false)
    },
  },
  {
    name: 'touch of a deadline needs the new one',
    async run(make) {
      const s = await stage(make)
      const handle = s.stale.watch({ kind: KIND, id: 1 }, { deadlineMs: 100 })
      fails('INVALID_ARGUMENT', () => s.stale.touch(handle))
      equal(s.stale.touch(handle, { deadlineMs: 500 }), true)
      s.clock.advance(499)
      equal(s.stale.sweep(BUDGET_MS).expired, 0)
      s.clock.advance(1)
      equal(s.stale.sweep(BUDGET_MS).expired, 1)
    },
  },
  {
    name: 'unwatch prevents the call and works once',
    async run(make) {
      const s = await stage(make)
      const handle = s.stale.watch({ kind: KIND, id: 1 }, { ttlMs: 10 })
      equal(s.stale.unwatch(handle), true)
      equal(s.stale.unwatch(handle), false)
      s.clock.advance(1_000)
      equal(s.stale.sweep(BUDGET_MS).expired, 0)
    },
  },
  {
    name: 'an old handle never touches the entity that took its place',
    async run(make) {
      const s = await stage(make, { watchesMax: 1 })
      const old = s.stale.watch({ kind: KIND, id: 1 }, { ttlMs: 10 })
      s.stale.unwatch(old)
      const fresh = s.stale.watch({ kind: KIND, id: 2 }, { ttlMs: 10 })
      ok(old !== fresh, 'handles are not reused')
      equal(s.stale.unwatch(old), false)
      equal(s.stale.touch(old), false)
      s.clock.advance(10)
      s.stale.sweep(BUDGET_MS)
      same(ids(s), [2])
    },
  },
  {
    name: 'nextDueMs never lies behind the first deadline, and sweeping whenever it says so tells everything in time',
    async run(make) {
      const s = await stage(make)
      equal(s.stale.nextDueMs(), undefined)
      const delaysMs = [5, 300, 301, 70_000, 20_000_000]
      delaysMs.forEach((ttlMs) => s.stale.watch({ kind: KIND, id: ttlMs }, { ttlMs }))
      for (let dueMs = s.stale.nextDueMs(), sweeps = 0; dueMs !== undefined; dueMs = s.stale.nextDueMs()) {
        ok(++sweeps < 100, 'sweeping at nextDueMs makes headway')
        s.clock.advance(Math.max(0, dueMs - s.clock.monotonicMs()))
        s.stale.sweep(BUDGET_MS)
      }
      same(ids(s), delaysMs)
      for (const { id, atMs } of s.told) ok(atMs >= id && atMs <= id + 1, `${id} was told about at ${atMs}`)
    },
  },
]

const handlers: readonly Case<StaleManager>[] = [
  {
    name: 'a kind has one handler, and a kind without one cannot be watched',
    async run(make) {
      const s = await stage(make)
      fails('ALREADY_EXISTS', () => s.stale.onExpire(KIND, () => {}))
      fails('INVALID_ARGUMENT', () => s.stale.watch({ kind: 'nobody', id: 1 }, { ttlMs: 1 }))
    },
  },
  {
    name: 'times that are not times are refused',
    async run(make) {
      const s = await stage(make)
      for (const ttlMs of [Number.NaN, -1, Infinity]) fails('INVALID_ARGUMENT', () => s.stale.watch({ kind: KIND, id: 1 }, { ttlMs }))
      for (const deadlineMs of [Number.NaN, Infinity]) fails('INVALID_ARGUMENT', () => s.stale.watch({ kind: KIND, id: 1 }, { deadlineMs }))
      equal(s.stale.nextDueMs(), undefined)
    },
  },
  {
    name: 'a full table refuses and has room again after an expiry',
    async run(make) {
      const s = await stage(make, { watchesMax: 2 })
      s.stale.watch({ kind: KIND, id: 1 }, { ttlMs: 5 })
      s.stale.watch({ kind: KIND, id: 2 }, { ttlMs: 50 })
      fails('CAPACITY_EXCEEDED', () => s.stale.watch({ kind: KIND, id: 3 }, { ttlMs: 5 }))
      s.clock.advance(5)
      s.stale.sweep(BUDGET_MS)
      s.stale.watch({ kind: KIND, id: 3 }, { ttlMs: 5 })
    },
  },
  {
    name: 'a handler that throws keeps nothing from the others',
    async run(make) {
      const s = await stage(make)
      s.stale.onExpire('broken', () => {
        throw new Error('broken handler')
      })
      s.stale.watch({ kind: KIND, id: 1 }, { ttlMs: 1 })
      s.stale.watch({ kind: 'broken', id: 2 }, { ttlMs: 1 })
      s.stale.watch({ kind: KIND, id: 3 }, { ttlMs: 1 })
      s.clock.advance(1)
      equal(s.stale.sweep(BUDGET_MS).expired, 3)
      same(ids(s), [1, 3])
      ok(s.stale.health().reasons.some((reason) => reason.includes('broken handler')), 'health names the failure')
    },
  },
  {
    name: 'a handler may watch its own entity again, also at once, without holding up the sweep',
    async run(make) {
      const s = await stage(make, { watchesMax: 1 })
      let times = 0
      s.stale.onExpire('again', (id) => {
        if (++times < 5) s.stale.watch({ kind: 'again', id }, { ttlMs: 0 })
      })
      s.stale.watch({ kind: 'again', id: 1 }, { ttlMs: 0 })
      for (let sweeps = 0; sweeps < 20 && times < 5; sweeps++) {
        ok(s.stale.sweep(BUDGET_MS).expired <= 1, 'one sweep tells about it once')
        s.clock.advance(1)
      }
      equal(times, 5)
    },
  },
  {
    name: 'inside its handler a handle is over already; others may be taken back',
    async run(make) {
      const s = await stage(make)
      const answers: unknown[] = []
      let other: WatchHandle | undefined
      s.stale.onExpire('first', (_id, _latenessMs, handle) => answers.push(s.stale.touch(handle, { ttlMs: 5 }), s.stale.unwatch(handle), s.stale.unwatch(other as WatchHandle)))
      s.stale.watch({ kind: 'first', id: 1 }, { ttlMs: 1 })
      other = s.stale.watch({ kind: KIND, id: 2 }, { ttlMs: 1 })
      s.clock.advance(1)
      equal(s.stale.sweep(BUDGET_MS).expired, 1)
      same(answers, [false, false, true])
      same(ids(s), [])
    },
  },
  {
    name: 'a sweep keeps to its budget, says so, and the next one goes on',
    async run(make) {
      const s = await stage(make)
      s.stale.onExpire('slow', () => s.clock.advance(10))
      for (let id = 0; id < 100; id++) s.stale.watch({ kind: 'slow', id }, { ttlMs: 1 })
      s.clock.advance(1)
      const first = s.stale.sweep(20)
      equal(first.more, true)
      ok(first.expired > 0 && first.expired < 100, `${first.expired} of 100 in a slice that has time for two`)
      let expired = first.expired
      for (let sweeps = 0; sweeps < 200 && expired < 100; sweeps++) expired += s.stale.sweep(20).expired
      equal(expired, 100)
    },
  },
]

const reclaiming: readonly Case<StaleManager>[] = [
  {
    name: 'policies reclaim under pressure only, and stop when it is gone',
    async run(make) {
      const s = await stage(make)
      const content = new Set(['a', 'b', 'c'])
      s.stale.addPolicy(shelf('shelf', content, 30))
      equal(s.stale.sweep(BUDGET_MS).reclaimed, 0)
      content.add('d').add('e')
      const report = s.stale.sweep(BUDGET_MS)
      same([report.reclaimed, report.freedBytes, [...content]], [2, 20, ['c', 'd', 'e']])
    },
  },
  {
    name: 'policies are asked in the order they were added, until they are removed',
    async run(make) {
      const s = await stage(make)
      const asked: string[] = []
      const ask = (name: string): (() => void) => s.stale.addPolicy(shelf(name, new Set(), 0, { pressureBytes: () => (asked.push(name), 0) }))
      ask('first')
      const remove = ask('second')
      ask('third')
      s.stale.sweep(BUDGET_MS)
      same(asked, ['first', 'second', 'third'])
      remove()
      s.stale.sweep(BUDGET_MS)
      same(asked, ['first', 'second', 'third', 'first', 'third'])
    },
  },
  {
    name: 'what came into use meanwhile is not counted as freed',
    async run(make) {
      const s = await stage(make)
      const content = new Set(['used', 'b', 'c'])
      const policy = shelf('shelf', content, 10, { reclaim: ({ id }) => id !== 'used' && content.delete(id) })
      s.stale.addPolicy(policy)
      const report = s.stale.sweep(BUDGET_MS)
      same([report.reclaimed, report.freedBytes, [...content]], [2, 20, ['used']])
    },
  },
  {
    name: 'dryRun names what would go and lets nothing go',
    async run(make) {
      const s = await stage(make)
      const content = new Set(['a', 'b', 'c'])
      s.stale.addPolicy(shelf('content', new Set(), 0))
      s.stale.addPolicy(shelf('shelf', content, 10))
      const plans = s.stale.dryRun()
      same(plans.map((plan) => [plan.policy, plan.freedBytes, plan.candidates.map(({ id }) => id)]), [['shelf', 20, ['a', 'b']]])
      equal(content.size, 3)
    },
  },
  {
    name: 'a policy that throws is skipped and named, the next one still works',
    async run(make) {
      const s = await stage(make)
      const content = new Set(['a', 'b'])
      const broken = (): never => {
        throw new Error('no list today')
      }
      s.stale.addPolicy(shelf('broken', content, 0, { candidates: broken }))
      s.stale.addPolicy(shelf('shelf', content, 10))
      equal(s.stale.sweep(BUDGET_MS).reclaimed, 1)
      const { status, reasons } = s.stale.health()
      equal(status, 'degraded')
      ok(reasons.some((reason) => reason.includes('broken') && reason.includes('no list today')), 'health names the policy and its error')
    },
  },
  {
    name: 'forecast counts what is ahead, health what there is',
    async run(make) {
      const s = await stage(make)
      for (const ttlMs of [10, 20, 40_000_000_000]) s.stale.watch({ kind: KIND, id: ttlMs }, { ttlMs })
      const { dueWithin, nextDueInMs } = s.stale.forecast()
      equal(nextDueInMs, 10)
      ok(dueWithin.length > 0 && dueWithin.every(({ ms, count }) => count === (ms >= 20 ? 2 : ms >= 10 ? 1 : 0)), 'each window counts what is due in it')
      s.clock.advance(20)
      s.stale.sweep(BUDGET_MS)
      const health = s.stale.health()
      same([health.status, health.watched, health.expired], ['healthy', 1, 2])
    },
  },
  {
    name: 'a closed manager takes nothing more and says so',
    async run(make) {
      const s = await stage(make)
      await s.stale.close()
      fails('CLOSED', () => s.stale.watch({ kind: KIND, id: 1 }, { ttlMs: 1 }))
      equal(s.stale.health().status, 'closed')
    },
  },
  {
    name: 'started, it sweeps by itself and leaves no timer behind when it is stopped',
    needs: ['autoSweep'],
    async run(make) {
      const s = await stage(make)
      await s.stale.start?.()
      s.stale.watch({ kind: KIND, id: 1 }, { ttlMs: 500 })
      s.stale.watch({ kind: KIND, id: 2 }, { ttlMs: 100 })
      s.clock.advance(100)
      same(ids(s), [2])
      await s.stale.stop?.()
      s.clock.advance(10_000)
      same(ids(s), [2])
    },
  },
]

/** What every StaleManager has to get right. `create` hands over `surroundings.clock`, a clock with `advance(byMs)`, and takes `watchesMax`. */
export const staleSuite: Suite<StaleManager> = { component: 'stale', cases: [...deadlines, ...handlers, ...reclaiming, ...staleSupervisionCases] }
