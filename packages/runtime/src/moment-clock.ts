import type { Clock } from '@symphony/interface'
import type { EventRing } from '@symphony/shared-memory'

/**
 * The clock every component of a runtime gets. Whoever reads the time also sets the time of the events that follow. While it is
 * held, each of its two faces is read once at most, and the wall's once a millisecond at most: a step of the loop asks ten times what
 * time it is, and reading a system's clock costs as much as taking a task through one of its states. What happens at one moment is
 * also shown together.
 */
export class MomentClock implements Clock {
  readonly #clock: Clock
  readonly #events: EventRing
  #isHeld = false
  /** NaN until somebody asks. */
  #nowMs = Number.NaN
  #monotonicMs = Number.NaN
  /** What the wall's clock showed when it was read last, and when it was last read for a moment that was held. */
  #wallMs = 0
  #readAtMs = -Infinity

  constructor(clock: Clock, events: EventRing) {
    this.#clock = clock
    this.#events = events
  }

  nowMs(): number {
    if (!this.#isHeld) return this.#readWall()
    if (this.#nowMs === this.#nowMs) return this.#nowMs
    const monotonicMs = this.monotonicMs()
    // The wall's clock shows whole milliseconds: within one it would be asked for nothing.
    if (monotonicMs - this.#readAtMs < 1) return (this.#nowMs = this.#wallMs)
    this.#readAtMs = monotonicMs
    return (this.#nowMs = this.#readWall())
  }

  #readWall(): number {
    const nowMs = this.#clock.nowMs()
    // Whoever asked in between has seen this time: nobody sees an earlier one.
    this.#wallMs = nowMs
    this.#events.tick(nowMs)
    return nowMs
  }

  monotonicMs(): number {
    if (this.#isHeld && this.#monotonicMs === this.#monotonicMs) return this.#monotonicMs
    return (this.#monotonicMs = this.#clock.monotonicMs())
  }

  hold(): void {
    if (!this.#isHeld) this.#events.hold()
    this.#isHeld = true
    this.#nowMs = Number.NaN
    this.#monotonicMs = Number.NaN
  }

  release(): boolean {
    if (!this.#isHeld) return false
    this.#isHeld = false
    this.#events.show()
    return true
  }

  schedule(delayMs: number, run: () => void): () => void {
    return this.#clock.schedule(delayMs, run)
  }
}
