import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { WatchHandle } from '@symphony/interface'
import { VirtualClock } from '@symphony/ports'
import { createStaleManager } from '@symphony/stale'

const WATCHES_MAX = 40

type Step =
  | { readonly type: 'watch'; readonly aheadMs: number; readonly byDeadline: boolean }
  | { readonly type: 'touch'; readonly which: number; readonly aheadMs: number | undefined }
  | { readonly type: 'unwatch'; readonly which: number }
  | { readonly type: 'advance'; readonly byMs: number }
  | { readonly type: 'sweep' }
  | { readonly type: 'sliver' }

// Distances around every boundary of the wheel: slots, blocks of 256, 2^16, 2^24 and 2^32 ticks, and anything between.
const edge = fc.constantFrom(0, 1, 255, 256, 257, 65_535, 65_536, 65_537, 16_777_215, 16_777_216, 16_777_217, 4_294_967_295, 4_294_967_296, 4_294_967_297, 13_000_000_000)
const spanMs = fc.oneof(edge, fc.nat(600), fc.nat(100_000), fc.nat(20_000_000), fc.double({ min: 0, max: 5_000, noNaN: true }))
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant('watch' as const), aheadMs: spanMs, byDeadline: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('touch' as const), which: fc.nat(), aheadMs: fc.option(spanMs, { nil: undefined }) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('unwatch' as const), which: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('advance' as const), byMs: spanMs }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('sweep' as const) }) },
  // A sweep without time stops after its first few entries, wherever that is.
  { weight: 3, arbitrary: fc.record({ type: fc.constant('sliver' as const) }) },
)

interface Watched {
  readonly id: number
  readonly handle: WatchHandle
  deadlineMs: number
  ttlMs: number | undefined
}

/** The wheel beside a list that is searched from end to end. */
class Pair {
  readonly clock = new VirtualClock()
  readonly tickMs: number
  readonly stale
  readonly model: Watched[] = []
  readonly handles: WatchHandle[] = []
  #ids = 0

  constructor(tickMs: number) {
    this.tickMs = tickMs
    this.stale = createStaleManager({ watchesMax: WATCHES_MAX, tickMs }, { clock: this.clock })
    this.stale.onExpire('x', (id, latenessMs, handle) => this.#told(id, latenessMs, handle))
  }

  #told(id: number, latenessMs: number, handle: WatchHandle): void {
    const at = this.model.findIndex((watched) => watched.id === id)
    expect(at, `${id} is watched, and told about once`).toBeGreaterThanOrEqual(0)
    const [watched] = this.model.splice(at, 1) as [Watched]
    expect(handle).toBe(watched.handle)
    expect(latenessMs).toBeGreaterThanOrEqual(0)
    expect(latenessMs).toBeCloseTo(this.clock.monotonicMs() - watched.deadlineMs, 3)
  }

  run(step: Step): void {
    const nowMs = this.clock.monotonicMs()
    if (step.type === 'advance') this.clock.advance(step.byMs)
    else if (step.type === 'sweep') this.sweep()
    else if (step.type === 'sliver') this.stale.sweep(0)
    else if (step.type === 'watch') {
      if (this.model.length === WATCHES_MAX) return
      const deadlineMs = nowMs + step.aheadMs
      const handle = this.stale.watch({ kind: 'x', id: this.#ids }, step.byDeadline ? { deadlineMs } : { ttlMs: step.aheadMs })
      expect(this.handles).not.toContain(handle)
      this.handles.push(handle)
      this.model.push({ id: this.#ids++, handle, deadlineMs, ttlMs: step.byDeadline ? undefined : step.aheadMs })
    } else if (this.handles.length > 0) {
      const handle = this.handles[step.which % this.handles.length] as WatchHandle
      const watched = this.model.find((one) => one.handle === handle)
      if (step.type === 'unwatch') this.#unwatch(handle, watched)
      else this.#touch(handle, watched, step.aheadMs)
    }
  }

  #unwatch(handle: WatchHandle, watched: Watched | undefined): void {
    expect(this.stale.unwatch(handle)).toBe(watched !== undefined)
    if (watched !== undefined) this.model.splice(this.model.indexOf(watched), 1)
  }

  #touch(handle: WatchHandle, watched: Watched | undefined, aheadMs: number | undefined): void {
    if (aheadMs === undefined && watched !== undefined && watched.ttlMs === undefined) return
    expect(this.stale.touch(handle, aheadMs === undefined ? undefined : { ttlMs: aheadMs })).toBe(watched !== undefined)
    if (watched === undefined) return
    watched.ttlMs = aheadMs ?? watched.ttlMs
    watched.deadlineMs = this.clock.monotonicMs() + (watched.ttlMs as number)
  }

  /** After a sweep nothing is left that was due a tick ago: nothing is lost, and nothing more than a tick late. */
  sweep(): void {
    this.stale.sweep(1_000)
    const nowMs = this.clock.monotonicMs()
    expect(this.model.filter((watched) => watched.deadlineMs <= nowMs - this.tickMs)).toEqual([])
    expect(this.stale.health().watched).toBe(this.model.length)
    const firstMs = Math.min(...this.model.map((watched) => watched.deadlineMs))
    const nextMs = this.stale.nextDueMs()
    if (this.model.length === 0) expect(nextMs).toBeUndefined()
    else expect(nextMs as number).toBeLessThanOrEqual(firstMs + this.tickMs)
  }
}

describe('the timing wheel beside a sorted list', () => {
  it('is never early, loses nothing, and tells about each entity exactly once', () => {
    fc.assert(
      fc.property(fc.constantFrom(1, 7, 100), fc.array(step, { minLength: 1, maxLength: 120 }), (tickMs, steps) => {
        const pair = new Pair(tickMs)
        for (const one of steps) pair.run(one)
        // In the end everything that is still watched comes, however far ahead.
        for (let sweeps = 0; pair.model.length > 0; sweeps++) {
          expect(sweeps).toBeLessThan(2_000)
          pair.clock.advance(Math.max(0, (pair.stale.nextDueMs() as number) - pair.clock.monotonicMs()))
          pair.sweep()
        }
      }),
      { numRuns: 300 },
    )
  })
})
