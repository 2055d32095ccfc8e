import type { DagColumns, DecisionRecord, TaskRow } from '@symphony/interface'
import { DECISIONS_KEPT } from './limits.ts'

const MASK = DECISIONS_KEPT - 1
const WORDS = 12
const WORD = { TASK: 0, RUN: 1, TYPE: 2, PRIORITY: 3, BATCH: 4, ALTERNATIVES: 5, SCORE: 6, PROPENSITY: 7, RANK_MS: 8, WAITED_MS: 9, RUN_TASKS_OPEN: 10, AT_MS: 11 } as const

/**
 * The last decisions, so many words side by side each: what was chosen, with which probability, and what the policy saw when it chose.
 * Tasks that were scored together share a batch number, so the alternatives of a choice are the rows of its batch. Whoever judges
 * another policy by these records (inverse propensity scoring, doubly robust) needs nothing that is not here.
 */
export class DecisionRing {
  readonly #words = new Float64Array(DECISIONS_KEPT * WORDS)
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
    const at = slot * WORDS
    const words = this.#words
    const run = columns.taskRun[task] as number
    words[at + WORD.TASK] = task
    words[at + WORD.RUN] = run
    words[at + WORD.TYPE] = columns.taskType[task] as number
    words[at + WORD.PRIORITY] = columns.runPriority[run] as number
    words[at + WORD.BATCH] = this.#batch
    words[at + WORD.ALTERNATIVES] = alternatives
    words[at + WORD.SCORE] = score
    words[at + WORD.PROPENSITY] = propensity
    words[at + WORD.RANK_MS] = columns.taskRankMs[task] as number
    words[at + WORD.WAITED_MS] = nowMs - (columns.taskReadyAtMs[task] as number)
    words[at + WORD.RUN_TASKS_OPEN] = columns.runTasksOpen[run] as number
    words[at + WORD.AT_MS] = nowMs
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
    const at = (word: number): number => this.#words[slot * WORDS + word] as number
    return {
      sequence,
      batch: at(WORD.BATCH),
      task: at(WORD.TASK) as TaskRow,
      policy: this.#policies[slot] as string,
      score: at(WORD.SCORE),
      alternatives: at(WORD.ALTERNATIVES),
      propensity: at(WORD.PROPENSITY),
      seen: {
        run: at(WORD.RUN),
        type: at(WORD.TYPE),
        priority: at(WORD.PRIORITY),
        rankMs: at(WORD.RANK_MS),
        waitedMs: at(WORD.WAITED_MS),
        runTasksOpen: at(WORD.RUN_TASKS_OPEN),
      },
      atMs: at(WORD.AT_MS),
    }
  }
}
