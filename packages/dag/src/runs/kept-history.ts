import type { Json } from '@symphony/interface'
import { RUN_STATES } from '@symphony/interface'
import type { DagState, RunData } from '../state.ts'
import { FAILED } from '../transitions.ts'

/** What a run holds besides what others put into it, and what each of its tasks does: columns, ids, addresses. Rough. */
const RUN_BYTES = 512
const TASK_BYTES = 256
const FAILURE_BYTES = 512

/**
 * Weighs the ended runs that are kept, so that inputs and params of any size do not fill the memory with history. An estimate: strings
 * are counted by characters, and what runs share is counted for each.
 */
export class KeptHistory {
  readonly #state: DagState
  readonly #bytesMax: number
  /** By run row; 0 for one that has not ended. */
  #bytes: number[] = []
  #total = 0

  constructor(state: DagState, bytesMax: number) {
    this.#state = state
    this.#bytesMax = bytesMax
  }

  /** The newest ended run is kept whatever it weighs: somebody may be about to ask how it ended. */
  get isTooLarge(): boolean {
    return this.#total > this.#bytesMax && (this.#state.tables.region.words.endedCount[0] as number) > 1
  }

  /** Whether the end of a run was told here, once at least. */
  has(run: number): boolean {
    return (this.#bytes[run] ?? 0) > 0
  }

  /** A run ended, perhaps again. */
  ended(run: number): void {
    const data = this.#state.runs[run]
    if (data === undefined) return
    while (this.#bytes.length <= run) this.#bytes.push(0)
    const bytes = bytesOfRun(this.#state, data)
    this.#total += bytes - (this.#bytes[run] as number)
    this.#bytes[run] = bytes
  }

  forget(run: number): void {
    this.#total -= this.#bytes[run] ?? 0
    this.#bytes[run] = 0
  }

  /** After what came out of a log or a snapshot. */
  weighAll(): void {
    this.#bytes = []
    this.#total = 0
    for (const data of this.#state.runs) {
      if (data !== undefined && (this.#state.tables.runDurableState[data.row] as number) >= RUN_STATES.SUCCEEDED) this.ended(data.row)
    }
  }
}

function bytesOfRun(state: DagState, data: RunData): number {
  const { tables } = state
  const tasks = tables.region.tables.runs.columns.tasksTotal[data.row] as number
  let bytes = RUN_BYTES + tasks * TASK_BYTES + (tables.counts[data.row * 8 + FAILED] as number) * FAILURE_BYTES + bytesOf(data.input)
  for (const { id, params } of data.added) bytes += id.length + (params === undefined ? 0 : bytesOf(params))
  return bytes
}

function bytesOf(value: Json): number {
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null) return 8
  let bytes = 16
  if (Array.isArray(value)) for (const item of value) bytes += bytesOf(item)
  else for (const key in value) bytes += key.length + bytesOf((value as { readonly [key: string]: Json })[key] as Json)
  return bytes
}
