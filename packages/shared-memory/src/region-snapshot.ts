import { SymphonyError } from '@symphony/interface'
import { ByteReader, ByteWriter } from './byte-codec.ts'
import { bytesPerElement } from './layout.ts'
import type { ColumnType } from './layout.ts'
import { TABLE_LINE } from './region.ts'
import type { Region } from './region.ts'

/**
 * The used part of a region as bytes: words, and of each column the rows that were ever in use. What was reserved but never
 * touched costs nothing. Two regions in the same state give the same bytes, whatever their reserved sizes.
 */
export function snapshotRegion(region: Region): Uint8Array {
  const { declaration, fingerprintLow, fingerprintHigh } = region.layout
  const writer = new ByteWriter(1024).u32(fingerprintLow).u32(fingerprintHigh).f64(region.appliedLsn[0] as number)
  for (const name of Object.keys(declaration.words)) {
    const word = region.words[name] as Int32Array | Float64Array
    writer.f64(word[0] as number)
  }
  for (const [name, { columns }] of Object.entries(declaration.tables)) {
    const table = region.tables[name]!
    const used = table.line[TABLE_LINE.USED] as number
    writer.u32(used).u32(table.line[TABLE_LINE.FREE] as number).u32(table.line[TABLE_LINE.LIVE] as number)
    for (const [column, type] of Object.entries(columns)) writer.raw(usedBytes(table.columns[column]!, type, used))
  }
  return writer.copy()
}

/**
 * Puts a snapshot back into a region, which may have more rows reserved than the one it came from.
 *
 * @throws SymphonyError `LAYOUT_MISMATCH` for a snapshot of another layout, `CAPACITY_EXCEEDED` when the region is too small
 */
export function restoreRegion(region: Region, snapshot: Uint8Array): void {
  const reader = new ByteReader(snapshot)
  const { declaration, fingerprintLow, fingerprintHigh } = region.layout
  const component = `shared-memory/${declaration.name}`
  if (reader.u32() !== fingerprintLow || reader.u32() !== fingerprintHigh) {
    throw new SymphonyError({
      code: 'LAYOUT_MISMATCH',
      component,
      message: `The snapshot was taken by another version of "${declaration.name}". Open it with the version that wrote it, or start from an empty state folder.`,
    })
  }
  region.appliedLsn[0] = reader.f64()
  for (const name of Object.keys(declaration.words)) {
    const word = region.words[name] as Int32Array | Float64Array
    word[0] = reader.f64()
  }
  for (const [name, { columns }] of Object.entries(declaration.tables)) {
    const table = region.tables[name]!
    const used = reader.u32()
    if (used > table.rows) {
      throw new SymphonyError({
        code: 'CAPACITY_EXCEEDED',
        component,
        message: `The snapshot has ${used} rows in "${name}", the region ${table.rows}. Create the region with at least as many rows.`,
        details: { table: name, rows: table.rows, needed: used },
      })
    }
    table.line[TABLE_LINE.USED] = used
    table.line[TABLE_LINE.FREE] = reader.u32()
    table.line[TABLE_LINE.LIVE] = reader.u32()
    for (const [column, type] of Object.entries(columns)) {
      usedBytes(table.columns[column]!, type, used).set(reader.raw(used * bytesPerElement(type)))
    }
  }
}

function usedBytes(column: ArrayBufferView, type: ColumnType, used: number): Uint8Array {
  return new Uint8Array(column.buffer, column.byteOffset, used * bytesPerElement(type))
}
