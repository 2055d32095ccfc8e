import { dagSuite, declareSuite, judge } from '@symphony/conformance'
import type { RegionDagTracker } from '@symphony/dag'
import type { DagBackend } from '@symphony/dag/for-backends'
import { nativeDag } from '@symphony/native/dag'
import type { NativeDagBackend } from '@symphony/native/dag'
import { describe, expect, it } from 'vitest'
import { trackersOn } from './dag-stage.ts'
import { hasNative } from './native-here.ts'

const ways: readonly (readonly [name: string, attach: (tracker: RegionDagTracker) => void])[] = [
  ['the TypeScript backend', () => {}],
  ...(hasNative ? [
    ['the native backend', (tracker: RegionDagTracker) => tracker.attachBackend(nativeDag())] as const,
    ['both, whichever is faster', (tracker: RegionDagTracker) => tracker.attachBackend(nativeDag({ where: 'faster' }))] as const,
  ] : []),
]

describe.each(ways)('a tracker on %s', (_, attach) => {
  declareSuite({ describe, it }, dagSuite, trackersOn(attach))
})

type Bend = (native: NativeDagBackend) => Partial<NativeDagBackend>

/** Each changes what Rust does in one way, and a case has to notice. */
const toys: readonly (readonly [name: string, noticedBy: string, bend: Bend])[] = [
  ['takes nothing', 'ready tasks are handed out once, first come, first served, and again when they are returned', () => ({ take: () => 0 })],
  ['skips in place of completing', 'progress counts, reports and columns tell the same', (native) => ({ complete: (t, task, nowMs) => native.skip(t, task, nowMs) })],
  ['completes in place of failing', 'a failure skips whatever hangs on it, over any distance, also while other needs are open', (native) => ({
    fail: (t, task, nowMs) => native.complete(t, task, nowMs),
  })],
  ['tells of no end', 'listeners hear that tasks got ready and that runs ended, at once, until they stop listening', (native) => ({
    complete(t, task, nowMs) {
      native.complete(t, task, nowMs)
      t.endedRuns.length = 0
    },
  })],
  ['cancels one task too few', 'cancelling ends every open task, once, and says why', (native) => ({
    cancel: (t, first, count, nowMs) => native.cancel(t, first, count - 1, nowMs),
  })],
  ['wakes late', 'tasks that wait are woken in order of their times', (native) => ({ postpone: (t, task, dueAtMs) => native.postpone(t, task, dueAtMs + 1) })],
]

describe.skipIf(!hasNative)('a native backend that', () => {
  it.each(toys)('%s is noticed', async (_, noticedBy, bend) => {
    const attach = (tracker: RegionDagTracker): void => {
      const make = nativeDag()
      tracker.attachBackend((own: DagBackend) => {
        const native = make(own)
        return { ...native, ...bend(native) }
      })
    }
    const suite = { ...dagSuite, cases: dagSuite.cases.filter(({ name }) => name === noticedBy) }
    expect(await judge(suite, trackersOn(attach))).toMatchObject([{ outcome: 'failed' }])
    expect(await judge(suite, trackersOn((tracker) => tracker.attachBackend(nativeDag())))).toMatchObject([{ outcome: 'passed' }])
  })
})
