import type { Simulation } from '@symphony/conformance/simulator'

/** How long anything may take that time alone, or nobody any more, stands in the way of. */
const SOON_MS = 1_000
/** A longer step was none of the process: it stood still, or the world leapt to what happens next. */
const STEP_MS_MAX = 600

/** Something that has to be over soon, in a process that has nothing else to do. */
export class Soon {
  #sinceMs = Infinity
  #seenMs = -Infinity
  #isTold = false

  born(): void {
    this.#sinceMs = Infinity
  }

  look(isSo: boolean, { life, oracle }: Simulation, what: () => string): void {
    const nowMs = life.clock.monotonicMs()
    const isLeap = nowMs - this.#seenMs > STEP_MS_MAX
    this.#seenMs = nowMs
    if (!isSo) this.#sinceMs = Infinity
    else if (this.#sinceMs === Infinity || isLeap || life.turns.waiting > 0) this.#sinceMs = nowMs
    else if (nowMs - this.#sinceMs > SOON_MS && !this.#isTold) {
      this.#isTold = true
      oracle.violated(what())
    }
  }
}
