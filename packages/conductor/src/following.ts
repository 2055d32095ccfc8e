import type { Execution } from './execution.ts'

/** Goes on with what a promise of an attempt came to. */
export type Next = (execution: Execution, value: unknown) => void

/** What happens when the promise of an attempt settles. */
interface Listener {
  settled(execution: Execution, value: unknown, next: Next): void
  failed(execution: Execution, error: unknown): void
}

/** One pair of callbacks and what they are about. */
interface Follower {
  execution: Execution | undefined
  next: Next | undefined
  readonly settled: (value: unknown) => void
  readonly failed: (error: unknown) => void
}

/**
 * Follows the promises of attempts. A promise settles once, so the callbacks of one that has settled serve the next: an attempt
 * costs no closures of its own.
 */
export class Following {
  readonly #listener: Listener
  readonly #idle: Follower[] = []

  constructor(listener: Listener) {
    this.#listener = listener
  }

  follow(execution: Execution, value: PromiseLike<unknown>, next: Next): void {
    // Only of the language's own promises is it certain that they settle no more than once.
    const isOwn = value instanceof Promise && value.constructor === Promise
    const follower = isOwn ? (this.#idle.pop() ?? this.#made(true)) : this.#made(false)
    follower.execution = execution
    follower.next = next
    if (isOwn) Promise.prototype.then.call(value, follower.settled, follower.failed)
    else value.then(follower.settled, follower.failed)
  }

  #made(isReused: boolean): Follower {
    const follower: Follower = {
      execution: undefined,
      next: undefined,
      settled: (value) => {
        const { execution, next } = follower
        this.#leave(follower, isReused)
        if (execution !== undefined && next !== undefined) this.#listener.settled(execution, value, next)
      },
      failed: (error) => {
        const { execution } = follower
        this.#leave(follower, isReused)
        if (execution !== undefined) this.#listener.failed(execution, error)
      },
    }
    return follower
  }

  #leave(follower: Follower, isReused: boolean): void {
    follower.execution = undefined
    follower.next = undefined
    if (isReused) this.#idle.push(follower)
  }
}
