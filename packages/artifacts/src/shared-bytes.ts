/**
 * Small contents share a slab of this size: a buffer of their own would cost more than they do. Large enough to be mapped by itself:
 * smaller ones would lie between the short-lived arrays of others, and leave the heap in pieces.
 */
const SLAB_BYTES = 256 * 1024
/** What is larger than this gets its own buffer, so that a slab is never pinned by one big piece. */
export const PIECE_BYTES_MAX: number = 8 * 1024
const ALIGN = 8

/**
 * Memory for contents, all of it shared: a `Uint8Array` handed to a worker thread arrives there as the same bytes, without a
 * copy. A slab lives as long as any piece of it; pieces that are made together are mostly dropped together.
 */
export class SharedBytes {
  #slab = new SharedArrayBuffer(0)
  #used = 0

  allocate(sizeBytes: number): Uint8Array {
    if (sizeBytes > PIECE_BYTES_MAX) return new Uint8Array(new SharedArrayBuffer(sizeBytes))
    if (this.#used + sizeBytes > this.#slab.byteLength) {
      this.#slab = new SharedArrayBuffer(SLAB_BYTES)
      this.#used = 0
    }
    const piece = new Uint8Array(this.#slab, this.#used, sizeBytes)
    this.#used += Math.ceil(sizeBytes / ALIGN) * ALIGN
    return piece
  }

  copy(bytes: Uint8Array): Uint8Array {
    const piece = this.allocate(bytes.length)
    piece.set(bytes)
    return piece
  }
}
