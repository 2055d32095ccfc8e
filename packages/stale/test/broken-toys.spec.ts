import { describe, expect, it } from 'vitest'
import { judge, staleSuite } from '@symphony/conformance'
import type { StaleManager, Supervised, WatchHandle } from '@symphony/interface'
import { VirtualClock } from '@symphony/ports'
import { createStaleManager } from '@symphony/stale'

type Break = (whole: StaleManager, clock: VirtualClock) => Partial<StaleManager>

const FAILS_INSIDE = 'a manager that has failed inside tells about nothing and forgets nothing; put right, it tells about each once'

/** The optional contract of a manager that may fail inside. */
const supervised = (wrong: Partial<Supervised>): Partial<StaleManager> => wrong as Partial<StaleManager>

/** Each toy is ours with one thing wrong, and the case that has to notice. */
const toys: readonly (readonly [name: string, noticedBy: string, breakIt: Break])[] = [
  ['goes on with a broken inside', FAILS_INSIDE, () => supervised({ quarantine: () => {} })],
  ['forgets what it is told meanwhile', FAILS_INSIDE, (whole) => ({
    watch: (entity, when) => (whole.health().status === 'quarantined' ? (1 as WatchHandle) : whole.watch(entity, when)),
  })],
  ['puts itself right in name only', FAILS_INSIDE, () => supervised({ reattach: () => true })],
  ['tells early', 'an entity is told about once its time to live has passed, never before, and once only', (whole) => ({
    watch: (entity, when) => whole.watch(entity, 'ttlMs' in when ? { ttlMs: Math.max(0, when.ttlMs - 5) } : when),
  })],
  ['forgets what is far ahead', 'deadlines a second, a day and a quarter apart are each kept', (whole) => ({
    watch: (entity, when) => whole.watch(entity, 'ttlMs' in when ? { ttlMs: when.ttlMs % 2 ** 32 } : when),
  })],
  ['says it unwatched', 'unwatch prevents the call and works once', () => ({ unwatch: () => true })],
  ['says it touched', 'touch starts the time anew and answers false for a handle that is over', () => ({ touch: () => true })],
  ['reuses handles', 'an old handle never touches the entity that took its place', (whole) => {
    let last: WatchHandle
    return { watch: (entity, when) => ((last = whole.watch(entity, when)), 1 as WatchHandle), unwatch: () => whole.unwatch(last), touch: (_, when) => whole.touch(last, when) }
  }],
  ['wakes too late', 'nextDueMs never lies behind the first deadline, and sweeping whenever it says so tells everything in time', (whole) => ({
    nextDueMs: () => ((dueMs) => (dueMs === undefined ? undefined : dueMs + 10))(whole.nextDueMs()),
  })],
  ['sweeps without end', 'a sweep keeps to its budget, says so, and the next one goes on', (whole) => ({ sweep: () => whole.sweep(Infinity) })],
  ['reclaims in a dry run', 'dryRun names what would go and lets nothing go', (whole) => ({ dryRun: () => ((plans) => (whole.sweep(Infinity), plans))(whole.dryRun()) })],
  ['reclaims without pressure', 'policies reclaim under pressure only, and stop when it is gone', (whole) => ({
    addPolicy: (policy) => whole.addPolicy({ ...policy, pressureBytes: () => Math.max(10, policy.pressureBytes()) }),
  })],
  ['lets a handler stop the rest', 'a handler that throws keeps nothing from the others', (whole) => {
    let isBroken = false
    return {
      onExpire: (kind, handler) => whole.onExpire(kind, (...told) => {
        if (isBroken) return
        try {
          handler(...told)
        } catch {
          isBroken = true
        }
      }),
    }
  }],
]

describe('broken toys', () => {
  it.each(toys)('one that %s fails "%s"', async (_, noticedBy, breakIt) => {
    const outcomes = await judge(staleSuite, {
      supports: createStaleManager({ watchesMax: 1 }).supports,
      create(options) {
        const clock = new VirtualClock()
        const whole = createStaleManager(options, { clock })
        const broken = breakIt(whole, clock)
        const component = new Proxy(whole, {
          get(target, key) {
            const value = (key in broken ? broken : target)[key as keyof StaleManager] as unknown
            return typeof value === 'function' ? value.bind(target) : value
          },
        })
        return { component, surroundings: { clock } }
      },
    })
    expect(outcomes.find(({ name }) => name === noticedBy)?.outcome).toBe('failed')
  })
})
