import { RUN_STATE_NAMES, TASK_STATE_NAMES } from '@symphony/interface'
import type { RunStateName, TaskStateName, Transition } from '@symphony/interface'
import { WATCHER_BUFFER } from './limits.ts'

/**
 * One reader of one run's transitions. The tracker offers and never waits: a buffer that is full drops its oldest entries and
 * tells the reader how many.
 */
export class Watcher implements AsyncIterableIterator<Transition> {
  #buffer: Transition[] = []
  #lost = 0
  #lostAtMs = 0
  #isEnded = false
  #wake: (() => void) | undefined
  readonly #onEnd: (watcher: Watcher) => void

  /** @param lost transitions the reader asked for that happened before it came */
  constructor(lost: number, nowMs: number, onEnd: (watcher: Watcher) => void) {
    this.#lost = lost
    this.#lostAtMs = nowMs
    this.#onEnd = onEnd
  }

  offer(transition: Transition): void {
    if (this.#isEnded) return
    if (this.#buffer.length >= WATCHER_BUFFER) {
      // The whole backlog goes: a reader that has lost anything has to read the state anew, and shifting costs.
      this.#lost += this.#buffer.length
      this.#lostAtMs = transition.atMs
      this.#buffer = []
    }
    this.#buffer.push(transition)
    this.#rouse()
  }

  /** No more will come; what is buffered can still be read. */
  end(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#onEnd(this)
    this.#rouse()
  }

  async next(): Promise<IteratorResult<Transition, undefined>> {
    for (;;) {
      const value = this.#take()
      if (value !== undefined) return { done: false, value }
      if (this.#isEnded) return { done: true, value: undefined }
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  return(): Promise<IteratorResult<Transition, undefined>> {
    this.#buffer = []
    this.#lost = 0
    this.end()
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #take(): Transition | undefined {
    if (this.#lost > 0) {
      const events = this.#lost
      this.#lost = 0
      return { type: 'lost', sequence: this.#buffer[0]?.sequence ?? 0, events, atMs: this.#lostAtMs }
    }
    return this.#buffer.shift()
  }

  #rouse(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }
}

/** A task's move as watchers see it. @param move state before * 16 + state after */
export function taskTransition(sequence: number, task: string, move: number, atMs: number): Transition {
  const from = TASK_STATE_NAMES[move >> 4] as TaskStateName
  const to = TASK_STATE_NAMES[move & 15] as TaskStateName
  return { type: 'task', sequence, task, from, to, atMs }
}

export function runTransition(sequence: number, state: number, atMs: number): Transition {
  return { type: 'run', sequence, state: RUN_STATE_NAMES[state] as RunStateName, atMs }
}
