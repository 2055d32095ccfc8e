import type { Clock } from '@symphony/interface'
import { assert } from '@symphony/interface'

interface Timer {
  readonly dueMs: number
  readonly order: number
  /** Undefined once it has run or was cancelled. */
  run: (() => void) | undefined
}

/** Cancelled timers stay in the heap until they come up; more of them than this, and than of the others, are swept out. */
const CANCELLED_MAX = 64

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
  #epochMs: number
  #order = 0
  /** A binary heap: the timer due next is the first, and of those due at one time the one that was set first. */
  #timers: Timer[] = []
  #pending = 0

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
    this.#push(timer)
    this.#pending++
    return () => {
      if (timer.run === undefined) return
      timer.run = undefined
      this.#pending--
      this.#sweep()
    }
  }

  /** Timers that are set. */
  get pendingTimers(): number {
    return this.#pending
  }

  /** When the next timer is due, in `monotonicMs`, or undefined. */
  nextDueMs(): number | undefined {
    return this.#next()?.dueMs
  }

  /** Moves time, running each timer at its own moment in order. */
  advance(byMs: number): void {
    assert(byMs >= 0, 'time does not go back')
    this.#runUntil(this.#nowMs + byMs)
  }

  /** Sets the wall's clock forward or, with a negative number, back, as somebody may do at any moment: `monotonicMs` and timers know nothing of it. */
  jump(byMs: number): void {
    this.#epochMs += byMs
  }

  /** Moves time to the next timer and runs everything due then. False when none is set. */
  advanceToNext(): boolean {
    const next = this.#next()
    if (next === undefined || next.dueMs === Infinity) return false
    this.#runUntil(Math.max(this.#nowMs, next.dueMs))
    return true
  }

  #runUntil(untilMs: number): void {
    for (let timer = this.#next(); timer !== undefined && timer.dueMs <= untilMs; timer = this.#next()) {
      this.#pop()
      this.#nowMs = Math.max(this.#nowMs, timer.dueMs)
      const { run } = timer
      timer.run = undefined
      this.#pending--
      run?.()
    }
    // A timer may have moved the time itself.
    this.#nowMs = Math.max(this.#nowMs, untilMs)
  }

  #next(): Timer | undefined {
    while (this.#timers.length > 0 && (this.#timers[0] as Timer).run === undefined) this.#pop()
    return this.#timers[0]
  }

  #sweep(): void {
    const cancelled = this.#timers.length - this.#pending
    if (cancelled <= CANCELLED_MAX || cancelled <= this.#pending) return
    // What is sorted is a heap.
    this.#timers = this.#timers.filter(({ run }) => run !== undefined).sort((a, b) => a.dueMs - b.dueMs || a.order - b.order)
  }

  #push(timer: Timer): void {
    const heap = this.#timers
    let at = heap.push(timer) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = heap[parent] as Timer
      if (isBefore(above, timer)) break
      heap[at] = above
      at = parent
    }
    heap[at] = timer
  }

  #pop(): void {
    const heap = this.#timers
    const last = heap.pop() as Timer
    if (heap.length === 0) return
    let at = 0
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Timer, heap[child] as Timer)) child++
      if (isBefore(last, heap[child] as Timer)) break
      heap[at] = heap[child] as Timer
      at = child
    }
    heap[at] = last
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order)
}
