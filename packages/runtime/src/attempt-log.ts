import { EVENTS, TASK_STATES } from '@symphony/interface'
import { EventReader } from '@symphony/shared-memory'

/** An attempt at a task that was not the last one. */
export interface FormerAttempt {
  /** Undefined when its begin was not seen. */
  readonly startedAtMs: number | undefined
  readonly endedAtMs: number
}

/**
 * The attempts of tasks that a report no longer tells, because it only knows the last one: read from the ring of events. Keeps what runs
 * and what had to be tried again, until the run has been told of.
 */
export class AttemptLog {
  readonly #reader: EventReader
  /** When the attempts that are under way began, by run and task row. */
  readonly #running = new Map<number, Map<number, number>>()
  readonly #former = new Map<number, Map<number, FormerAttempt[]>>()
  /** Events that were overwritten before they were read: attempts may be missing since. */
  lost = 0

  constructor(buffer: SharedArrayBuffer) {
    this.#reader = new EventReader(buffer)
  }

  /** Reads what has happened since the last call. */
  read(): void {
    this.lost += this.#reader.read(({ type, subject, a, b, atMs }) => {
      if (type === EVENTS.RUN_STARTED) this.forget(subject)
      else if (type === EVENTS.TASK_TRANSITION) this.#transition(subject, a >> 4, a & 15, b, atMs)
    })
  }

  /** Attempts at a task before its last one, oldest first. */
  of(run: number, task: number): readonly FormerAttempt[] {
    return this.#former.get(run)?.get(task) ?? []
  }

  forget(run: number): void {
    this.#running.delete(run)
    this.#former.delete(run)
  }

  #transition(task: number, from: number, to: number, run: number, atMs: number): void {
    if (to === TASK_STATES.RUNNING) inner(this.#running, run).set(task, atMs)
    else if (from === TASK_STATES.RUNNING) {
      const running = this.#running.get(run)
      const startedAtMs = running?.get(task)
      running?.delete(task)
      if (to !== TASK_STATES.READY && to !== TASK_STATES.WAITING) return
      const tasks = inner(this.#former, run)
      tasks.set(task, [...(tasks.get(task) ?? []), { startedAtMs, endedAtMs: atMs }])
    }
  }
}

function inner<Value>(outer: Map<number, Map<number, Value>>, key: number): Map<number, Value> {
  const found = outer.get(key) ?? new Map<number, Value>()
  outer.set(key, found)
  return found
}
