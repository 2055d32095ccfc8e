import { hash } from 'node:crypto'
import { PLACE } from './layout.ts'
import type { Place } from './commands.ts'
import type { Contents, ContentWriter, Stored } from './contents.ts'
import { corrupt, unknownArtifact } from './failures.ts'
import { SharedBytes } from './shared-bytes.ts'

const IN_MEMORY: Place = Object.freeze({ pack: PLACE.MEMORY, offset: 0 })

/** Bytes kept in memory, the only copy. They are ours alone to write, so they are hashed once, when they are put. */
export class MemoryContents implements Contents {
  readonly carriesContent = true
  cacheHits = 0
  readonly cacheMisses = 0
  cachedBytes = 0
  readonly #bytes: (Uint8Array | undefined)[] = []
  readonly #shared = new SharedBytes()

  store(): Place {
    return IN_MEMORY
  }

  writer(): ContentWriter {
    const chunks: Uint8Array[] = []
    return {
      write: (chunk) => void chunks.push(chunk.slice()),
      finish: () => {
        const bytes = this.#shared.allocate(chunks.reduce((total, chunk) => total + chunk.length, 0))
        let at = 0
        for (const chunk of chunks) {
          bytes.set(chunk, at)
          at += chunk.length
        }
        return { place: IN_MEMORY, bytes }
      },
      abort: () => void (chunks.length = 0),
    }
  }

  keep(row: number, bytes: Uint8Array, isOwn: boolean): void {
    if (this.#bytes[row] !== undefined) return
    this.#bytes[row] = isOwn ? bytes : this.#shared.copy(bytes)
    this.cachedBytes += bytes.length
  }

  drop({ row }: Stored): void {
    this.cachedBytes -= this.#bytes[row]?.length ?? 0
    this.#bytes[row] = undefined
  }

  tryRead(row: number): Uint8Array | undefined {
    const bytes = this.#bytes[row]
    if (bytes !== undefined) this.cacheHits++
    return bytes
  }

  read({ row, ref }: Stored): Uint8Array {
    const bytes = this.#bytes[row]
    // A command without its bytes can only come from a store that had a folder.
    if (bytes === undefined) throw unknownArtifact(ref)
    return bytes
  }

  prefix(stored: Stored, bytesMax: number): Uint8Array {
    return this.read(stored).subarray(0, bytesMax)
  }

  *chunks(stored: Stored): Generator<Uint8Array, void, undefined> {
    const bytes = this.read(stored)
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES)
  }

  *scrub(stored: Stored): Generator<void, void, undefined> {
    const { ref } = stored
    // Nothing in this process writes to them, but readers were only asked not to.
    if (hash('sha256', this.read(stored), 'hex') !== (ref as string)) throw corrupt(ref, 'memory', 0, 'no longer matches its address')
    yield
  }

  /** Rows mean something else from now on. */
  forgetAll(): void {
    this.#bytes.length = 0
    this.cachedBytes = 0
  }

  close(): void {
    this.forgetAll()
  }

  /** The bytes of every row that has some, for snapshots. */
  bytesOf(row: number): Uint8Array | undefined {
    return this.#bytes[row]
  }
}

const CHUNK_BYTES = 256 * 1024

