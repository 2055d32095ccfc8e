/**
 * State in shared memory: layouts declared once, tables of cache-line-aligned columns over a `SharedArrayBuffer`, and the
 * rings, histograms and codecs that go with them. Any thread of the process reads them in nanoseconds; nothing is serialised.
 *
 * @packageDocumentation
 */
export { alignToLine, bytesPerElement, CACHE_LINE_BYTES, columnStride, defineLayout } from './layout.ts'
export type { ColumnArrays, ColumnType, Layout, LayoutDeclaration, TableDeclaration, WordType } from './layout.ts'
export { abandonWrite, attachRegion, closeWrite, createRegion, isMidWrite, openWrite, TABLE_LINE, writeMark } from './region.ts'
export type { Region, RegionWords, RowCounts, Table, TableColumns } from './region.ts'
export { ChangeGuard } from './change-guard.ts'
export type { Guarded } from './change-guard.ts'
export { restoreRegion, snapshotRegion } from './region-snapshot.ts'
export { RowAllocator, tableFull } from './row-allocator.ts'
export { RangeAllocator } from './range-allocator.ts'
export { ByteReader, ByteWriter } from './byte-codec.ts'
export { EVENT_LAYOUT, EventReader, EventRing } from './event-ring.ts'
export { Histogram, HISTOGRAM_BUCKETS } from './histogram.ts'
export { ByteRing } from './byte-ring.ts'
export type { ByteRingBuffers } from './byte-ring.ts'
