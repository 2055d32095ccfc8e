import type { Clock } from '@symphony/interface'

/**
 * The time of the call under way, read from the clock once a call. The wall clock is asked at most once a millisecond and
 * carried on by the monotonic one in between: reading a clock costs as much as deciding.
 */
export class EngineTime {
  readonly #clock: Clock
  #wallMinusMonotonicMs = 0
  #sampledAtMs = -Infinity
  /** For durations and comparisons. */
  monotonicMs = 0
  /** For records, and for budget windows, which go by the calendar. */
  wallMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.read()
  }

  read(): this {
    const monotonicMs = this.#clock.monotonicMs()
    if (monotonicMs - this.#sampledAtMs >= 1) {
      this.#wallMinusMonotonicMs = this.#clock.nowMs() - monotonicMs
      this.#sampledAtMs = monotonicMs
    }
    this.monotonicMs = monotonicMs
    this.wallMs = monotonicMs + this.#wallMinusMonotonicMs
    return this
  }
}
