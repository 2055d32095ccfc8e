import type { FileSystem } from '@symphony/interface'
import { isSymphonyError } from '@symphony/interface'
import { checkpointPath } from '../checkpoint-file.ts'
import { encodeSegmentHeader, LOG_ID_BYTES, readSegmentHeader, SEGMENT_HEADER_BYTES, segmentPath } from '../segment-file.ts'
import type { SegmentFile } from '../segment-file.ts'
import { SegmentScan } from '../segment-scan.ts'

/** A segment as it can be read at all, and what is wrong with its header. */
export interface OpenedSegment {
  readonly file: SegmentFile
  /** Undefined when the header is as it was written. */
  readonly problem: string | undefined
}

export interface OpenedSegments {
  /** Of the log the folder belongs to; all zeroes when nothing tells. */
  readonly logId: Uint8Array
  readonly segments: readonly OpenedSegment[]
}

/**
 * Opens every segment there is, those with a damaged header too: what their frames were sealed with follows from the id of the log
 * and their number, so the frames of such a segment can still be told from garbage.
 *
 * @throws SymphonyError `LAYOUT_MISMATCH` for another release's format, and what the file system throws
 */
export function openSegments(fs: FileSystem, folder: string, numbers: readonly number[], checkpoints: readonly number[]): OpenedSegments {
  const tried = numbers.map((number) => tryHeader(fs, folder, number))
  const logId = commonest(tried.flatMap((one) => (one.file === undefined ? [] : [one.file.logId]))) ?? idOfCheckpoints(fs, folder, checkpoints)
  const segments = numbers.map((number, index): OpenedSegment => {
    const { file, problem } = tried[index] as TriedHeader
    if (file === undefined) return { file: withoutHeader(fs, folder, number, logId), problem }
    return { file, problem: Buffer.compare(file.logId, logId) === 0 ? undefined : 'the segment belongs to another log' }
  })
  return { logId, segments }
}

interface TriedHeader {
  readonly file: SegmentFile | undefined
  readonly problem: string | undefined
}

function tryHeader(fs: FileSystem, folder: string, number: number): TriedHeader {
  try {
    return { file: readSegmentHeader(fs, folder, number), problem: undefined }
  } catch (error) {
    if (!isSymphonyError(error, 'JOURNAL_CORRUPT')) throw error
    return { file: undefined, problem: 'the header of the segment is damaged' }
  }
}

/** Two sources for what the frames were sealed with, each of which may be what was damaged: the first under which a frame passes. */
function withoutHeader(fs: FileSystem, folder: string, number: number, logId: Uint8Array): SegmentFile {
  const path = segmentPath(folder, number)
  const sizeBytes = fs.stat(path)?.sizeBytes ?? 0
  const seeds = [seedOf(encodeSegmentHeader(logId, number)), seedOf(bytesAt(fs, path, 0, SEGMENT_HEADER_BYTES))]
  const files = seeds.map((seed): SegmentFile => ({ number, path, sizeBytes, logId, seed }))
  return files.find((file) => hasFrame(fs, file)) ?? (files[0] as SegmentFile)
}

function hasFrame(fs: FileSystem, file: SegmentFile): boolean {
  const scan = new SegmentScan(fs, file)
  try {
    return scan.next() !== undefined
  } finally {
    scan.close()
  }
}

function seedOf(header: Uint8Array): number {
  return new DataView(header.buffer, header.byteOffset).getUint32(SEGMENT_HEADER_BYTES - 4, true)
}

function idOfCheckpoints(fs: FileSystem, folder: string, lsns: readonly number[]): Uint8Array {
  return commonest(lsns.map((lsn) => bytesAt(fs, checkpointPath(folder, lsn), LOG_ID_BYTES, LOG_ID_BYTES))) ?? new Uint8Array(LOG_ID_BYTES)
}

function commonest(ids: readonly Uint8Array[]): Uint8Array | undefined {
  const votes = (id: Uint8Array): number => ids.filter((other) => Buffer.compare(id, other) === 0).length
  return ids.toSorted((a, b) => votes(b) - votes(a))[0]
}

/** What is there of so many bytes, zeroes behind it. */
function bytesAt(fs: FileSystem, path: string, position: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  const file = fs.open(path, 'r')
  try {
    fs.read(file, bytes, position)
    return bytes
  } finally {
    fs.close(file)
  }
}
