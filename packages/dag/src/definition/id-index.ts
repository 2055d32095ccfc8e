/**
 * Places of ids, by open addressing in one array of numbers. Does what a `Map` does at a third of the cost of filling it, and half
 * of a large definition's loading is this look-up: two numbers an entry instead of an object's worth, and never grown on the way.
 */
export class IdIndex {
  readonly #ids: readonly string[]
  /** Of each slot: place + 1, or 0 while it is free, and the hash of the id there. */
  readonly #slots: Int32Array
  readonly #mask: number
  #isComplete = true

  /** @param ids where the ids are: a place is found once it was added, and may be filled in until then */
  constructor(ids: readonly string[]) {
    const slots = 1 << (33 - Math.clz32(Math.max(1, ids.length)))
    this.#ids = ids
    this.#slots = new Int32Array(slots * 2)
    this.#mask = slots - 1
  }

  /** An index of ids that are all there, or will be before the first is looked for, and that is made only then. */
  static ofAll(ids: readonly string[]): IdIndex {
    const index = new IdIndex(ids)
    index.#isComplete = false
    return index
  }

  /** @returns the place the id has now: another one when it was there before */
  add(place: number): number {
    const id = this.#ids[place] as string
    const hash = hashOf(id)
    const slot = this.#find(id, hash)
    const known = this.#slots[slot] as number
    if (known !== 0) return known - 1
    this.#slots[slot] = place + 1
    this.#slots[slot + 1] = hash
    return place
  }

  get(id: string): number | undefined {
    if (!this.#isComplete) this.#addAll()
    const known = this.#slots[this.#find(id, hashOf(id))] as number
    return known === 0 ? undefined : known - 1
  }

  get size(): number {
    return this.#ids.length
  }

  keys(): Iterable<string> {
    return this.#ids
  }

  has(id: string): boolean {
    return this.get(id) !== undefined
  }

  #addAll(): void {
    this.#isComplete = true
    for (let place = 0; place < this.#ids.length; place++) this.add(place)
  }

  /** The slot of an id, or the one it would get. */
  #find(id: string, hash: number): number {
    const slots = this.#slots
    const mask = this.#mask
    let slot = hash & mask
    for (let known = slots[slot * 2] as number; known !== 0; known = slots[slot * 2] as number) {
      if (slots[slot * 2 + 1] === hash && this.#ids[known - 1] === id) break
      slot = (slot + 1) & mask
    }
    return slot * 2
  }
}

/** FNV-1a over UTF-16 units, its high bits mixed in, as the low ones choose the slot. */
function hashOf(id: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193)
  return hash ^ (hash >>> 15)
}
