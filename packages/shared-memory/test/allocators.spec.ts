import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRegion, defineLayout, RangeAllocator, RowAllocator, TABLE_LINE } from '@symphony/shared-memory'

const layout = defineLayout({
  name: 'allocators',
  version: 1,
  words: {},
  tables: { rows: { rows: 32, columns: { next: 'i32' } }, nodes: { rows: RangeAllocator.nodesFor(32), columns: { taken: 'u8' } } },
})

describe('RowAllocator', () => {
  it('never hands out a row twice, and all rows come back', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 200 }), (steps) => {
        const region = createRegion(layout)
        const rows = new RowAllocator(region.tables.rows, region.tables.rows.columns.next)
        const held: number[] = []
        for (const take of steps) {
          if (take) {
            const row = rows.tryAllocate()
            expect(row === -1).toBe(held.length === 32)
            expect(held).not.toContain(row)
            if (row >= 0) held.push(row)
          } else if (held.length > 0) rows.release(held.shift() as number)
          expect(rows.live).toBe(held.length)
        }
      }),
    )
  })

  it('names the table that is full', () => {
    const region = createRegion(layout, { rows: 1 })
    const rows = new RowAllocator(region.tables.rows, region.tables.rows.columns.next)
    rows.allocate()
    expect(() => rows.allocate()).toThrow(expect.objectContaining({ code: 'CAPACITY_EXCEEDED', details: { table: 'rows', rows: 1 } }))
  })
})

