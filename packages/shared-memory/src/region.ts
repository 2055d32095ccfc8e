import { SymphonyError, assert } from '@symphony/interface'
import { CACHE_LINE_BYTES, columnStride } from './layout.ts'
import type { ColumnArrays, ColumnType, Layout, LayoutDeclaration, WordType } from './layout.ts'

// The header is one cache line; then a line for each table, a line for each word, then the columns, each aligned to a line; see
// `columnStride` for what is between long ones.
//   header i32: 0 magic, 1 format, 2 fingerprint low, 3 fingerprint high, 4 layout version, 5 write mark; f64 at byte 32: applied LSN
//   table  i32: 0 rows reserved, 1 rows ever used, 2 first free row + 1, 3 rows in use
const MAGIC = 0x524d5953
const FORMAT = 2
const HEADER = { MAGIC: 0, FORMAT: 1, FINGERPRINT_LOW: 2, FINGERPRINT_HIGH: 3, VERSION: 4, WRITE_MARK: 5 } as const
const APPLIED_LSN_F64 = 4
const LINE_I32 = CACHE_LINE_BYTES / 4

/** Slots of a table's line in the header. */
export const TABLE_LINE = { ROWS: 0, USED: 1, FREE: 2, LIVE: 3 } as const

export type TableColumns<C extends Readonly<Record<string, ColumnType>>> = { readonly [K in keyof C]: ColumnArrays[C[K]] }

/** A table of a region: one typed array a column, all over the same shared bytes. */
export interface Table<C extends Readonly<Record<string, ColumnType>> = Readonly<Record<string, ColumnType>>> {
  readonly name: string
  readonly rows: number
  /** The table's line in the header; see {@link TABLE_LINE}. */
  readonly line: Int32Array
  readonly columns: TableColumns<C>
}

export type RegionWords<W extends Readonly<Record<string, WordType>>> = {
  readonly [K in keyof W]: W[K] extends 'f64' ? Float64Array : Int32Array
}

/** Shared bytes seen through a layout. Any number of threads may hold one over the same buffer. */
export interface Region<D extends LayoutDeclaration = LayoutDeclaration> {
  readonly layout: Layout<D>
  readonly buffer: SharedArrayBuffer
  readonly header: Int32Array
  /** One element: the LSN of the last command applied to these bytes. */
  readonly appliedLsn: Float64Array
  /** Each a one-element view on a cache line of its own. */
  readonly words: RegionWords<D['words']>
  readonly tables: { readonly [K in keyof D['tables']]: Table<D['tables'][K]['columns']> }
}

/** Rows to reserve in place of the declared ones. */
export type RowCounts<D extends LayoutDeclaration> = { readonly [K in keyof D['tables']]?: number }

/**
 * Reserves the bytes of a layout, zeroed, and writes the header.
 *
 * @throws SymphonyError `INVALID_ARGUMENT` for a row count below 1
 * @example
 * const region = createRegion(layout, { instances: 16 })
 * region.tables.instances.columns.state[3] = 2
 */
export function createRegion<D extends LayoutDeclaration>(layout: Layout<D>, rows: RowCounts<D> = {}): Region<D> {
  const counts = Object.entries(layout.declaration.tables).map(([name, table]) => rows[name as keyof D['tables']] ?? table.rows)
  for (const count of counts) {
    if (!Number.isInteger(count) || count < 1 || count > 0x7fffffff) {
      throw new SymphonyError({
        code: 'INVALID_ARGUMENT',
        component: `shared-memory/${layout.declaration.name}`,
        message: `A table cannot have ${count} rows; give a whole number from 1 to 2^31 - 1.`,
      })
    }
  }
  const buffer = new SharedArrayBuffer(byteLength(layout.declaration, counts))
  const header = new Int32Array(buffer, 0, LINE_I32)
  header[HEADER.FORMAT] = FORMAT
  header[HEADER.FINGERPRINT_LOW] = layout.fingerprintLow | 0
  header[HEADER.FINGERPRINT_HIGH] = layout.fingerprintHigh | 0
  header[HEADER.VERSION] = layout.declaration.version
  counts.forEach((count, index) => {
    new Int32Array(buffer, CACHE_LINE_BYTES * (1 + index), LINE_I32)[TABLE_LINE.ROWS] = count
  })
  // The magic number goes last: whoever sees it sees a complete header.
  Atomics.store(header, HEADER.MAGIC, MAGIC)
  return attachRegion(layout, buffer)
}

/**
 * Looks at shared bytes through a layout. Copies nothing.
 *
 * @throws SymphonyError `LAYOUT_MISMATCH` when they were laid out otherwise, `REGION_CORRUPT` when they are no region
 */
