import type { Clock } from '@symphony/interface'

const STRIDE_MAX = 256
/** Work between two looks at the clock should take about this long: short against any budget worth having. */
const GRAIN_MS = 0.1

/**
 * A bounded piece of time. The clock is read every so many units of work only: more seldom while they are quick, with each
 * one when they are slow.
 */
export class TimeSlice {
  readonly startedMs: number
  readonly #clock: Clock
  readonly #budgetMs: number
  #nowMs: number
  #stride = 16
  #left = 16
  #isOver = false

  constructor(clock: Clock, budgetMs: number) {
    this.#clock = clock
    this.#budgetMs = budgetMs
    this.startedMs = clock.monotonicMs()
    this.#nowMs = this.startedMs
  }

  /** The time when the clock was last read. */
  get nowMs(): number {
    return this.#nowMs
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Call after each unit of work. True when the time is used up. */
  spend(): boolean {
    if (--this.#left > 0) return false
    return this.check()
  }

  /** Reads the clock now: for units of work that may be slow. */
  check(): boolean {
    const nowMs = this.#clock.monotonicMs()
    if (nowMs - this.#nowMs > GRAIN_MS) this.#stride = Math.max(1, this.#stride >> 2)
    else if (this.#stride < STRIDE_MAX) this.#stride *= 2
    this.#left = this.#stride
    this.#nowMs = nowMs
    this.#isOver = nowMs - this.startedMs >= this.#budgetMs
    return this.#isOver
  }
}
