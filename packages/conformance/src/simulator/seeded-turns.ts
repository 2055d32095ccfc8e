import type { Clock, Heartbeat, Random, Turns } from '@symphony/interface'

interface Beat {
  readonly periodMs: number
  readonly run: () => void
  dueMs: number
}

/** Turns of a simulated event loop: which of the callbacks that wait goes next is drawn. They go when they are told to, and never after the end. */
export class SeededTurns implements Turns {
  readonly #random: Random
  readonly #clock: Clock
  readonly #beats = new Set<Beat>()
  #waiting: (() => void)[] = []
  #isOver = false

  constructor(random: Random, clock: Clock) {
    this.#random = random
    this.#clock = clock
  }

  /** Callbacks that wait. */
  get waiting(): number {
    return this.#waiting.length
  }

  later(run: () => void): void {
    if (!this.#isOver) this.#waiting.push(run)
  }

  every(periodMs: number, run: () => void): Heartbeat {
    const beat: Beat = { periodMs, run, dueMs: this.#clock.monotonicMs() + periodMs }
    this.#beats.add(beat)
    // Time that is simulated leaps, and nobody holds the thread.
    return { lateMs: () => 0, stop: () => void this.#beats.delete(beat) }
  }

  /** Whether anything is to be called again and again. */
  get isBeating(): boolean {
    return this.#beats.size > 0
  }

  /** Calls what is due again and again, once, however long ago it was due. */
  beat(): void {
    const nowMs = this.#clock.monotonicMs()
    for (const beat of this.#beats) {
      if (nowMs < beat.dueMs || this.#isOver) continue
      beat.dueMs = nowMs + beat.periodMs
      beat.run()
    }
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
    this.#beats.clear()
  }
}
