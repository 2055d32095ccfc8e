import type { Clock } from '@symphony/interface'
import { assert } from '@symphony/interface'

interface Timer {
  readonly dueMs: number
  readonly order: number
  readonly run: () => void
}

/**
 * A clock that stands still until it is told to move. A 90-day workflow runs in milliseconds, and always the same way.
 *
 * @example
 * const clock = new VirtualClock()
 * clock.schedule(60_000, () => console.log('a minute later'))
 * clock.advance(60_000)
 */
export class VirtualClock implements Clock {
  #nowMs: number
  readonly #epochMs: number
  #order = 0
  readonly #timers = new Set<Timer>()

  /** @param epochMs what `nowMs` starts at; default 2026-01-01 UTC */
  constructor(epochMs = 1_767_225_600_000) {
    this.#epochMs = epochMs
    this.#nowMs = 0
  }

  nowMs(): number {
    return this.#epochMs + this.#nowMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  schedule(delayMs: number, run: () => void): () => void {
    const timer: Timer = { dueMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, run }
    this.#timers.add(timer)
    return () => void this.#timers.delete(timer)
  }

  /** Timers that are set. */
  get pendingTimers(): number {
    return this.#timers.size
  }

  /** When the next timer is due, in `monotonicMs`, or undefined. */
  nextDueMs(): number | undefined {
    return this.#next()?.dueMs
  }

  /** Moves time, running each timer at its own moment in order. */
  advance(byMs: number): void {
    assert(byMs >= 0, 'time does not go back')
    const untilMs = this.#nowMs + byMs
    for (let timer = this.#next(); timer !== undefined && timer.dueMs <= untilMs; timer = this.#next()) {
      this.#timers.delete(timer)
      this.#nowMs = Math.max(this.#nowMs, timer.dueMs)
      timer.run()
    }
    this.#nowMs = untilMs
  }

  #next(): Timer | undefined {
    let first: Timer | undefined
    for (const timer of this.#timers) {
      if (first === undefined || timer.dueMs < first.dueMs || (timer.dueMs === first.dueMs && timer.order < first.order)) first = timer
    }
    return first
  }
}
