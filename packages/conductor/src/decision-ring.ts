import type { DagColumns, DecisionRecord, TaskRow } from '@symphony/interface'
import { DECISIONS_KEPT } from './limits.ts'

const MASK = DECISIONS_KEPT - 1

/**
 * The last decisions in columns, one row each: what was chosen, with which probability, and what the policy saw when it chose.
 * Tasks that were scored together share a batch number, so the alternatives of a choice are the rows of its batch. Whoever judges
 * another policy by these records (inverse propensity scoring, doubly robust) needs nothing that is not here.
 */
export class DecisionRing {
  readonly #tasks = new Int32Array(DECISIONS_KEPT)
  readonly #runs = new Int32Array(DECISIONS_KEPT)
  readonly #types = new Int32Array(DECISIONS_KEPT)
  readonly #priorities = new Int32Array(DECISIONS_KEPT)
  readonly #batches = new Float64Array(DECISIONS_KEPT)
  readonly #alternatives = new Int32Array(DECISIONS_KEPT)
  readonly #scores = new Float64Array(DECISIONS_KEPT)
  readonly #propensities = new Float64Array(DECISIONS_KEPT)
  readonly #ranksMs = new Float64Array(DECISIONS_KEPT)
  readonly #waitedMs = new Float64Array(DECISIONS_KEPT)
  readonly #runTasksOpen = new Int32Array(DECISIONS_KEPT)
  readonly #atMs = new Float64Array(DECISIONS_KEPT)
  readonly #policies: string[] = new Array<string>(DECISIONS_KEPT).fill('')
  #sequence = 0
  #batch = 0

  get count(): number {
    return this.#sequence
  }

  /** Begins the records of tasks that were scored together. */
  beginBatch(): void {
    this.#batch++
  }

  record(columns: DagColumns, task: number, policy: string, score: number, propensity: number, alternatives: number, nowMs: number): void {
    const slot = this.#sequence & MASK
    const run = columns.taskRun[task] as number
    this.#tasks[slot] = task
    this.#runs[slot] = run
    this.#types[slot] = columns.taskType[task] as number
    this.#priorities[slot] = columns.runPriority[run] as number
    this.#batches[slot] = this.#batch
    this.#alternatives[slot] = alternatives
    this.#scores[slot] = score
    this.#propensities[slot] = propensity
    this.#ranksMs[slot] = columns.taskRankMs[task] as number
    this.#waitedMs[slot] = nowMs - (columns.taskReadyAtMs[task] as number)
    this.#runTasksOpen[slot] = columns.runTasksOpen[run] as number
    this.#atMs[slot] = nowMs
    this.#policies[slot] = policy
    this.#sequence++
  }

  /** Newest first. */
  newest(limit: number): readonly DecisionRecord[] {
    const count = Math.min(limit, this.#sequence, DECISIONS_KEPT)
    return Array.from({ length: count }, (_, index) => this.#read(this.#sequence - 1 - index))
  }

  #read(sequence: number): DecisionRecord {
    const slot = sequence & MASK
    return {
      sequence,
      batch: this.#batches[slot] as number,
      task: this.#tasks[slot] as TaskRow,
      policy: this.#policies[slot] as string,
      score: this.#scores[slot] as number,
      alternatives: this.#alternatives[slot] as number,
      propensity: this.#propensities[slot] as number,
      seen: {
        run: this.#runs[slot] as number,
        type: this.#types[slot] as number,
        priority: this.#priorities[slot] as number,
        rankMs: this.#ranksMs[slot] as number,
        waitedMs: this.#waitedMs[slot] as number,
        runTasksOpen: this.#runTasksOpen[slot] as number,
      },
      atMs: this.#atMs[slot] as number,
    }
  }
}