export function attachRegion<D extends LayoutDeclaration>(layout: Layout<D>, buffer: SharedArrayBuffer): Region<D> {
  const header = checkedHeader(layout, buffer)
  const tableNames = Object.keys(layout.declaration.tables)
  const lines = tableNames.map((_, index) => new Int32Array(buffer, CACHE_LINE_BYTES * (1 + index), LINE_I32))
  let offset = CACHE_LINE_BYTES * (1 + tableNames.length)
  const words: Record<string, Int32Array | Float64Array> = {}
  for (const [name, type] of Object.entries(layout.declaration.words)) {
    words[name] = type === 'f64' ? new Float64Array(buffer, offset, 1) : new Int32Array(buffer, offset, 1)
    offset += CACHE_LINE_BYTES
  }
  const tables: Record<string, Table> = {}
  tableNames.forEach((name, index) => {
    const line = lines[index] as Int32Array
    const rows = line[TABLE_LINE.ROWS] as number
    const columns: Record<string, ColumnArrays[ColumnType]> = {}
    for (const [column, type] of Object.entries(layout.declaration.tables[name]?.columns ?? {})) {
      columns[column] = columnView(type, buffer, offset, rows)
      offset += columnStride(type, rows)
    }
    // An object that is filled by computed keys is a hash table to the engine from the thirteenth on; a copy of it is none.
    tables[name] = { name, rows, line, columns: { ...columns } }
  })
  assert(offset === buffer.byteLength, `layout ${layout.declaration.name} covers its buffer exactly`)
  return {
    layout,
    buffer,
    header,
    appliedLsn: new Float64Array(buffer, APPLIED_LSN_F64 * 8, 1),
    words: { ...words } as Region<D>['words'],
    tables: tables as unknown as Region<D>['tables'],
  }
}

/**
 * Marks that rows are being changed. Between `openWrite` and `closeWrite` the mark is odd: whoever finds it odd although the
 * writer is gone knows that the region was left in the middle of a change.
 */
export function openWrite(region: Region): void {
  const mark = Atomics.add(region.header, HEADER.WRITE_MARK, 1)
  assert((mark & 1) === 0, 'a region is opened for one change at a time')
}

export function closeWrite(region: Region): void {
  const mark = Atomics.add(region.header, HEADER.WRITE_MARK, 1)
  assert((mark & 1) === 1, 'a region is closed after it was opened')
}

/** Rises by one when a change begins, and by one when it ends. */
export function writeMark(region: Region): number {
  return Atomics.load(region.header, HEADER.WRITE_MARK)
}

/** True while a change is under way, or when one never ended. */
export function isMidWrite(region: Region): boolean {
  return (writeMark(region) & 1) === 1
}

/** Makes the mark even, whatever it is: who was in the middle of a change is gone, and the bytes are about to be set up anew. */
export function abandonWrite(region: Region): void {
  Atomics.store(region.header, HEADER.WRITE_MARK, (writeMark(region) + 1) & ~1)
}

function byteLength(declaration: LayoutDeclaration, counts: readonly number[]): number {
  let bytes = CACHE_LINE_BYTES * (1 + counts.length + Object.keys(declaration.words).length)
  Object.values(declaration.tables).forEach((table, index) => {
    for (const type of Object.values(table.columns)) bytes += columnStride(type, counts[index] as number)
  })
  return bytes
}

function checkedHeader(layout: Layout, buffer: SharedArrayBuffer): Int32Array {
  const component = `shared-memory/${layout.declaration.name}`
  const tableCount = Object.keys(layout.declaration.tables).length
  const header = buffer.byteLength >= CACHE_LINE_BYTES ? new Int32Array(buffer, 0, LINE_I32) : undefined
  if (header === undefined || Atomics.load(header, HEADER.MAGIC) !== MAGIC || header[HEADER.FORMAT] !== FORMAT) {
    throw new SymphonyError({ code: 'REGION_CORRUPT', component, message: 'The bytes are not a region, or its header was never finished.' })
  }
  const same = header[HEADER.FINGERPRINT_LOW] === (layout.fingerprintLow | 0) && header[HEADER.FINGERPRINT_HIGH] === (layout.fingerprintHigh | 0)
  if (!same) {
    throw new SymphonyError({
      code: 'LAYOUT_MISMATCH',
      component,
      message: `The region was laid out by another version of "${layout.declaration.name}". Use the same package version on both sides.`,
      details: { expected: hex(layout.fingerprintHigh, layout.fingerprintLow), found: hex(header[HEADER.FINGERPRINT_HIGH] as number, header[HEADER.FINGERPRINT_LOW] as number) },
    })
  }
  const counts = Array.from({ length: tableCount }, (_, index) => {
    const at = CACHE_LINE_BYTES * (1 + index)
    return at + CACHE_LINE_BYTES <= buffer.byteLength ? (new Int32Array(buffer, at, LINE_I32)[TABLE_LINE.ROWS] as number) : 0
  })
  if (counts.some((count) => count < 1) || byteLength(layout.declaration, counts) !== buffer.byteLength) {
    throw new SymphonyError({ code: 'REGION_CORRUPT', component, message: 'The region is not as long as its header says.' })
  }
  return header
}

function columnView(type: ColumnType, buffer: SharedArrayBuffer, offset: number, rows: number): ColumnArrays[ColumnType] {
  if (type === 'f64') return new Float64Array(buffer, offset, rows)
  if (type === 'u32') return new Uint32Array(buffer, offset, rows)
  if (type === 'u8') return new Uint8Array(buffer, offset, rows)
  return new Int32Array(buffer, offset, rows)
}

function hex(high: number, low: number): string {
  return (high >>> 0).toString(16).padStart(8, '0') + (low >>> 0).toString(16).padStart(8, '0')
}
