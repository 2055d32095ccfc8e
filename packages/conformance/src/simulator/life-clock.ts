import type { Clock } from '@symphony/interface'

/** The clock as one simulated process sees it: its timers end with it, while time goes on for others. */
export class LifeClock implements Clock {
  readonly #clock: Clock
  readonly #timers = new Set<() => void>()
  #isOver = false
  /** What a slow operation took: time has passed for the process, though no timer could fire meanwhile. */
  #leastMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  nowMs(): number {
    return this.#clock.nowMs() + this.behindMs
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs() + this.behindMs
  }

  /** So much later it is for this process than for the world, ms. */
  get behindMs(): number {
    return Math.max(0, this.#leastMs - this.#clock.monotonicMs())
  }

  /** The process stands still for so long. */
  stall(ms: number): void {
    this.#leastMs = this.monotonicMs() + ms
  }

  schedule(delayMs: number, run: () => void): () => void {
    if (this.#isOver) return () => {}
    const cancel = this.#clock.schedule(delayMs + this.behindMs, () => {
      this.#timers.delete(cancel)
      run()
    })
    this.#timers.add(cancel)
    return () => {
      this.#timers.delete(cancel)
      cancel()
    }
  }

  /** Timers that are set. */
  get pendingTimers(): number {
    return this.#timers.size
  }

  /** No timer of this process fires any more. */
  end(): void {
    this.#isOver = true
    for (const cancel of this.#timers) cancel()
    this.#timers.clear()
  }
}
