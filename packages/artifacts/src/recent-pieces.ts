import { SharedBytes } from './shared-bytes.ts'

/**
 * A cache of small pieces that share slabs, in two generations. What is used moves to the young one; when that is full, the old
 * one goes as a whole and the young one becomes old. So whole slabs are freed, and a few pieces in steady use cannot keep many
 * slabs of forgotten ones in memory, as they would under plain least-recently-used.
 */
export class RecentPieces {
  readonly #generationBytesMax: number
  #shared = new SharedBytes()
  #young = new Map<number, Uint8Array>()
  #old = new Map<number, Uint8Array>()
  #youngBytes = 0
  #oldBytes = 0

  constructor(bytesMax: number) {
    this.#generationBytesMax = Math.floor(bytesMax / 2)
  }

  /** Bytes the generations took, those of pieces that moved on or were removed included: that is what is in memory. */
  get bytes(): number {
    return this.#youngBytes + this.#oldBytes
  }

  get(row: number): Uint8Array | undefined {
    const bytes = this.#young.get(row)
    if (bytes !== undefined) return bytes
    const old = this.#old.get(row)
    return old === undefined ? undefined : this.add(row, old)
  }

  peek(row: number): Uint8Array | undefined {
    return this.#young.get(row) ?? this.#old.get(row)
  }

  /** Keeps a copy of a piece, and returns it. */
  add(row: number, bytes: Uint8Array): Uint8Array {
    if (this.#youngBytes + bytes.length > this.#generationBytesMax) this.#age()
    const copy = this.#shared.copy(bytes)
    this.#young.set(row, copy)
    this.#youngBytes += bytes.length
    return copy
  }

  delete(row: number): void {
    this.#young.delete(row)
    this.#old.delete(row)
  }

  clear(): void {
    this.#age()
    this.#age()
  }

  #age(): void {
    this.#old = this.#young
    this.#oldBytes = this.#youngBytes
    this.#young = new Map()
    this.#youngBytes = 0
    this.#shared = new SharedBytes()
  }
}
