import type { ArtifactRef } from '@symphony/interface'
import { applyComplete, noteSuccess } from './apply.ts'
import type { DagState, RunData } from './state.ts'

/**
 * Successes that are logged, and made by the backend together: with one call of a native one, and in one loop of the TypeScript one.
 * The order is that of the log, and so is the outcome: a success changes nothing about another attempt that runs.
 */
export class CompletionBatch {
  readonly #state: DagState
  #rows = new Int32Array(64)
  #length = 0

  constructor(state: DagState) {
    this.#state = state
  }

  add(task: number, attempt: number, startedAtMs: number, nowMs: number, output: ArtifactRef | undefined): void {
    const t = this.#state.tables
    const data = this.#state.runs[t.taskRun[task] as number] as RunData
    // A kept signal may end a task that only this success lets wait: one at a time, then.
    if (data.signals.length > 0) {
      this.flush(nowMs)
      applyComplete(this.#state, task, attempt, startedAtMs, nowMs, 0, output, undefined, undefined)
      return
    }
    noteSuccess(this.#state, data, task, attempt, startedAtMs, nowMs, 0, output)
    // It stays RUNNING until the batch is made: the same result again is late all the same.
    t.taskToken[task] = 0
    if (this.#length === this.#rows.length) this.#grow()
    this.#rows[this.#length++] = task
  }

  flush(nowMs: number): void {
    const t = this.#state.tables
    const length = this.#length
    this.#length = 0
    if (length > 0) t.backend.completeMany(t, this.#rows, length, nowMs)
  }

  #grow(): void {
    const grown = new Int32Array(this.#rows.length * 2)
    grown.set(this.#rows)
    this.#rows = grown
  }
}
