import type { Clock } from '@symphony/interface'

/** To be told when the microtasks at hand are through; several times cheaper than `queueMicrotask`, which carries context along. */
const settled = Promise.resolve()

/**
 * The time at which the present stretch of work began, for figures only: reading the machine's clock costs as much as granting
 * a lease, and everything that happens before the queue of microtasks is through happens at one moment as far as people care.
 */
export class TurnClock {
  readonly #clock: Clock
  #nowMs = 0
  #isFresh = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  monotonicMs(): number {
    if (this.#isFresh) return this.#nowMs
    this.#isFresh = true
    void settled.then(this.#goStale)
    this.#nowMs = this.#clock.monotonicMs()
    return this.#nowMs
  }

  readonly #goStale = (): void => {
    this.#isFresh = false
  }
}
