import { TABLE_LINE } from '@symphony/shared-memory'
import { DEFAULT_VERSION } from './task-types.ts'
import type { DagTables } from './tables.ts'
import type { CompiledTemplate } from './template.ts'

/** Weight of a new sample once there are more than ten: recent runs count more, one odd run does not. */
const WEIGHT_MIN = 0.1

/**
 * Learned durations of task types: an exponentially weighted mean of what succeeded attempts took, by workflow name, type name
 * and type version. Lives in the region, so it survives restarts and is the same after replay.
 */
export class Durations {
  readonly #tables: DagTables
  readonly keys: string[] = []
  readonly #rows = new Map<string, number>()

  constructor(tables: DagTables) {
    this.#tables = tables
  }

  /** Rows for the types of a template; -1 where the table is full. */
  rowsFor(template: CompiledTemplate): Int32Array {
    return Int32Array.from(template.types, (type) => this.#row(`${template.name}/${type.name}@${type.version ?? DEFAULT_VERSION}`))
  }

  observe(row: number, tookMs: number): void {
    if (row < 0 || !(tookMs >= 0)) return
    const { meanMs, samples } = this.#tables.region.tables.types.columns
    const count = (samples[row] as number) + 1
    samples[row] = Math.min(count, 0x7fffffff)
    const mean = meanMs[row] as number
    meanMs[row] = mean + Math.max(1 / count, WEIGHT_MIN) * (tookMs - mean)
  }

  /** The learned mean, or undefined while nothing is known. */
  meanMs(row: number): number | undefined {
    if (row < 0) return undefined
    const { meanMs, samples } = this.#tables.region.tables.types.columns
    return (samples[row] as number) > 0 ? (meanMs[row] as number) : undefined
  }

  /** Puts the keys back after the region was restored. */
  restore(keys: readonly string[]): void {
    this.keys.length = 0
    this.#rows.clear()
    for (const key of keys) this.#rows.set(key, this.keys.push(key) - 1)
  }

  #row(key: string): number {
    const known = this.#rows.get(key)
    if (known !== undefined) return known
    const { line, rows, columns } = this.#tables.region.tables.types
    const row = this.keys.length
    if (row === rows) return -1
    this.keys.push(key)
    this.#rows.set(key, row)
    line[TABLE_LINE.USED] = row + 1
    line[TABLE_LINE.LIVE] = row + 1
    columns.meanMs[row] = 0
    columns.samples[row] = 0
    return row
  }
}
