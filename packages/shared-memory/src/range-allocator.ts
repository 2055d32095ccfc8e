import { assert } from '@symphony/interface'
import { TABLE_LINE } from './region.ts'
import type { Table } from './region.ts'
import { tableFull } from './row-allocator.ts'

/** Size classes: ranges of 2^0 to 2^30 rows. The heads table of an allocator needs one row for each. */
export const SIZE_CLASSES = 31

/**
 * Hands out contiguous ranges of rows, rounded up to a power of two, and takes them back.
 *
 * A freed range waits on the list of its size; a request takes from its list, else splits the smallest larger one, else takes
 * fresh rows. A steady mix of sizes therefore reuses the same rows for ever. The road not taken is a buddy allocator that
 * merges neighbours: it costs a search a free, and workflows come in few sizes.
 */
export class RangeAllocator {
  readonly #table: Table
  readonly #links: Int32Array
  readonly #heads: Int32Array

  /** @param links an `i32` column of the table; @param heads an `i32` column of {@link SIZE_CLASSES} rows in the same region */
  constructor(table: Table, links: Int32Array, heads: Int32Array) {
    assert(links.length === table.rows && heads.length >= SIZE_CLASSES, 'links and heads belong to the table')
    this.#table = table
    this.#links = links
    this.#heads = heads
  }

  /** Rows ever used: loops over the table stop here. */
  get used(): number {
    return this.#table.line[TABLE_LINE.USED] as number
  }

  /** Rows handed out now, rounding included. */
  get live(): number {
    return this.#table.line[TABLE_LINE.LIVE] as number
  }

  /** Rows a request for `count` really gets. */
  static capacityFor(count: number): number {
    return count <= 1 ? 1 : 2 ** (32 - Math.clz32(count - 1))
  }

  /** First row of a range of `capacityFor(count)` rows, or -1 when the table is full. */
  tryAllocate(count: number): number {
    const sizeClass = count <= 1 ? 0 : 32 - Math.clz32(count - 1)
    assert(sizeClass < SIZE_CLASSES, 'a range has at most 2^30 rows')
    const row = this.#takeFree(sizeClass)
    if (row >= 0) this.#table.line[TABLE_LINE.LIVE]! += 2 ** sizeClass
    return row
  }

  /** @throws SymphonyError `CAPACITY_EXCEEDED` */
  allocate(count: number): number {
    const row = this.tryAllocate(count)
    if (row < 0) throw tableFull(this.#table)
    return row
  }

  /** @param count the number that was asked for, or the capacity that was got */
  release(row: number, count: number): void {
    const sizeClass = count <= 1 ? 0 : 32 - Math.clz32(count - 1)
    assert(row >= 0 && row + 2 ** sizeClass <= this.used, 'only ranges that were handed out come back')
    this.#push(sizeClass, row)
    this.#table.line[TABLE_LINE.LIVE]! -= 2 ** sizeClass
  }

  #push(sizeClass: number, row: number): void {
    this.#links[row] = this.#heads[sizeClass] as number
    this.#heads[sizeClass] = row + 1
  }

  #takeFree(sizeClass: number): number {
    const head = this.#heads[sizeClass] as number
    if (head > 0) {
      this.#heads[sizeClass] = this.#links[head - 1] as number
      return head - 1
    }
    const fresh = this.used
    if (fresh + 2 ** sizeClass <= this.#table.rows) {
      this.#table.line[TABLE_LINE.USED] = fresh + 2 ** sizeClass
      return fresh
    }
    for (let larger = sizeClass + 1; larger < SIZE_CLASSES; larger++) {
      const big = this.#heads[larger] as number
      if (big === 0) continue
      this.#heads[larger] = this.#links[big - 1] as number
      for (let half = larger - 1; half >= sizeClass; half--) this.#push(half, big - 1 + 2 ** half)
      return big - 1
    }
    return -1
  }
}
