import { join } from 'node:path'
import type { FileSystem } from '@symphony/interface'
import { crc32 } from './crc32.ts'
import { FRAME_HEADER_BYTES } from './frame.ts'
import { corruptError, otherVersionError } from './journal-error.ts'
import { SEGMENT_START_PART } from './limits.ts'

/**
 * The start of every segment: `"SYMPHLOG" | u32 version | u32 header bytes | 16 bytes log id | u64 segment number | zeroes |
 * u32 crc`. It is on the device before the file gets its name, so a bad header is damage, never an interrupted write.
 */
export const SEGMENT_HEADER_BYTES = 64
export const LOG_ID_BYTES = 16
const FORMAT_VERSION = 1

const MAGIC = new TextEncoder().encode('SYMPHLOG')
const CRC_AT = 60

export interface SegmentFile {
  readonly number: number
  readonly path: string
  readonly sizeBytes: number
  readonly logId: Uint8Array
  /** Where the checksums of its frames start from. */
  readonly seed: number
}

export function segmentPath(folder: string, number: number): string {
  return join(folder, `segment-${String(number).padStart(10, '0')}.log`)
}

/** Numbers of the segments in a folder, in order. */
export function segmentNumbers(names: readonly string[]): number[] {
  return names.flatMap((name) => (/^segment-(\d{10})\.log$/.exec(name) ? [Number(name.slice(8, 18))] : [])).sort((a, b) => a - b)
}

export function encodeSegmentHeader(logId: Uint8Array, number: number): Uint8Array {
  const header = new Uint8Array(SEGMENT_HEADER_BYTES)
  const view = new DataView(header.buffer)
  header.set(MAGIC)
  view.setUint32(8, FORMAT_VERSION, true)
  view.setUint32(12, SEGMENT_HEADER_BYTES, true)
  header.set(logId, 16)
  view.setUint32(32, number, true)
  view.setUint32(CRC_AT, crc32(header.subarray(0, CRC_AT)), true)
  return header
}

/**
 * Opens, checks and describes a segment. The caller closes nothing.
 * @param lastGoodLsn asked when it is damaged: the last record before it
 */
export function readSegmentHeader(fs: FileSystem, folder: string, number: number, lastGoodLsn: () => number = none): SegmentFile {
  const path = segmentPath(folder, number)
  const header = new Uint8Array(SEGMENT_HEADER_BYTES)
  const file = fs.open(path, 'r')
  let length: number
  try {
    length = fs.read(file, header, 0)
  } finally {
    fs.close(file)
  }
  const view = new DataView(header.buffer)
  const seed = view.getUint32(CRC_AT, true)
  if (length < SEGMENT_HEADER_BYTES || crc32(header.subarray(0, CRC_AT)) !== seed || !MAGIC.every((byte, at) => header[at] === byte)) {
    throw corruptError(path, 0, lastGoodLsn(), 'the header of the segment does not match its checksum')
  }
  const version = view.getUint32(8, true)
  if (version !== FORMAT_VERSION) {
    throw otherVersionError(path, version, FORMAT_VERSION)
  }
  if (view.getUint32(32, true) !== number) throw corruptError(path, 32, lastGoodLsn(), 'the segment was renamed')
  return { number, path, sizeBytes: fs.stat(path)?.sizeBytes ?? 0, logId: header.slice(16, 16 + LOG_ID_BYTES), seed }
}

/** How large a segment is that has just been created: room for any record, and for a while. Its writer doubles it up to a whole one. */
export function startBytes(segmentBytes: number, recordBytesMax: number): number {
  const roomBytes = SEGMENT_HEADER_BYTES + FRAME_HEADER_BYTES + recordBytesMax
  return Math.min(segmentBytes, 8 * Math.ceil(Math.max(segmentBytes * SEGMENT_START_PART, roomBytes) / 8))
}

const none = (): number => 0

/**
 * Creates a segment and leaves it open: sparse, header on the device before it gets its name, and the name on the device
 * before anything is written behind the header.
 */
export function createSegment(fs: FileSystem, folder: string, logId: Uint8Array, number: number, sizeBytes: number): number {
  const path = segmentPath(folder, number)
  fs.remove(`${path}.tmp`)
  const file = fs.open(`${path}.tmp`, 'wx+')
  try {
    fs.write(file, encodeSegmentHeader(logId, number), 0)
    fs.truncate(file, sizeBytes)
    fs.syncData(file)
    fs.rename(`${path}.tmp`, path)
    fs.syncFolder(folder)
  } catch (error) {
    fs.close(file)
    throw error
  }
  return file
}
