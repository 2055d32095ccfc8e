import { describe, expect, it } from 'vitest'
import { attachRegion, closeWrite, createRegion, defineLayout, isMidWrite, openWrite, restoreRegion, RowAllocator, snapshotRegion } from '@symphony/shared-memory'

const layout = defineLayout({
  name: 'sample',
  version: 1,
  words: { granted: 'i32', spent: 'f64' },
  tables: { items: { rows: 64, columns: { state: 'i32', next: 'i32', token: 'f64', flag: 'u8' } }, notes: { rows: 8, columns: { at: 'f64' } } },
})

describe('region', () => {
  it('gives every attached side the same bytes', () => {
    const region = createRegion(layout)
    const other = attachRegion(layout, region.buffer)
    region.tables.items.columns.state[5] = 7
    region.words.spent[0] = 2.5
    expect(other.tables.items.columns.state[5]).toBe(7)
    expect(other.words.spent[0]).toBe(2.5)
  })

  it('starts every column and word on a cache line of its own', () => {
    const region = createRegion(layout, { items: 3 })
    const views = [...Object.values(region.tables.items.columns), ...Object.values(region.words)]
    for (const view of views) expect(view.byteOffset % 64).toBe(0)
    expect(new Set(views.map((view) => view.byteOffset)).size).toBe(views.length)
  })

  it('puts a row of a wide table with a power of two of rows on as many lines of the cache as it has columns', () => {
    const columns = Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`c${index}`, index % 3 === 0 ? 'f64' : 'i32'] as const))
    const wide = defineLayout({ name: 'wide', version: 1, words: {}, tables: { tasks: { rows: 1 << 16, columns } } })
    const region = createRegion(wide)
    const at = Object.values(attachRegion(wide, region.buffer).tables.tasks.columns).map((column) => column.byteOffset)
    for (const levelBytes of [4096, 65_536]) expect(new Set(at.map((offset) => (offset % levelBytes) >>> 6)).size).toBe(21)
  })

  it('refuses bytes laid out otherwise, and bytes that are no region', () => {
    const other = defineLayout({ ...layout.declaration, version: 2 })
    expect(() => attachRegion(other, createRegion(layout).buffer)).toThrow(expect.objectContaining({ code: 'LAYOUT_MISMATCH' }))
    expect(() => attachRegion(layout, new SharedArrayBuffer(4096))).toThrow(expect.objectContaining({ code: 'REGION_CORRUPT' }))
    expect(() => attachRegion(layout, new SharedArrayBuffer(8))).toThrow(expect.objectContaining({ code: 'REGION_CORRUPT' }))
  })

  it('tells column names, types and order apart by fingerprint', () => {
    const make = (columns: Record<string, 'i32' | 'f64'>) => defineLayout({ name: 'x', version: 1, words: {}, tables: { t: { rows: 1, columns } } })
    const prints = [make({ a: 'i32', b: 'i32' }), make({ b: 'i32', a: 'i32' }), make({ a: 'i32', b: 'f64' }), make({ a: 'i32', c: 'i32' })]
    expect(new Set(prints.map((print) => `${print.fingerprintHigh}:${print.fingerprintLow}`)).size).toBe(4)
    // FNV-1a of "x|1||t{a:i32,b:i32}", as any other language computes it.
    expect([prints[0]?.fingerprintHigh, prints[0]?.fingerprintLow]).toEqual([1208181601, 510388221])
  })

  it('shows a change that never ended', () => {
    const region = createRegion(layout)
    openWrite(region)
    expect(isMidWrite(attachRegion(layout, region.buffer))).toBe(true)
    closeWrite(region)
    expect(isMidWrite(region)).toBe(false)
    expect(() => closeWrite(region)).toThrow('invariant')
  })

  it('snapshots what is used and restores it into a larger region', () => {
    const region = createRegion(layout, { items: 16 })
    const rows = new RowAllocator(region.tables.items, region.tables.items.columns.next)
    const [first, second, third] = [rows.allocate(), rows.allocate(), rows.allocate()]
    region.tables.items.columns.token[second] = 9e15
    region.words.granted[0] = -3
    region.appliedLsn[0] = 42
    rows.release(first)
    const snapshot = snapshotRegion(region)
    const larger = createRegion(layout, { items: 1024 })
    restoreRegion(larger, snapshot)
    expect(snapshotRegion(larger)).toEqual(snapshot)
    expect(larger.tables.items.columns.token[second]).toBe(9e15)
    expect(larger.words.granted[0]).toBe(-3)
    expect(larger.appliedLsn[0]).toBe(42)
    const after = new RowAllocator(larger.tables.items, larger.tables.items.columns.next)
    expect([after.allocate(), after.allocate(), after.live]).toEqual([first, third + 1, 4])
  })

  it('refuses a snapshot that does not fit or is of another layout', () => {
    const region = createRegion(layout, { items: 16 })
    const rows = new RowAllocator(region.tables.items, region.tables.items.columns.next)
    for (let count = 0; count < 10; count++) rows.allocate()
    expect(() => restoreRegion(createRegion(layout, { items: 8 }), snapshotRegion(region))).toThrow(expect.objectContaining({ code: 'CAPACITY_EXCEEDED' }))
    const other = defineLayout({ ...layout.declaration, version: 2 })
    expect(() => restoreRegion(createRegion(other), snapshotRegion(region))).toThrow(expect.objectContaining({ code: 'LAYOUT_MISMATCH' }))
  })
})
