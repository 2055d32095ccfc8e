import { SymphonyError, assert } from '@symphony/interface'
import { TABLE_LINE } from './region.ts'
import type { Table } from './region.ts'

/**
 * Hands out single rows of a table and takes them back. The free list lives in the table's own bytes (its header line and one
 * `i32` column of links), so it is part of every snapshot and the same for every backend.
 *
 * For the one thread that writes. Free rows are reused last in, first out: the row that was touched last is still in the cache.
 */
export class RowAllocator {
  readonly #table: Table
  readonly #links: Int32Array

  /** @param links an `i32` column that belongs to the allocator while a row is free */
  constructor(table: Table, links: Int32Array) {
    assert(links.length === table.rows, 'the link column belongs to the table')
    this.#table = table
    this.#links = links
  }

  /** Rows in use. */
  get live(): number {
    return this.#table.line[TABLE_LINE.LIVE] as number
  }

  /** Rows that were ever in use: loops over the table stop here. */
  get used(): number {
    return this.#table.line[TABLE_LINE.USED] as number
  }

  /** A free row, or -1 when the table is full. Its columns hold what the last user left. */
  tryAllocate(): number {
    const line = this.#table.line
    const free = line[TABLE_LINE.FREE] as number
    if (free > 0) {
      line[TABLE_LINE.FREE] = this.#links[free - 1] as number
      line[TABLE_LINE.LIVE]!++
      return free - 1
    }
    const used = line[TABLE_LINE.USED] as number
    if (used === this.#table.rows) return -1
    line[TABLE_LINE.USED] = used + 1
    line[TABLE_LINE.LIVE]!++
    return used
  }

  /** @throws SymphonyError `CAPACITY_EXCEEDED` */
  allocate(): number {
    const row = this.tryAllocate()
    if (row < 0) throw tableFull(this.#table)
    return row
  }

  release(row: number): void {
    const line = this.#table.line
    assert(row >= 0 && row < (line[TABLE_LINE.USED] as number), 'only rows that were handed out come back')
    this.#links[row] = line[TABLE_LINE.FREE] as number
    line[TABLE_LINE.FREE] = row + 1
    line[TABLE_LINE.LIVE]!--
  }
}

/** The error of a table that has no row left: names it and the setting to raise. */
export function tableFull(table: Table): SymphonyError {
  return new SymphonyError({
    code: 'CAPACITY_EXCEEDED',
    component: 'shared-memory',
    message: `Table "${table.name}" is full at ${table.rows} rows. Wait until something ends, or create the region with more rows.`,
    details: { table: table.name, rows: table.rows },
  })
}
