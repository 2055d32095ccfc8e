import type { FileSystem } from '@symphony/interface'
import { FRAME_HEADER_BYTES, isFrameIntact, readFrameHead } from './frame.ts'
import type { FrameHead } from './frame.ts'
import { SEGMENT_HEADER_BYTES } from './segment-file.ts'
import type { SegmentFile } from './segment-file.ts'

const WINDOW_BYTES = 1 << 20
const ZEROES = new Uint8Array(WINDOW_BYTES)

/** A frame that passed. `payload` is a view that the next step overwrites. */
export interface ScannedFrame {
  readonly offset: number
  readonly head: FrameHead
  readonly payload: Uint8Array
}

/** Walks the frames of one segment, through a window: a segment may be larger than the memory anybody wants to spend on it. */
export class SegmentScan {
  readonly segment: SegmentFile
  readonly #fs: FileSystem
  readonly #file: number
  #window: Uint8Array
  #windowStart = 0
  #windowEnd = 0
  #isClosed = false
  /** Where the next frame starts, or where the walk stopped. */
  offset: number = SEGMENT_HEADER_BYTES
  /** Checksum the next frame has to name as its predecessor's. */
  chain: number

  constructor(fs: FileSystem, segment: SegmentFile) {
    this.segment = segment
    this.#fs = fs
    this.#file = fs.open(segment.path, 'r')
    this.#window = new Uint8Array(Math.min(WINDOW_BYTES, segment.sizeBytes))
    this.chain = segment.seed
  }

  /** Closing twice is once. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#fs.close(this.#file)
  }

  /** The next frame if it passes; the walk goes on behind it. */
  next(): ScannedFrame | undefined {
    const head = this.#headAt(this.offset)
    if (head === undefined || head.previousCrc !== this.chain) return undefined
    const frame = this.#bytesAt(this.offset, head.bytes)
    if (frame === undefined || !isFrameIntact(frame, head, this.segment.seed)) return undefined
    const offset = this.offset
    this.offset += head.bytes
    this.chain = head.crc
    return { offset, head, payload: frame.subarray(FRAME_HEADER_BYTES) }
  }

  /** Where the last byte that is not zero ends, or `offset` when only zeroes follow. */
  endOfBytes(): number {
    let end = this.offset
    for (let at = this.offset; at < this.segment.sizeBytes; at += WINDOW_BYTES) {
      const bytes = this.#bytesAt(at, Math.min(WINDOW_BYTES, this.segment.sizeBytes - at))
      if (bytes === undefined || Buffer.compare(bytes, ZEROES.subarray(0, bytes.length)) === 0) continue
      end = at + bytes.findLastIndex((byte) => byte !== 0) + 1
    }
    return end
  }

  /**
   * True when an intact frame lies anywhere from the point where the walk stopped: then the stop is damage. One at that very point
   * names another predecessor than the one there is, and no interrupted write leaves that.
   */
  hasFrameAhead(endOfBytes: number): boolean {
    return this.#frameAhead(endOfBytes) !== undefined
  }

  /** Goes on at the next frame that passes by itself, whatever lies before it. False when there is none. */
  skipDamage(endOfBytes: number): boolean {
    const found = this.#frameAhead(endOfBytes)
    if (found === undefined) return false
    this.offset = found.offset
    this.chain = found.previousCrc
    return true
  }

  #frameAhead(endOfBytes: number): { readonly offset: number; readonly previousCrc: number } | undefined {
    // A frame may end in zeroes, so only its start has to lie before the last byte that is none.
    for (let at = this.offset; at < endOfBytes; at += 8) {
      const head = this.#headAt(at)
      if (head === undefined) continue
      const frame = this.#bytesAt(at, head.bytes)
      if (frame !== undefined && isFrameIntact(frame, head, this.segment.seed)) return { offset: at, previousCrc: head.previousCrc }
    }
    return undefined
  }

  #headAt(offset: number): FrameHead | undefined {
    const header = this.#bytesAt(offset, FRAME_HEADER_BYTES)
    return header && readFrameHead(header, this.segment.sizeBytes - offset)
  }

  #bytesAt(offset: number, length: number): Uint8Array | undefined {
    if (offset + length > this.segment.sizeBytes) return undefined
    if (offset < this.#windowStart || offset + length > this.#windowEnd) {
      if (length > this.#window.length) this.#window = new Uint8Array(length)
      this.#windowStart = offset
      this.#windowEnd = offset + this.#fs.read(this.#file, this.#window, offset)
      if (offset + length > this.#windowEnd) return undefined
    }
    return this.#window.subarray(offset - this.#windowStart, offset - this.#windowStart + length)
  }
}
