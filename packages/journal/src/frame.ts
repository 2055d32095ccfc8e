import { crc32 } from './crc32.ts'

/**
 * One frame is one commit: the records that shared an fsync, behind one header and one checksum.
 *
 * `u32 bytes | u32 crc | u32 previous crc | u16 kind | u16 zero | u64 first lsn | u32 records | u32 zero | payload`
 *
 * A frame is written only after the one before it is on the device. So an interrupted write can spoil nothing but the last
 * frame, and a bad frame with a good one behind it is damage: the two are told apart exactly, not by a guess. The checksum
 * starts from the segment's, which covers the log's random id and the segment's number, and covers the previous frame's:
 * bytes from another place or another time do not pass.
 */
export const FRAME_HEADER_BYTES = 32

export const FRAME_KINDS = {
  records: 1,
  /** Written by an orderly close. With it behind them, damage to the last records cannot be taken for an interrupted write. */
  closed: 2,
} as const

export interface FrameHead {
  readonly bytes: number
  readonly crc: number
  readonly previousCrc: number
  readonly kind: number
  readonly firstLsn: number
  readonly records: number
}

const TWO_32 = 2 ** 32

/** Fills in the header of the frame that starts at 0 and returns its checksum. */
export function sealFrame(frame: Uint8Array, seed: number, previousCrc: number, kind: number, firstLsn: number, records: number): number {
  const view = new DataView(frame.buffer, frame.byteOffset, FRAME_HEADER_BYTES)
  view.setUint32(0, frame.length, true)
  view.setUint32(8, previousCrc, true)
  view.setUint16(12, kind, true)
  view.setUint16(14, 0, true)
  view.setUint32(16, firstLsn % TWO_32, true)
  view.setUint32(20, Math.floor(firstLsn / TWO_32), true)
  view.setUint32(24, records, true)
  view.setUint32(28, 0, true)
  const crc = crc32(frame.subarray(8), seed)
  view.setUint32(4, crc, true)
  return crc
}

/** Reads a header if it could be one; says nothing about the checksum. `room` is what is left of the file from here. */
export function readFrameHead(header: Uint8Array, room: number): FrameHead | undefined {
  const view = new DataView(header.buffer, header.byteOffset, FRAME_HEADER_BYTES)
  const bytes = view.getUint32(0, true)
  if (bytes < FRAME_HEADER_BYTES || bytes > room || bytes % 8 !== 0) return undefined
  const kind = view.getUint16(12, true)
  const records = view.getUint32(24, true)
  if (view.getUint16(14, true) !== 0 || view.getUint32(28, true) !== 0) return undefined
  if (kind === FRAME_KINDS.records ? records === 0 || records > bytes / 8 : kind !== FRAME_KINDS.closed || records !== 0) return undefined
  const firstLsn = firstLsnOf(view)
  if (!isNumber(firstLsn, records)) return undefined
  return { bytes, crc: view.getUint32(4, true), previousCrc: view.getUint32(8, true), kind, firstLsn, records }
}

/**
 * The length a header names when its numbers are beyond those that are exact, to which no log of ours comes; undefined otherwise. A frame
 * that is intact with them is not the trace of an interrupted write.
 */
export function bytesBeyondNumbers(header: Uint8Array, room: number): number | undefined {
  const view = new DataView(header.buffer, header.byteOffset, FRAME_HEADER_BYTES)
  const bytes = view.getUint32(0, true)
  if (bytes < FRAME_HEADER_BYTES || bytes > room || bytes % 8 !== 0) return undefined
  return isNumber(firstLsnOf(view), view.getUint32(24, true)) ? undefined : bytes
}

function firstLsnOf(header: DataView): number {
  return header.getUint32(16, true) + header.getUint32(20, true) * TWO_32
}

function isNumber(firstLsn: number, records: number): boolean {
  return Number.isSafeInteger(firstLsn) && Number.isSafeInteger(firstLsn + Math.max(0, records - 1))
}

/** The checksum of a whole frame is what its header says. */
export function isIntact(frame: Uint8Array, seed: number): boolean {
  return crc32(frame.subarray(8), seed) === new DataView(frame.buffer, frame.byteOffset, FRAME_HEADER_BYTES).getUint32(4, true)
}

export function isFrameIntact(frame: Uint8Array, head: FrameHead, seed: number): boolean {
  return crc32(frame.subarray(8, head.bytes), seed) === head.crc
}
