import { firstWord } from './hash-words.ts'
import { HASH_WORDS } from './layout.ts'

/**
 * Finds rows by their hash: open addressing with linear probing over shared words, at most half full. A digest is evenly spread
 * already, so its first word is the hash function. Removing shifts entries back instead of leaving tombstones, so lookups never
 * get slower with age.
 *
 * Any thread may look up while one writes; during a removal it may miss an entry that is being moved.
 */
export class ArtifactIndex {
  readonly #slots: Int32Array
  readonly #hashes: Int32Array
  readonly #mask: number
  #isUsed = false

  /** @param slots a power of two of them; @param hashes eight words a row */
  constructor(slots: Int32Array, hashes: Int32Array) {
    this.#slots = slots
    this.#hashes = hashes
    this.#mask = slots.length - 1
  }

  /** The row of a hash, or -1. */
  find(words: Int32Array): number {
    const slots = this.#slots
    const hashes = this.#hashes
    const mask = this.#mask
    const first = words[0] as number
    for (let slot = first & mask; ; slot = (slot + 1) & mask) {
      const entry = slots[slot] as number
      if (entry === 0) return -1
      const at = (entry - 1) * HASH_WORDS
      if (hashes[at] === first && isSameTail(hashes, at, words)) return entry - 1
    }
  }

  /** The row of an address, or -1: its first word finds candidates, and comparing texts is cheaper than reading all words of one. */
  findText(ref: string, records: readonly ({ readonly ref: string } | undefined)[]): number {
    const slots = this.#slots
    const hashes = this.#hashes
    const mask = this.#mask
    const first = firstWord(ref)
    for (let slot = first & mask; ; slot = (slot + 1) & mask) {
      const entry = slots[slot] as number
      if (entry === 0) return -1
      if (hashes[(entry - 1) * HASH_WORDS] === first && records[entry - 1]?.ref === ref) return entry - 1
    }
  }

  /** Adds a row whose hash is written and not present. The slot goes last: whoever sees it sees a complete row. */
  add(row: number): void {
    this.#isUsed = true
    let slot = this.#home(row)
    while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask
    Atomics.store(this.#slots, slot, row + 1)
  }

  /** Removes a row that is present. */
  remove(row: number): void {
    const slots = this.#slots
    const mask = this.#mask
    let hole = this.#home(row)
    while (slots[hole] !== row + 1) hole = (hole + 1) & mask
    for (let slot = (hole + 1) & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const entry = slots[slot] as number
      // An entry may fill the hole unless its home lies between the hole and where it is now.
      if (((slot - this.#home(entry - 1)) & mask) < ((slot - hole) & mask)) continue
      slots[hole] = entry
      hole = slot
    }
    Atomics.store(slots, hole, 0)
  }

  /** An index nobody added to is left alone: touching its pages would make them cost memory. */
  clear(): void {
    if (this.#isUsed) this.#slots.fill(0)
    this.#isUsed = false
  }

  #home(row: number): number {
    return (this.#hashes[row * HASH_WORDS] as number) & this.#mask
  }
}

function isSameTail(hashes: Int32Array, at: number, words: Int32Array): boolean {
  return (
    hashes[at + 1] === words[1] && hashes[at + 2] === words[2] && hashes[at + 3] === words[3] && hashes[at + 4] === words[4] &&
    hashes[at + 5] === words[5] && hashes[at + 6] === words[6] && hashes[at + 7] === words[7]
  )
}