describe('RangeAllocator', () => {
  const make = (rows: number) => {
    const region = createRegion(layout, { rows, nodes: RangeAllocator.nodesFor(rows) })
    const { line, columns } = region.tables.rows
    const setLine = (used: number, live: number): void => {
      line[TABLE_LINE.USED] = used
      line[TABLE_LINE.LIVE] = live
    }
    return { ranges: new RangeAllocator(region.tables.rows, region.tables.nodes.columns.taken), next: columns.next, setLine }
  }
  type Held = { row: number; count: number }
  const capacity = RangeAllocator.capacityFor

  /** The lowest aligned place where nothing is held, by looking at every row. */
  function lowest(held: readonly Held[], count: number, rows: number): number {
    const size = capacity(count)
    for (let row = 0; row + size <= rows; row += size) {
      if (held.every((other) => other.row >= row + size || other.row + capacity(other.count) <= row)) return row
    }
    return -1
  }

  const steps = fc.array(fc.integer({ min: -9, max: 40 }), { maxLength: 150 })
  const takeOrGive = (ranges: RangeAllocator, held: Held[], step: number): void => {
    if (step > 0) {
      const row = ranges.tryAllocate(step)
      if (row >= 0) held.push({ row, count: step })
    } else if (held.length > 0) {
      const [freed] = held.splice(-step % held.length, 1)
      ranges.release(freed!.row, freed!.count)
    }
  }

  it('gives the lowest aligned place that is free, as if it had looked at every row', () => {
    fc.assert(
      fc.property(fc.constantFrom([1, 1], [2, 1], [96, 1], [250, 1], [256, 1], [65_536, 400], [40_000, 300]), steps, ([rows = 0, scale = 0], taken) => {
        const { ranges, next } = make(rows)
        const held: Held[] = []
        for (const drawn of taken) {
          const step = drawn > 0 ? drawn * scale : drawn
          const before = held.length
          const place = step > 0 ? lowest(held, step, rows) : -1
          if (step > 0) expect(ranges.canAllocate(step)).toBe(place >= 0)
          takeOrGive(ranges, held, step)
          if (step > 0) expect(held[before]?.row ?? -1).toBe(place)
          expect(ranges.live).toBe(held.reduce((sum, range) => sum + capacity(range.count), 0))
          // Whoever has rows leaves something in them; nothing of it stays behind the end.
          if (step > 0 && place >= 0) next.fill(7, place, place + capacity(step))
          expect(next.indexOf(7, ranges.used)).toBe(-1)
          expect(ranges.used).toBeGreaterThanOrEqual(Math.max(0, ...held.map((range) => range.row + capacity(range.count))))
        }
        for (const { row, count } of held) ranges.release(row, count)
        const whole = 2 ** Math.floor(Math.log2(rows))
        expect([ranges.live, ranges.tryAllocate(whole)]).toEqual([0, 0])
      }),
    )
  })

  it('goes on in a larger table, restored from nothing but what is taken, exactly where the first one does', () => {
    fc.assert(
      fc.property(fc.constantFrom(1, 200), steps, steps, (scale, before, after) => {
        const { ranges } = make(256 * scale)
        const held: Held[] = []
        for (const step of before) takeOrGive(ranges, held, step > 0 ? step * scale : step)
        const other = make(1000 * scale)
        other.setLine(ranges.used, ranges.live)
        other.ranges.restore(held.map(({ row, count }) => [row, count]))
        const otherHeld = held.map((range) => ({ ...range }))
        for (const drawn of after) {
          const step = drawn > 0 ? drawn * scale : drawn
          const fits = step <= 0 || ranges.canAllocate(step)
          if (!fits) continue
          takeOrGive(ranges, held, step)
          takeOrGive(other.ranges, otherHeld, step)
          expect([otherHeld, other.ranges.used]).toEqual([held, ranges.used])
        }
      }),
    )
  })

  it('takes and frees ranges another allocator has put where it liked', () => {
    const { ranges, setLine } = make(64)
    setLine(45, 24)
    ranges.restore([[3, 8], [13, 16]])
    const rows = Array.from({ length: 5 }, () => ranges.allocate(2))
    expect(rows).toEqual([0, 30, 32, 34, 36])
    for (const [row, count] of [[3, 8], [13, 16], ...rows.map((row) => [row, 2])]) ranges.release(row as number, count as number)
    expect([ranges.live, ranges.tryAllocate(64)]).toEqual([0, 0])
  })

  it('has room for two halves after a million short lives of mixed sizes, some of which stayed a while', () => {
    const { ranges } = make(4096)
    const kept: Held[] = []
    let seed = 1
    for (let life = 0; life < 1_000_000; life++) {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
      const count = 1 + (seed >>> 10) % (life % 64 === 0 ? 200 : 12)
      kept.push({ row: ranges.allocate(count), count })
      if (kept.length > 50) {
        const [freed] = kept.splice((seed >>> 4) % kept.length, 1)
        ranges.release(freed!.row, freed!.count)
      }
    }
    for (const { row, count } of kept) ranges.release(row, count)
    expect([ranges.allocate(2048), ranges.allocate(2048)]).toEqual([0, 2048])
  })

  it('moves its end back when most of it is free, and leaves no trace behind the end', () => {
    const { ranges, next } = make(65_536)
    const low = ranges.allocate(100)
    const high = ranges.allocate(32_768)
    next.fill(7)
    expect(ranges.used).toBe(65_536)
    ranges.release(high, 32_768)
    expect(ranges.used).toBe(128)
    expect([next[low], next[127], next[128], next[65_535]]).toEqual([7, 7, 0, 0])
  })

  it('notices a range that comes back twice or was never taken', () => {
    const { ranges } = make(64)
    const row = ranges.allocate(8)
    ranges.allocate(8)
    ranges.release(row, 8)
    expect(() => ranges.release(row, 8)).toThrow(/once/)
    expect(() => ranges.release(32, 8)).toThrow(/handed out/)
  })

  it('has no room for what is too much for any table', () => {
    const { ranges } = make(64)
    for (const power of [28, 29, 30, 31, 32, 33, 53]) {
      for (const more of [0, 1]) {
        expect(capacity(2 ** power + more)).toBeGreaterThanOrEqual(2 ** power + more)
        expect(ranges.canAllocate(2 ** power + more)).toBe(false)
      }
    }
  })

  it('names the table that is full', () => {
    const { ranges } = make(48)
    expect(() => ranges.allocate(64)).toThrow(expect.objectContaining({ code: 'CAPACITY_EXCEEDED', details: { table: 'rows', rows: 48 } }))
    expect([ranges.allocate(20), ranges.tryAllocate(20), ranges.allocate(16)]).toEqual([0, -1, 32])
  })
})
