import { heap } from './heap.ts'
import type { Clock } from '@symphony/interface'

/** Something that ends at a time unless it is over before. */
export interface Due {
  /** In the clock's `monotonicMs`. May move to later while it waits. */
  readonly dueAtMs: number
  readonly isWaiting: boolean
  onDue(): void
}

interface Entry {
  readonly atMs: number
  readonly due: Due
}

const byTime = (a: Entry, b: Entry): number => a.atMs - b.atMs

/**
 * Any number of deadlines on one timer of the clock. What is over before its time stays in the heap until it surfaces or until
 * the heap is mostly such leftovers, so that to end something costs a decrement. Without anything waiting there is no timer:
 * nothing keeps a process alive.
 */
export class Deadlines {
  readonly #clock: Clock
  #heap: Entry[] = []
  #waiting = 0
  #armedAtMs = Infinity
  #disarm: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(due: Due): void {
    this.#waiting++
    heap().push(byTime, this.#heap, { atMs: due.dueAtMs, due })
    this.#arm()
  }

  /** One of those added is over before its time. It no longer says that it is waiting. */
  over(): void {
    this.#waiting--
    if (this.#waiting > 0 && this.#heap.length < 2 * this.#waiting + 64) return
    // The count may be off by those who ended and told late or not at all; what they say of themselves counts.
    this.#heap = this.#heap.filter((entry) => entry.due.isWaiting)
    this.#waiting = this.#heap.length
    if (this.#waiting === 0) return this.clear()
    heap().heapify(byTime, this.#heap)
  }

  clear(): void {
    this.#heap = []
    this.#waiting = 0
    this.#disarm?.()
    this.#disarm = undefined
    this.#armedAtMs = Infinity
  }

  #arm(): void {
    const next = this.#heap[0]
    if (next === undefined || next.atMs >= this.#armedAtMs) return
    this.#disarm?.()
    this.#armedAtMs = next.atMs
    this.#disarm = this.#clock.schedule(next.atMs - this.#clock.monotonicMs(), () => this.#run())
  }

  #run(): void {
    this.#disarm = undefined
    this.#armedAtMs = Infinity
    const nowMs = this.#clock.monotonicMs()
    for (let next = this.#heap[0]; next !== undefined && next.atMs <= nowMs; next = this.#heap[0]) {
      const { due } = heap().pop(byTime, this.#heap)
      if (!due.isWaiting) continue
      if (due.dueAtMs > nowMs) {
        heap().push(byTime, this.#heap, { atMs: due.dueAtMs, due })
        continue
      }
      this.#waiting--
      due.onDue()
    }
    if (this.#waiting === 0) this.clear()
    else this.#arm()
  }
}
