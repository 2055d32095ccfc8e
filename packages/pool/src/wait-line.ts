import { heap } from './heap.ts'
import type { Waiter } from './waiting-room.ts'

/** Higher priority first; among equals, who came first. */
export const inOrder = (a: Waiter, b: Waiter): number => b.priority - a.priority || a.sequence - b.sequence

/** Those of one priority, in the order they came. */
interface Lane {
  readonly priority: number
  waiters: Waiter[]
  /** Who is next; before it is what has been taken out. */
  head: number
}

const byPriority = (a: Lane, b: Lane): number => b.priority - a.priority

/**
 * Those who wait for one model: a queue for each priority that occurs, the highest found by a heap of queues. Nearly always
 * there are a few priorities and many waiters, so coming and going costs a queue's push and shift, whoever is ahead.
 *
 * Whoever leaves early stays as a leftover that is skipped when it is its turn, or thrown out once leftovers are the majority:
 * leaving costs a decrement, and a line never holds more than twice its people.
 */
export class WaitLine {
  readonly #lanes = new Map<number, Lane>()
  #order: Lane[] = []
  /** The lane that was joined last: mostly the next to be joined. */
  #joined: Lane | undefined
  #size = 0
  #leftovers = 0

  /** Those who still wait. */
  get size(): number {
    return this.#size
  }

  push(waiter: Waiter): void {
    this.#size++
    const { priority } = waiter
    if (this.#joined?.priority !== priority) this.#joined = this.#lanes.get(priority) ?? this.#addLane(priority)
    this.#joined.waiters.push(waiter)
  }

  /** Who is next, or undefined. */
  peek(): Waiter | undefined {
    for (;;) {
      const lane = this.#order[0]
      if (lane === undefined) return undefined
      const waiter = lane.waiters[lane.head]
      if (waiter === undefined) this.#dropFirstLane(lane)
      else if (waiter.isWaiting) return waiter
      else {
        this.#leftovers--
        shift(lane)
      }
    }
  }

  /** Takes out who is next. */
  pop(): Waiter | undefined {
    const waiter = this.peek()
    if (waiter === undefined) return undefined
    shift(this.#order[0] as Lane)
    this.#size--
    return waiter
  }

  /** Someone in the middle no longer waits. */
  left(): void {
    this.#size--
    this.#leftovers++
    if (this.#leftovers < this.#size + 16) return
    this.#leftovers = 0
    for (const lane of this.#order) {
      lane.waiters = lane.waiters.slice(lane.head).filter((waiter) => waiter.isWaiting)
      lane.head = 0
    }
  }

  #addLane(priority: number): Lane {
    const lane: Lane = { priority, waiters: [], head: 0 }
    this.#lanes.set(priority, lane)
    heap().push(byPriority, this.#order, lane)
    return lane
  }

  #dropFirstLane(lane: Lane): void {
    heap().pop(byPriority, this.#order)
    this.#lanes.delete(lane.priority)
    if (this.#joined === lane) this.#joined = undefined
  }
}

/** Takes out the first of a lane, and now and then moves the rest to the front. */
function shift(lane: Lane): void {
  lane.head++
  if (lane.head < 1_024 || lane.head * 2 < lane.waiters.length) return
  lane.waiters = lane.waiters.slice(lane.head)
  lane.head = 0
}
