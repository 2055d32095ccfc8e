import type { FileSystem } from '@symphony/interface'
import { bytesBeyondNumbers, FRAME_HEADER_BYTES, isIntact, readFrameHead } from './frame.ts'
import { corruptError } from './journal-error.ts'
import { SEGMENT_HEADER_BYTES } from './segment-file.ts'
import type { SegmentFile } from './segment-file.ts'
import { SegmentScan } from './segment-scan.ts'
import type { ScannedFrame } from './segment-scan.ts'

/** What was found in one segment. */
export interface SegmentWalk {
  readonly segment: SegmentFile
  /** Number of the first record in it, 0 without one. */
  readonly firstLsn: number
  /** Number the next record gets. */
  readonly nextLsn: number
  /** Where the next frame goes, and the checksum it has to name. */
  readonly offset: number
  readonly chain: number
  /** 0 when there is no frame. */
  readonly lastFrameOffset: number
  /** Behind the last byte that is not zero; beyond `offset`, something is there that is not a frame. */
  readonly endOfBytes: number
}

export interface LogWalk {
  readonly walks: readonly SegmentWalk[]
  /** The segment that ends in the trace of an interrupted write. */
  readonly torn: SegmentWalk | undefined
}

/**
 * Walks all frames and decides how the log ends: orderly, in an interrupted write, or in damage, which is refused.
 *
 * @throws SymphonyError `JOURNAL_CORRUPT`
 */
export function walkLog(fs: FileSystem, segments: readonly SegmentFile[], checkpointLsn: number): LogWalk {
  const walks: SegmentWalk[] = []
  let torn: SegmentWalk | undefined
  let nextLsn = 0
  for (const segment of segments) {
    const scan = new SegmentScan(fs, segment)
    try {
      const walk = walkSegment(scan, nextLsn, checkpointLsn)
      if (walk.endOfBytes > SEGMENT_HEADER_BYTES && torn !== undefined) throw damage(torn, checkpointLsn)
      if (walk.endOfBytes > walk.offset) {
        if (scan.hasFrameAhead(walk.endOfBytes)) throw damage(walk, checkpointLsn)
        const sign = signOfDamage(fs, walk)
        if (sign !== undefined) throw damage(walk, checkpointLsn, sign)
        torn = walk
      }
      walks.push(walk)
      nextLsn = walk.nextLsn
    } finally {
      scan.close()
    }
  }
  return { walks, torn }
}

function damage(walk: SegmentWalk, checkpointLsn: number, what = 'a frame does not match its checksum, but the log goes on behind it'): Error {
  const lastGoodLsn = Math.max(walk.nextLsn - 1, checkpointLsn)
  return corruptError(walk.segment.path, walk.offset, lastGoodLsn, what)
}

/** What shows that the end of a log is not an interrupted write, although no frame behind it passes. */
export const SIGNS_OF_DAMAGE = {
  /** Nothing is written behind a frame before it is on the device as a whole; and its head names its end. */
  goesOn: 'a frame does not match its checksum, but something lies behind its end',
  numbers: 'a frame is intact, but numbers its records beyond 2^53 - 1',
} as const

/** Whether the walk of a segment stopped at something no interrupted write leaves, and what. */
export function signOfDamage(fs: FileSystem, { segment, offset, chain, endOfBytes }: Pick<SegmentWalk, 'segment' | 'offset' | 'chain' | 'endOfBytes'>): string | undefined {
  const header = new Uint8Array(FRAME_HEADER_BYTES)
  const room = segment.sizeBytes - offset
  const file = fs.open(segment.path, 'r')
  try {
    if (fs.read(file, header, offset) < header.length) return undefined
    const head = readFrameHead(header, room)
    if (head !== undefined) return head.previousCrc === chain && offset + head.bytes < endOfBytes ? SIGNS_OF_DAMAGE.goesOn : undefined
    const bytes = bytesBeyondNumbers(header, room)
    if (bytes === undefined) return undefined
    const frame = new Uint8Array(bytes)
    return fs.read(file, frame, offset) === bytes && isIntact(frame, segment.seed) ? SIGNS_OF_DAMAGE.numbers : undefined
  } finally {
    fs.close(file)
  }
}

function walkSegment(scan: SegmentScan, expectedLsn: number, checkpointLsn: number): SegmentWalk {
  let nextLsn = expectedLsn
  let firstLsn = 0
  let lastFrameOffset = 0
  for (let frame = scan.next(); frame !== undefined; frame = scan.next()) {
    checkOrder(frame, nextLsn, checkpointLsn, scan.segment.path)
    if (firstLsn === 0) firstLsn = frame.head.firstLsn
    nextLsn = frame.head.firstLsn + frame.head.records
    lastFrameOffset = frame.offset
  }
  const { segment, offset, chain } = scan
  return { segment, firstLsn, nextLsn, offset, chain, lastFrameOffset, endOfBytes: scan.endOfBytes() }
}

/** A frame follows on what was read before; but what is missing up to the checkpoint is missed by nobody. */
function checkOrder(frame: ScannedFrame, expectedLsn: number, checkpointLsn: number, path: string): void {
  const { firstLsn } = frame.head
  const follows = firstLsn === expectedLsn
  const isCovered = firstLsn > expectedLsn && firstLsn <= checkpointLsn + 1
  if (follows || isCovered) return
  const lastGoodLsn = Math.max(expectedLsn - 1, checkpointLsn, 0)
  throw corruptError(path, frame.offset, lastGoodLsn, `record ${lastGoodLsn + 1} was expected, but ${firstLsn} is there`)
}
