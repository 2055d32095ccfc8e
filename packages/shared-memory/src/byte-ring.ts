import { assert } from '@symphony/interface'
import { CACHE_LINE_BYTES } from './layout.ts'

/** What another thread needs to attach to a ring. */
export interface ByteRingBuffers {
  readonly control: SharedArrayBuffer
  readonly data: SharedArrayBuffer
}

const LINE = CACHE_LINE_BYTES / 4
const HEAD = 0
const TAIL = LINE
const RECORD_HEADER_BYTES = 8
const PADDING = 0xffffffff

/**
 * A ring of byte records from one thread to another. The producer never waits: `push` refuses when there is no room.
 *
 * Positions count 8-byte units modulo 2^32, each on a cache line of its own. A record is a u32 length, a u32 tag, and its bytes
 * padded to 8; one that would wrap is preceded by padding, so that every record is one contiguous view.
 */
export class ByteRing {
  readonly buffers: ByteRingBuffers
  /** Head and tail, for `Atomics.wait` and `Atomics.notify` by whoever sleeps on the ring. */
  readonly control: Int32Array
  readonly #data: Uint8Array
  readonly #view: DataView
  readonly #capacity: number

  /** Index of the head word in `control`: it changes with every publication. */
  static readonly HEAD_WORD: number = HEAD

  private constructor(buffers: ByteRingBuffers) {
    this.buffers = buffers
    this.control = new Int32Array(buffers.control)
    this.#data = new Uint8Array(buffers.data)
    this.#view = new DataView(buffers.data)
    this.#capacity = buffers.data.byteLength / 8
  }

  /** @param bytes rounded up to a power of two, at most 1 GiB */
  static create(bytes: number): ByteRing {
    const size = 2 ** Math.ceil(Math.log2(Math.max(1024, bytes)))
    assert(size <= 2 ** 30, 'a ring has at most 1 GiB')
    return new ByteRing({ control: new SharedArrayBuffer(2 * CACHE_LINE_BYTES), data: new SharedArrayBuffer(size) })
  }

  static attach(buffers: ByteRingBuffers): ByteRing {
    return new ByteRing(buffers)
  }

  /** Bytes a single record may have: half the ring, so that padding can always make room. */
  get recordBytesMax(): number {
    return this.#capacity * 4 - RECORD_HEADER_BYTES
  }

  /** Producer: copies a record in and publishes it. False when there is no room now. */
  push(tag: number, bytes: Uint8Array): boolean {
    assert(bytes.length <= this.recordBytesMax, 'a record fits into half the ring')
    const units = 1 + ((bytes.length + 7) >>> 3)
    const head = this.control[HEAD] as number
    const used = (head - Atomics.load(this.control, TAIL)) >>> 0
    const offset = (head >>> 0) & (this.#capacity - 1)
    const toEnd = this.#capacity - offset
    const padding = units > toEnd ? toEnd : 0
    if (used + padding + units > this.#capacity) return false
    if (padding > 0) {
      this.#view.setUint32(offset * 8, PADDING, true)
      this.#view.setUint32(offset * 8 + 4, padding, true)
    }
    const at = (padding > 0 ? 0 : offset) * 8
    this.#view.setUint32(at, bytes.length, true)
    this.#view.setUint32(at + 4, tag, true)
    this.#data.set(bytes, at + RECORD_HEADER_BYTES)
    Atomics.store(this.control, HEAD, (head + padding + units) | 0)
    return true
  }

  /**
   * Consumer: hands up to `limit` records to `visit` as views into the ring, then frees them together. The views are valid
   * during the call only.
   */
  drain(visit: (tag: number, bytes: Uint8Array) => void, limit: number = Infinity): number {
    const head = Atomics.load(this.control, HEAD)
    let tail = this.control[TAIL] as number
    let count = 0
    while (tail !== head && count < limit) {
      const at = ((tail >>> 0) & (this.#capacity - 1)) * 8
      const length = this.#view.getUint32(at, true)
      if (length === PADDING) {
        tail = (tail + this.#view.getUint32(at + 4, true)) | 0
        continue
      }
      visit(this.#view.getUint32(at + 4, true), this.#data.subarray(at + RECORD_HEADER_BYTES, at + RECORD_HEADER_BYTES + length))
      tail = (tail + 1 + ((length + 7) >>> 3)) | 0
      count++
    }
    Atomics.store(this.control, TAIL, tail)
    return count
  }

  /** True when nothing waits to be drained. */
  get isEmpty(): boolean {
    return Atomics.load(this.control, HEAD) === Atomics.load(this.control, TAIL)
  }
}
