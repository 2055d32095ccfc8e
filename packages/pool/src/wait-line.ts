import { heap } from './heap.ts'
import type { Waiter } from './waiting-room.ts'

/** Higher priority first; among equals, who came first. */
export const inOrder = (a: Waiter, b: Waiter): number => b.priority - a.priority || a.sequence - b.sequence

/**
 * Those who wait for one model. Whoever leaves early stays in the heap as a leftover that is skipped when it surfaces, or
 * thrown out once leftovers are the majority: leaving costs a decrement, and a line never holds more than twice its people.
 */
export class WaitLine {
  #heap: Waiter[] = []
  #size = 0

  /** Those who still wait. */
  get size(): number {
    return this.#size
  }

  push(waiter: Waiter): void {
    this.#size++
    heap.push(inOrder, this.#heap, waiter)
  }

  /** Who is next, or undefined. */
  peek(): Waiter | undefined {
    while (this.#heap.length > 0) {
      const first = this.#heap[0] as Waiter
      if (first.isWaiting) return first
      heap.pop(inOrder, this.#heap)
    }
    return undefined
  }

  /** Takes out who is next. */
  pop(): Waiter | undefined {
    const first = this.peek()
    if (first === undefined) return undefined
    heap.pop(inOrder, this.#heap)
    this.#size--
    return first
  }

  /** Someone in the middle no longer waits. */
  left(): void {
    this.#size--
    if (this.#heap.length < 2 * this.#size + 16) return
    this.#heap = this.#heap.filter((waiter) => waiter.isWaiting)
    heap.heapify(inOrder, this.#heap)
  }
}
