import { assert } from '@symphony/interface'
import { TABLE_LINE } from './region.ts'
import type { Table } from './region.ts'
import { tableFull } from './row-allocator.ts'

/** Of a table that is handed out in ranges, so that nodes, two a row, are small integers. */
const ROWS_MAX = 2 ** 28
/** Below so many rows `used` is left where it is: a snapshot would become smaller by a MB or two, and busy tables move by thousands. */
const SHRINK_ROWS_MIN = 16_384

/**
 * Hands out contiguous ranges of rows, rounded up to a power of two and aligned to their size, and takes them back.
 *
 * A buddy allocator (Knowlton 1965) whose free blocks are found through a complete binary tree over the rows, one byte a node,
 * instead of lists: a byte says how much the largest free block below a node falls short of the node's own size. A request goes
 * down to the lowest place that is large enough; a release goes up, and where both halves of a block are free the block is whole
 * again. Both take at most one step for each doubling of the rows in use. It merges because the lists of sizes that it replaces
 * never gave a large range back once it was split: after some thousand short runs of mixed sizes a table that was all but empty
 * had no room for a run of half its rows.
 *
 * Where a range goes depends on what is taken now and on nothing else, not even on the number of rows of the table: replay finds
 * the same places in a larger table. So a snapshot needs no more than the ranges that are in use; `restore` makes the tree again.
 */
export class RangeAllocator {
  readonly #table: Table
  readonly #line: Int32Array
  /**
   * Node 1 is the whole tree, nodes 2n and 2n + 1 are the halves of node n. Zeroed bytes mean: all is free. Only the smallest
   * block that holds all rows in use is kept up to date, so that a large table costs no more than a small one; the nodes above
   * it are made when it grows, and everything beside it is free.
   */
  readonly #taken: Uint8Array
  /** Node of row 0: as many as the tree has leaves. */
  readonly #leaf: number

