import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRegion, defineLayout, RangeAllocator, RowAllocator, SIZE_CLASSES } from '@symphony/shared-memory'

const layout = defineLayout({
  name: 'allocators',
  version: 1,
  words: {},
  tables: { rows: { rows: 32, columns: { next: 'i32' } }, heads: { rows: SIZE_CLASSES, columns: { head: 'i32' } } },
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
    const region = createRegion(layout, { rows })
    return new RangeAllocator(region.tables.rows, region.tables.rows.columns.next, region.tables.heads.columns.head)
  }

  it('never lets two ranges overlap', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -5, max: 20 }), { maxLength: 120 }), (steps) => {
        const ranges = make(256)
        const held: { row: number; count: number }[] = []
        for (const step of steps) {
          if (step > 0) {
            const row = ranges.tryAllocate(step)
            if (row < 0) continue
            const end = row + RangeAllocator.capacityFor(step)
            for (const other of held) expect(end <= other.row || row >= other.row + RangeAllocator.capacityFor(other.count)).toBe(true)
            held.push({ row, count: step })
          } else if (held.length > 0) {
            const [freed] = held.splice(-step % held.length, 1)
            ranges.release(freed!.row, freed!.count)
          }
        }
        expect(ranges.live).toBe(held.reduce((sum, range) => sum + RangeAllocator.capacityFor(range.count), 0))
      }),
    )
  })

  it('reuses the same rows over a hundred thousand short lives', () => {
    const ranges = make(1024)
    for (let life = 0; life < 100_000; life++) {
      const count = 1 + (life % 100)
      ranges.release(ranges.allocate(count), count)
    }
    expect(ranges.used).toBeLessThanOrEqual(256)
  })
})
