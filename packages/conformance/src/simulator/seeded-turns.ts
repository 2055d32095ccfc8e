import type { Random, Turns } from '@symphony/interface'

/** Turns of a simulated event loop: which of the callbacks that wait goes next is drawn. They go when they are told to, and never after the end. */
export class SeededTurns implements Turns {
  readonly #random: Random
  #waiting: (() => void)[] = []
  #isOver = false

  constructor(random: Random) {
    this.#random = random
  }

  /** Callbacks that wait. */
  get waiting(): number {
    return this.#waiting.length
  }

  later(run: () => void): void {
    if (!this.#isOver) this.#waiting.push(run)
  }

  /** Takes one of the callbacks that wait; undefined when there is none. */
  take(): (() => void) | undefined {
    const { length } = this.#waiting
    if (length === 0) return undefined
    const place = length === 1 ? 0 : Math.floor(this.#random.next() * length)
    return this.#waiting.splice(place, 1)[0]
  }

  /** What waits is forgotten, and what comes later too. */
  end(): void {
    this.#isOver = true
    this.#waiting = []
  }
}
