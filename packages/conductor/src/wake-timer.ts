import type { Clock, Heartbeat, Turns } from '@symphony/interface'
import { CLOCK_LOOK_MS } from './limits.ts'

/**
 * One timer for whatever time alone will change: a retry that comes due, a wait until a day, a budget that is full again.
 *
 * What is due is due by the wall's clock, and timers know nothing of somebody who sets it, or of a machine that slept: so from time to
 * time it is asked anew how long it still takes.
 */
export class WakeTimer {
  readonly #clock: Clock
  readonly #turns: Turns
  readonly #nextMs: (nowMs: number) => number
  readonly #wake: () => void
  #cancel: (() => void) | undefined
  /** When the armed timer fires, in the clock's `monotonicMs`. */
  #atMs = Infinity
  #heartbeat: Heartbeat | undefined

  /** @param nextMs the next time at which something changes, in the clock's `monotonicMs`, given what that shows now; Infinity for never */
  constructor(clock: Clock, turns: Turns, nextMs: (nowMs: number) => number, wake: () => void) {
    this.#clock = clock
    this.#turns = turns
    this.#nextMs = nextMs
    this.#wake = wake
  }

  arm(nowMs: number): void {
    const atMs = this.#nextMs(nowMs)
    // The two clocks do not tick together: a difference of less than a millisecond is the same time.
    if (Math.abs(atMs - this.#atMs) < 1 || atMs === this.#atMs) return
    this.#cancel?.()
    this.#cancel = undefined
    this.#atMs = atMs
    if (atMs === Infinity) return
    this.#heartbeat ??= this.#turns.every?.(CLOCK_LOOK_MS, () => this.#look())
    this.#cancel = this.#clock.schedule(Math.max(0, atMs - nowMs), () => {
      this.#atMs = Infinity
      this.#wake()
    })
  }

  stop(): void {
    this.#cancel?.()
    this.#heartbeat?.stop()
  }

  #look(): void {
    if (this.#atMs < Infinity) this.arm(this.#clock.monotonicMs())
  }
}
