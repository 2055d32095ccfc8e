import { lazyModule } from '@symphony/ports'
import type { LRUCache } from 'lru-cache'
import { RecentPieces } from './recent-pieces.ts'
import { PIECE_BYTES_MAX, SharedBytes } from './shared-bytes.ts'

const lruCache = lazyModule<typeof import('lru-cache')>(() => import.meta.resolve('lru-cache'))

/** What an entry costs beside its bytes, about. */
const ENTRY_BYTES = 128
/** One content may take this part of the room for large ones, so that a big read does not empty it. */
const LARGEST_SHARE = 2

/**
 * Contents read or put lately, by row, in shared memory. Half of the room is for small ones, which share slabs; half for the rest,
 * least recently used first to go.
 */
export class ContentCache {
  readonly #pieces: RecentPieces
  /** Undefined until the first large content comes. */
  #large: LRUCache<number, Uint8Array> | undefined
  readonly #largeBytesMax: number
  readonly #pieceBytesMax: number
  /** For what is too large for slabs, and for small contents when nothing is kept. */
  readonly #uncached = new SharedBytes()
  readonly #scratch = new Uint8Array(PIECE_BYTES_MAX)

  /** @param bytesMax 0 for no cache at all */
  constructor(bytesMax: number) {
    const half = Math.floor(bytesMax / 2)
    this.#pieces = new RecentPieces(half)
    // A generation is half of that half, and one piece is a small part of it.
    this.#pieceBytesMax = half >= PIECE_BYTES_MAX * 8 ? PIECE_BYTES_MAX : -1
    this.#largeBytesMax = half
  }

  get bytes(): number {
    return this.#pieces.bytes + (this.#large?.calculatedSize ?? 0)
  }

  get(row: number): Uint8Array | undefined {
    return this.#pieces.get(row) ?? this.#large?.get(row)
  }

  /** The same without making it count as used. */
  peek(row: number): Uint8Array | undefined {
    return this.#pieces.peek(row) ?? this.#large?.peek(row)
  }

  /** Keeps a copy of bytes that belong to somebody else. */
  add(row: number, bytes: Uint8Array): void {
    if (bytes.length <= this.#pieceBytesMax) this.#pieces.add(row, bytes)
    else if (this.#isKeepable(bytes.length)) {
      const copy = new Uint8Array(new SharedArrayBuffer(bytes.length))
      copy.set(bytes)
      this.#addLarge(row, copy)
    }
  }

  /** Reads into memory that is fit to be kept, and keeps it if there is room. What `read` throws is passed on, and nothing is kept. */
  fill(row: number, sizeBytes: number, read: (into: Uint8Array) => void): Uint8Array {
    if (sizeBytes <= this.#pieceBytesMax) {
      // A small copy costs less than shared memory that is thrown away when the read fails.
      const scratch = this.#scratch.subarray(0, sizeBytes)
      read(scratch)
      return this.#pieces.add(row, scratch)
    }
    const bytes = this.#uncached.allocate(sizeBytes)
    read(bytes)
    if (this.#isKeepable(sizeBytes)) this.#addLarge(row, bytes)
    return bytes
  }

  delete(row: number): void {
    this.#pieces.delete(row)
    this.#large?.delete(row)
  }

  clear(): void {
    this.#pieces.clear()
    this.#large?.clear()
  }

  #isKeepable(sizeBytes: number): boolean {
    return sizeBytes + ENTRY_BYTES <= Math.floor(this.#largeBytesMax / LARGEST_SHARE)
  }

  #addLarge(row: number, bytes: Uint8Array): void {
    this.#large ??= new (lruCache().LRUCache)({ maxSize: this.#largeBytesMax, sizeCalculation: ({ length }) => length + ENTRY_BYTES })
    this.#large.set(row, bytes)
  }
}
