import { assert } from '@symphony/interface'
import { RangeAllocator, TABLE_LINE, tableFull } from '@symphony/shared-memory'
import type { Table } from '@symphony/shared-memory'

/** What hands out ranges of rows, whichever way. */
export type Ranges = Pick<RangeAllocator, 'used' | 'live' | 'canAllocate' | 'allocate' | 'release' | 'clear'>

/** Ranges of 2^0 to 2^30 rows. */
const SIZE_CLASSES = 31

/**
 * The places ranges had before freed ones were merged: a free list for each size, else fresh rows, else a larger range split.
 * Logged commands name task rows, so whoever replays a log from that time has to find every range where it was. Used for nothing
 * else: the first change after such a log turns to `RangeAllocator`.
 */
export class FormerRanges implements Ranges {
  readonly #table: Table
  readonly #links: Int32Array
  readonly heads: Int32Array = new Int32Array(SIZE_CLASSES)

  /** @param links a column of the table that is free to use in free rows */
  constructor(table: Table, links: Int32Array) {
    this.#table = table
    this.#links = links
  }

  get used(): number {
    return this.#table.line[TABLE_LINE.USED] as number
  }

  get live(): number {
    return this.#table.line[TABLE_LINE.LIVE] as number
  }

  canAllocate(count: number): boolean {
    const sizeClass = 31 - Math.clz32(RangeAllocator.capacityFor(count))
    return this.used + 2 ** sizeClass <= this.#table.rows || this.heads.subarray(sizeClass).some((head) => head !== 0)
  }

  allocate(count: number): number {
    const sizeClass = 31 - Math.clz32(RangeAllocator.capacityFor(count))
    const row = this.#take(sizeClass)
    if (row < 0) throw tableFull(this.#table)
    this.#table.line[TABLE_LINE.LIVE]! += 2 ** sizeClass
    return row
  }

  release(row: number, count: number): void {
    const capacity = RangeAllocator.capacityFor(count)
    assert(row >= 0 && row + capacity <= this.used, 'only ranges that were handed out come back')
    this.#push(31 - Math.clz32(capacity), row)
    this.#table.line[TABLE_LINE.LIVE]! -= capacity
  }

  clear(): void {
    for (const column of Object.values(this.#table.columns)) column.fill(0, 0, this.used)
    this.heads.fill(0)
    this.#table.line[TABLE_LINE.USED] = 0
    this.#table.line[TABLE_LINE.LIVE] = 0
  }

  #push(sizeClass: number, row: number): void {
    this.#links[row] = this.heads[sizeClass] as number
    this.heads[sizeClass] = row + 1
  }

  #take(sizeClass: number): number {
    const head = this.heads[sizeClass] as number
    const fresh = this.used
    if (head === 0 && fresh + 2 ** sizeClass <= this.#table.rows) {
      this.#table.line[TABLE_LINE.USED] = fresh + 2 ** sizeClass
      return fresh
    }
    for (let larger = sizeClass; larger < SIZE_CLASSES; larger++) {
      const big = this.heads[larger] as number
      if (big === 0) continue
      this.heads[larger] = this.#links[big - 1] as number
      for (let half = larger - 1; half >= sizeClass; half--) this.#push(half, big - 1 + 2 ** half)
      return big - 1
    }
    return -1
  }
}
