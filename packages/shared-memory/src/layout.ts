import { SymphonyError } from '@symphony/interface'

/** Width of a cache line on the machines we know. Columns and words start on one, so that two of them never share one. */
export const CACHE_LINE_BYTES = 64

/** Element types a column may have. `f64` carries times, money and numbers up to 2^53; `i32` is what `Atomics` works on. */
export type ColumnType = 'i32' | 'u32' | 'f64' | 'u8'

export interface ColumnArrays {
  i32: Int32Array
  u32: Uint32Array
  f64: Float64Array
  u8: Uint8Array
}

export type WordType = 'i32' | 'f64'

export interface TableDeclaration {
  /** Rows reserved unless the creator says otherwise. Untouched pages cost no memory, so reserve generously. */
  readonly rows: number
  readonly columns: Readonly<Record<string, ColumnType>>
}

export interface LayoutDeclaration {
  readonly name: string
  /** Raise it when the meaning of a column changes although its name and type do not. */
  readonly version: number
  /** Single values, each on a cache line of its own: counters, heads, flags. */
  readonly words: Readonly<Record<string, WordType>>
  readonly tables: Readonly<Record<string, TableDeclaration>>
}

/** A declaration with its fingerprint: what two sides have to agree on before they touch the same bytes. */
export interface Layout<D extends LayoutDeclaration = LayoutDeclaration> {
  readonly declaration: D
  readonly fingerprintLow: number
  readonly fingerprintHigh: number
}

const elementBytes: Readonly<Record<ColumnType, number>> = { i32: 4, u32: 4, f64: 8, u8: 1 }

/** Bytes of one element of a column. */
export function bytesPerElement(type: ColumnType): number {
  return elementBytes[type]
}

/** The next multiple of a cache line. */
export function alignToLine(bytes: number): number {
  return Math.ceil(bytes / CACHE_LINE_BYTES) * CACHE_LINE_BYTES
}

/** Columns shorter than this are packed: so few rows stay in the cache wherever they are. */
const STAGGER_BYTES_MIN = 4096
/** An odd number of lines that sends twenty columns to as many places of both cache levels. */
const STAGGER_LINES = 49

/**
 * Bytes from the beginning of a column to that of the next.
 *
 * A table with a power of two of rows would have the same row of all its columns a multiple of some KiB apart, which is to say on the
 * same few lines of the cache: a task of twenty columns then evicts itself. So long columns are moved apart by some lines more.
 */
export function columnStride(type: ColumnType, rows: number): number {
  const bytes = alignToLine(rows * elementBytes[type])
  return bytes < STAGGER_BYTES_MIN ? bytes : bytes + STAGGER_LINES * CACHE_LINE_BYTES
}

/**
 * Declares a region once, for every thread and every language that works on it.
 *
 * The order of declaration is the order in memory. The fingerprint covers names, types and order, not the number of rows.
 *
 * @throws SymphonyError `INVALID_ARGUMENT` for a table without rows or columns
 * @example
 * const layout = defineLayout({
 *   name: 'pool', version: 1,
 *   words: { leasesGranted: 'i32' },
 *   tables: { instances: { rows: 1024, columns: { state: 'i32', token: 'f64' } } },
 * })
 */
export function defineLayout<const D extends LayoutDeclaration>(declaration: D): Layout<D> {
  for (const [name, table] of Object.entries(declaration.tables)) {
    if (!Number.isInteger(table.rows) || table.rows < 1 || Object.keys(table.columns).length === 0) {
      throw new SymphonyError({
        code: 'INVALID_ARGUMENT',
        component: 'shared-memory/layout',
        message: `Table "${name}" of layout "${declaration.name}" needs at least one row and one column.`,
        details: { table: name },
      })
    }
  }
  const [low, high] = fingerprint(describe(declaration))
  return { declaration, fingerprintLow: low, fingerprintHigh: high }
}

function describe(declaration: LayoutDeclaration): string {
  const words = Object.entries(declaration.words).map(([name, type]) => `${name}:${type}`)
  const tables = Object.entries(declaration.tables).map(
    ([name, table]) => `${name}{${Object.entries(table.columns).map(([column, type]) => `${column}:${type}`).join(',')}}`,
  )
  return [declaration.name, String(declaration.version), words.join(','), tables.join(';')].join('|')
}

/**
 * FNV-1a, 64 bits, as two unsigned halves. (Fowler, Noll, Vo.) It guards against mistakes, not against malice. The prime is
 * 2^40 + 0x1b3, so every product of halves is exact.
 */
function fingerprint(text: string): readonly [low: number, high: number] {
  let low = 0x84222325
  let high = 0xcbf29ce4
  for (const byte of new TextEncoder().encode(text)) {
    const mixed = (low ^ byte) >>> 0
    const product = mixed * 0x1b3
    high = (high * 0x1b3 + mixed * 0x100 + Math.floor(product / 2 ** 32)) % 2 ** 32
    low = product >>> 0
  }
  return [low, high]
}
