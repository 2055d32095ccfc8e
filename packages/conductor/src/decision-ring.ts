import type { DecisionRecord, TaskRow } from '@symphony/interface'
import { DECISIONS_KEPT } from './limits.ts'

/** The last decisions in columns: written on every choice, read by people and by whoever judges a policy afterwards. */
export class DecisionRing {
  readonly #tasks = new Int32Array(DECISIONS_KEPT)
  readonly #scores = new Float64Array(DECISIONS_KEPT)
  readonly #alternatives = new Int32Array(DECISIONS_KEPT)
  readonly #atMs = new Float64Array(DECISIONS_KEPT)
  readonly #policies: string[] = []
  #sequence = 0

  get count(): number {
    return this.#sequence
  }

  record(task: number, policy: string, score: number, alternatives: number, atMs: number): void {
    const slot = this.#sequence & (DECISIONS_KEPT - 1)
    this.#tasks[slot] = task
    this.#scores[slot] = score
    this.#alternatives[slot] = alternatives
    this.#atMs[slot] = atMs
    this.#policies[slot] = policy
    this.#sequence++
  }

  /** Newest first. */
  newest(limit: number): readonly DecisionRecord[] {
    const count = Math.min(limit, this.#sequence, DECISIONS_KEPT)
    return Array.from({ length: count }, (_, index) => this.#read(this.#sequence - 1 - index))
  }

  #read(sequence: number): DecisionRecord {
    const slot = sequence & (DECISIONS_KEPT - 1)
    return {
      sequence,
      task: this.#tasks[slot] as TaskRow,
      policy: this.#policies[slot] as string,
      score: this.#scores[slot] as number,
      alternatives: this.#alternatives[slot] as number,
      propensity: 1,
      atMs: this.#atMs[slot] as number,
    }
  }
}