  /** @param taken an `u8` column of {@link RangeAllocator.nodesFor} rows in the same region */
  constructor(table: Table, taken: Uint8Array) {
    this.#leaf = RangeAllocator.capacityFor(table.rows)
    assert(table.rows <= ROWS_MAX && taken.length >= this.#leaf * 2, 'the tree has two nodes for each row of the table')
    this.#table = table
    this.#line = table.line
    this.#taken = taken
  }

  /** Nodes of the tree over a table of so many rows. */
  static nodesFor(rows: number): number {
    return RangeAllocator.capacityFor(rows) * 2
  }

  /** Rows a request for `count` really gets. */
  static capacityFor(count: number): number {
    // Far more than fits may be asked for; that must not come round to something that does.
    return count > ROWS_MAX ? 2 ** Math.ceil(Math.log2(count)) : 1 << classOf(count)
  }

  /** Loops over the table stop here. Moves back when at most half of it is needed any more; rows beyond it are zeroed then. */
  get used(): number {
    return this.#line[TABLE_LINE.USED] as number
  }

  /** Rows handed out now, rounding included. */
  get live(): number {
    return this.#line[TABLE_LINE.LIVE] as number
  }

  /** Whether `tryAllocate(count)` would succeed. */
  canAllocate(count: number): boolean {
    if (count > ROWS_MAX) return false
    const size = 1 << classOf(count)
    // Behind everything there is room most of the time, and then nothing has to be searched.
    return ((this.used + size - 1) & -size) + size <= this.#table.rows || this.#find(classOf(count)) >= 0
  }

  /** First row of a range of `capacityFor(count)` rows, or -1 when there is no room for it. */
  tryAllocate(count: number): number {
    assert(count <= ROWS_MAX, 'a range has at most 2^28 rows')
    const sizeClass = classOf(count)
    const row = this.#find(sizeClass)
    if (row < 0) return -1
    const end = row + (1 << sizeClass)
    if (end > this.used) this.#grow(end)
    this.#mark(row, end, true)
    this.#line[TABLE_LINE.LIVE]! += 1 << sizeClass
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
    const capacity = RangeAllocator.capacityFor(count)
    assert(row >= 0 && row + capacity <= this.used, 'only ranges that were handed out come back')
    this.#mark(row, row + capacity, false)
    const { used } = this
    const live = this.live - capacity
    this.#line[TABLE_LINE.LIVE] = live
    // Whenever the rows in use have become half as many: looking each time would cost more than the release.
    if (used >= SHRINK_ROWS_MIN && live <= used >>> 1 && classOf(live) < classOf(live + capacity)) this.#shrink(used)
  }

  /** Takes everything back, and zeroes it. */
  clear(): void {
    const { used } = this
    const rows = RangeAllocator.capacityFor(used)
    for (let size = 1; size <= rows; size *= 2) this.#taken.fill(0, this.#leaf / size, (this.#leaf + rows) / size)
    for (const column of Object.values(this.#table.columns)) column.fill(0, 0, used)
    this.#line[TABLE_LINE.USED] = 0
    this.#line[TABLE_LINE.LIVE] = 0
  }

  /**
   * Makes the tree for a cleared table whose rows and line came out of a snapshot.
   * @param ranges all that are in use; another allocator may have chosen their places
   */
  restore(ranges: Iterable<readonly [row: number, count: number]>): void {
    for (const [row, count] of ranges) this.#mark(row, row + RangeAllocator.capacityFor(count), true)
  }

  /** First row of the lowest free block of a class, or -1. */
  #find(sizeClass: number): number {
    const taken = this.#taken
    const height = classOf(this.used)
    let node = this.#leaf >>> height
    let row = 1 << (sizeClass > height ? sizeClass : height)
    if (taken[node] === 0) row = 0
    else if (sizeClass <= height && (taken[node] as number) <= height - sizeClass) {
      for (let room = height - 1 - sizeClass; room >= 0; room--) {
        node += node
        if ((taken[node] as number) > room) node++
      }
      row = (node << sizeClass) - this.#leaf
    }
    return row + (1 << sizeClass) <= this.#table.rows ? row : -1
  }

  /** Moves the end on, and makes the nodes above what was in use before. */
  #grow(end: number): void {
    const taken = this.#taken
    const top = this.#leaf >>> classOf(end)
    for (let node = this.#leaf >>> (classOf(this.used) + 1); node >= top && node > 0; node >>>= 1) taken[node] = taken[node * 2] === 0 ? 0 : 1
    this.#line[TABLE_LINE.USED] = end
  }

  /** Takes or frees the aligned blocks a range consists of: one, unless its place was chosen by another allocator. */
  #mark(first: number, end: number, isTaken: boolean): void {
    const taken = this.#taken
    const top = this.#leaf >>> classOf(this.used)
    for (let row = first; row < end; ) {
      const largest = 31 - Math.clz32(end - row)
      const aligned = row === 0 ? largest : 31 - Math.clz32(row & -row)
      const sizeClass = aligned < largest ? aligned : largest
      const node = (this.#leaf + row) >>> sizeClass
      assert(taken[node] === (isTaken ? 0 : sizeClass + 1), 'a range is taken once, and comes back once')
      taken[node] = isTaken ? sizeClass + 1 : 0
      updateAbove(taken, node, top)
      row += 1 << sizeClass
    }
  }

  #shrink(used: number): void {
    const end = this.#end()
    if (end > used >>> 1) return
    this.#line[TABLE_LINE.USED] = end
    for (const column of Object.values(this.#table.columns)) column.fill(0, end, used)
  }

  /** The row behind the last one that is taken. */
  #end(): number {
    const taken = this.#taken
    let sizeClass = classOf(this.used)
    let node = this.#leaf >>> sizeClass
    if (taken[node] === 0) return 0
    for (; taken[node] !== sizeClass + 1; sizeClass--) {
      node += node
      if (taken[node + 1] !== 0) node++
    }
    return ((node + 1) << sizeClass) - this.#leaf
  }
}

/** Brings the nodes above one that changed up to date, as far as anything changes. */
function updateAbove(taken: Uint8Array, node: number, top: number): void {
  for (let above = node >>> 1; above >= top; above >>>= 1) {
    const left = taken[above * 2] as number
    const right = taken[above * 2 + 1] as number
    const value = (left | right) === 0 ? 0 : (left < right ? left : right) + 1
    if (taken[above] === value) return
    taken[above] = value
  }
}

/** The power of two a number is rounded up to. */
function classOf(count: number): number {
  return count <= 1 ? 0 : 32 - Math.clz32(count - 1)
}
