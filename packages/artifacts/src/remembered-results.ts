import type { ArtifactRef } from '@symphony/interface'
import type { ByteReader, ByteWriter } from '@symphony/shared-memory'
import { formatHash } from './hash-words.ts'
import { HASH_BYTES } from './layout.ts'

/**
 * Results by what they were computed from. Most have one output, which is kept without an array around it: the strings are the
 * store's own, so an entry costs its key and a map slot.
 */
export class RememberedResults {
  readonly #results = new Map<string, ArtifactRef | readonly ArtifactRef[]>()

  get size(): number {
    return this.#results.size
  }

  get(key: string): readonly ArtifactRef[] | undefined {
    const refs = this.#results.get(key)
    return typeof refs === 'string' ? [refs] : refs
  }

  set(key: string, refs: readonly ArtifactRef[]): void {
    this.#results.set(key, refs.length === 1 ? (refs[0] as ArtifactRef) : Object.freeze([...refs]))
  }

  has(key: string): boolean {
    return this.#results.has(key)
  }

  delete(key: string): boolean {
    return this.#results.delete(key)
  }

  clear(): void {
    this.#results.clear()
  }

  write(writer: ByteWriter): void {
    writer.u32(this.#results.size)
    for (const [key, stored] of this.#results) {
      const refs = typeof stored === 'string' ? [stored] : stored
      writer.string(key).u32(refs.length)
      for (const ref of refs) writer.hex(ref)
    }
  }

  /** @param canonical the store's own string for an address, where it has one */
  read(reader: ByteReader, canonical: (ref: ArtifactRef) => ArtifactRef): void {
    this.clear()
    for (let results = reader.u32(); results > 0; results--) {
      const key = reader.string()
      const refs: ArtifactRef[] = []
      for (let count = reader.u32(); count > 0; count--) refs.push(canonical(formatHash(reader.raw(HASH_BYTES))))
      this.set(key, refs)
    }
  }
}
