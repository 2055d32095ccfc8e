import { SymphonyError } from '@symphony/interface'
import { ByteReader, ByteWriter, restoreRegion, snapshotRegion } from '@symphony/shared-memory'
import type { ArtifactState, RowRecord } from './artifact-state.ts'
import { readRefs, readTags, writeRefs, writeTags } from './commands.ts'
import { COMPONENT } from './failures.ts'
import type { MemoryContents } from './memory-contents.ts'

const FORMAT = 1

/** The whole durable state: the region's used rows, what the heap has for them, names and results, and contents kept in memory. */
export function snapshotState(state: ArtifactState, memory: MemoryContents | undefined): Uint8Array {
  const writer = new ByteWriter(64 * 1024).u32(FORMAT).bytes(snapshotRegion(state.region)).u8(memory === undefined ? 0 : 1)
  for (let row = state.oldest; row >= 0; row = (state.columns.newer[row] as number) - 1) {
    writeRecord(writer, state.record(row))
    if (memory !== undefined) writer.bytes(memory.bytesOf(row) as Uint8Array)
  }
  state.names.write(writer)
  state.results.write(writer)
  return writer.copy()
}

/** @throws SymphonyError `LAYOUT_MISMATCH`, `REGION_CORRUPT`, `CAPACITY_EXCEEDED` */
export function restoreState(state: ArtifactState, memory: MemoryContents | undefined, snapshot: Uint8Array): void {
  const reader = new ByteReader(snapshot)
  const format = reader.u32()
  if (format !== FORMAT) throw mismatch(`has format ${format}, this version knows ${FORMAT}. Open it with the version that wrote it`)
  const region = reader.bytes()
  const hasContents = reader.u8() === 1
  if (hasContents !== (memory !== undefined)) {
    const kind = hasContents ? 'in memory. Restore it without a folder' : 'with a folder. Restore it with that folder'
    throw mismatch(`was taken of a store ${kind}`)
  }
  restoreRegion(state.region, region)
  memory?.forgetAll()
  state.records = []
  for (let row = state.oldest; row >= 0; row = (state.columns.newer[row] as number) - 1) {
    state.records[row] = readRecord(reader, state, row)
    memory?.keep(row, reader.bytes(), false)
  }
  state.rebuild()
  state.names.read(reader)
  state.results.read(reader, (ref) => state.canonical(ref))
}

function writeRecord(writer: ByteWriter, { mediaType, names, tags, parents, madeBy, text }: RowRecord): void {
  writer.string(mediaType).u32(names.length)
  for (const name of names) writer.string(name)
  writeTags(writer, tags)
  writeRefs(writer, parents)
  writeOptional(writer, madeBy)
  writeOptional(writer, text)
}

function readRecord(reader: ByteReader, state: ArtifactState, row: number): RowRecord {
  const mediaType = reader.string()
  const names = Array.from({ length: reader.u32() }, () => reader.string())
  const tags = readTags(reader)
  const parents = Object.freeze(readRefs(reader))
  return { ref: state.address(row), mediaType, names, tags, parents, madeBy: readOptional(reader), text: readOptional(reader) }
}

function writeOptional(writer: ByteWriter, value: string | undefined): void {
  writer.u8(value === undefined ? 0 : 1)
  if (value !== undefined) writer.string(value)
}

function readOptional(reader: ByteReader): string | undefined {
  return reader.u8() === 0 ? undefined : reader.string()
}

function mismatch(what: string): SymphonyError {
  return new SymphonyError({ code: 'LAYOUT_MISMATCH', component: COMPONENT, message: `The snapshot ${what}.` })
}
