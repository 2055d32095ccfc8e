import { TABLE_LINE } from '@symphony/shared-memory'
import { DEFAULT_VERSION } from './definition/task-types.ts'
import type { DagTables } from './tables.ts'
import type { CompiledTemplate } from './definition/template.ts'

/** Weight of a new sample once there are more than ten: recent runs count more, one odd run does not. */
const WEIGHT_MIN = 0.1
/** Up to this many samples all weigh the same. */
const SAMPLES_EQUAL = 1 / WEIGHT_MIN

/**
 * Learned durations of task types: an exponentially weighted mean of what succeeded attempts took, by workflow name, type name
 * and type version. Lives in the region, so it survives restarts and is the same after replay.
 */
export class Durations {
  readonly #tables: DagTables
  readonly #meanMs: Float64Array
  readonly #samples: Int32Array
  readonly keys: string[] = []
  readonly #rows = new Map<string, number>()

  constructor(tables: DagTables) {
    this.#tables = tables
    this.#meanMs = tables.region.tables.types.columns.meanMs
    this.#samples = tables.region.tables.types.columns.samples
  }

  /** Rows for the types of a template; -1 where the table is full. */
  rowsFor(template: CompiledTemplate): Int32Array {
    return Int32Array.from(template.types, (type) => this.#row(`${template.name}/${type.name}@${type.version ?? DEFAULT_VERSION}`))
  }

  observe(row: number, tookMs: number): void {
    if (row < 0 || !(tookMs >= 0)) return
    const count = Math.min((this.#samples[row] as number) + 1, 0x7fffffff)
    this.#samples[row] = count
    const mean = this.#meanMs[row] as number
    this.#meanMs[row] = mean + (count < SAMPLES_EQUAL ? 1 / count : WEIGHT_MIN) * (tookMs - mean)
  }

  /** The learned mean, or undefined while nothing is known. */
  meanMs(row: number): number | undefined {
    if (row < 0) return undefined
    return (this.#samples[row] as number) > 0 ? (this.#meanMs[row] as number) : undefined
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
    const { line, rows } = this.#tables.region.tables.types
    const row = this.keys.length
    if (row === rows) return -1
    this.keys.push(key)
    this.#rows.set(key, row)
    line[TABLE_LINE.USED] = row + 1
    line[TABLE_LINE.LIVE] = row + 1
    this.#meanMs[row] = 0
    this.#samples[row] = 0
    return row
  }
}
