import { createHash, hash } from 'node:crypto'
import { dirname } from 'node:path'
import type { ArtifactRef, CommandLog, FileSystem, Logger, Lsn } from '@symphony/interface'
import { isSymphonyError } from '@symphony/interface'
import type { Place } from './commands.ts'
import { ContentCache } from './content-cache.ts'
import type { Contents, ContentWriter, Stored } from './contents.ts'
import { corrupt, invalid } from './failures.ts'
import { formatHash } from './hash-words.ts'
import type { Settings } from './init.ts'
import { LargeFiles } from './large-files.ts'
import { PLACE } from './layout.ts'
import { ENTRY_HEADER_BYTES, readEntryHeader } from './pack-entry.ts'
import { PackFiles } from './pack-files.ts'
import type { KnownPack } from './pack-files.ts'
import { ReadAhead } from './read-ahead.ts'

const CHUNK_BYTES = 256 * 1024
/** What comes in several chunks begins with a small one, each twice the one before: who wants the beginning does not wait for more. */
const FIRST_CHUNK_BYTES = 8 * 1024
const OWN_FILE: Place = Object.freeze({ pack: PLACE.OWN_FILE, offset: 0 })

interface FolderPorts {
  readonly fileSystem: FileSystem
  readonly log: CommandLog | undefined
  readonly logger: Logger
}

/**
 * Bytes on the disk: small contents in packs, large ones in files of their own, both verified when they are read, with the ones
 * used lately at hand in shared memory.
 */
export class FolderContents implements Contents {
  readonly carriesContent = false
  readonly packs: PackFiles
  readonly large: LargeFiles
  cacheHits = 0
  cacheMisses = 0
  readonly #fileSystem: FileSystem
  readonly #log: CommandLog | undefined
  readonly #logger: Logger
  readonly #largeBytes: number
  readonly #isReadOnly: boolean
  readonly #cache: ContentCache
  readonly #ahead: ReadAhead
  readonly #liveInPack: (pack: number) => boolean
  readonly #isLive: (ref: ArtifactRef) => boolean
  #isClosed = false

  /**
   * Makes the folders and removes what interrupted puts left.
   * @param state what the commands say of packs and addresses
   */
  constructor(
    settings: Settings & { readonly folder: string },
    { fileSystem, log, logger }: FolderPorts,
    state: { knownPack(): KnownPack; livesInPack(pack: number): boolean; isLive(ref: ArtifactRef): boolean },
  ) {
    const { folder, largeBytes, packBytesMax, cacheBytesMax, readOnly } = settings
    if (!readOnly) prepareFolders(fileSystem, folder)
    this.#isReadOnly = readOnly
    this.#fileSystem = fileSystem
    this.#log = log
    this.#logger = logger
    this.#largeBytes = largeBytes
    this.#liveInPack = (pack) => state.livesInPack(pack)
    this.#isLive = (ref) => state.isLive(ref)
    this.packs = new PackFiles(fileSystem, `${folder}/packs`, log, packBytesMax, () => state.knownPack())
    this.large = new LargeFiles(fileSystem, `${folder}/large`, `${folder}/tmp`, log !== undefined)
    this.#cache = new ContentCache(cacheBytesMax)
    this.#ahead = new ReadAhead(this.packs)
  }

  get cachedBytes(): number {
    return this.#cache.bytes
  }

  store(ref: ArtifactRef, digest: Uint8Array, bytes: Uint8Array): Place {
    if (this.#isReadOnly) throw readOnlyError()
    if (bytes.length <= this.#largeBytes) return this.packs.append(digest, bytes)
    const writer = this.writer()
    try {
      writer.write(bytes)
      return writer.finish(ref).place
    } catch (error) {
      writer.abort()
      throw error
    }
  }

  writer(): ContentWriter {
    if (this.#isReadOnly) throw readOnlyError()
    const target = this.large.create()
    let position = 0
    return {
      write: (chunk) => {
        this.#fileSystem.write(target.file, chunk, position)
        position += chunk.length
      },
      finish: (ref) => {
        this.large.adopt(target, ref)
        return { place: OWN_FILE, bytes: undefined }
      },
      abort: () => this.large.abandon(target),
    }
  }

  keep(row: number, bytes: Uint8Array): void {
    // What is read next is mostly what was just made. Large contents would cost a second copy of themselves to be at hand.
    if (bytes.length <= this.#largeBytes) this.#cache.add(row, bytes)
  }

  drop({ row, ref, place }: Stored, lsn: Lsn): void {
    this.#cache.delete(row)
    if (place.pack === PLACE.OWN_FILE) this.#whenDurable(lsn, () => this.#isLive(ref) || this.large.remove(ref))
    else if (!this.#liveInPack(place.pack)) this.#whenDurable(lsn, () => this.#liveInPack(place.pack) || this.packs.remove(place.pack))
  }

  tryRead(row: number): Uint8Array | undefined {
    const bytes = this.#cache.get(row)
    if (bytes !== undefined) this.cacheHits++
    return bytes
  }

  read(stored: Stored): Uint8Array {
    this.cacheMisses++
    return this.#cache.fill(stored.row, stored.sizeBytes, (bytes) => {
      const { pack, offset } = stored.place
      if (pack !== PLACE.OWN_FILE && this.#ahead.tryRead(pack, offset + ENTRY_HEADER_BYTES, bytes) && isContent(stored, bytes)) return
      this.#fill(stored, bytes)
      if (!isContent(stored, bytes)) throw this.#corrupt(stored, 'no longer matches its address')
    })
  }

  prefix(stored: Stored, bytesMax: number): Uint8Array {
    const cached = this.#cache.peek(stored.row)
    if (cached !== undefined) return cached.subarray(0, bytesMax)
    const bytes = new Uint8Array(Math.min(bytesMax, stored.sizeBytes))
    this.#fill(stored, bytes)
    return bytes
  }

  *chunks(stored: Stored): Generator<Uint8Array, void, undefined> {
    const cached = this.tryRead(stored.row)
    if (cached !== undefined) for (let at = 0; at < cached.length; at += CHUNK_BYTES) yield cached.subarray(at, at + CHUNK_BYTES)
    else yield* this.#checkedChunks(stored)
  }

  *scrub(stored: Stored): Generator<void, void, undefined> {
    const { place, ref, sizeBytes } = stored
    if (place.pack !== PLACE.OWN_FILE) {
      const header = new Uint8Array(ENTRY_HEADER_BYTES)
      const found = this.packs.read(place.pack, header, place.offset) === header.length ? readEntryHeader(header) : undefined
      const isRight = found !== undefined && found.sizeBytes === sizeBytes && formatHash(found.digest) === ref
      if (!isRight) throw this.#corrupt(stored, 'has a damaged header')
    }
    for (const _ of this.#checkedChunks(stored)) yield
  }

  /** Rows mean something else from now on. */
  forgetAll(): void {
    this.#cache.clear()
  }

  close(): void {
    this.#isClosed = true
    this.forgetAll()
    this.packs.close()
  }

  *#checkedChunks(stored: Stored): Generator<Uint8Array, void, undefined> {
    const { ref, sizeBytes, place } = stored
    const digest = createHash('sha256')
    const file = place.pack === PLACE.OWN_FILE ? this.#openLarge(stored) : undefined
    try {
      let chunkBytes = sizeBytes > CHUNK_BYTES ? FIRST_CHUNK_BYTES : CHUNK_BYTES
      for (let at = 0; at < sizeBytes; at += chunkBytes, chunkBytes = Math.min(CHUNK_BYTES, chunkBytes * 2)) {
        const chunk = new Uint8Array(Math.min(chunkBytes, sizeBytes - at))
        this.#readFully(stored, chunk, at, file)
        digest.update(chunk)
        // The last chunk is held back until all of them are known to be right: nobody gets a whole wrong content.
        if (at + chunkBytes >= sizeBytes && digest.digest('hex') !== (ref as string)) throw this.#corrupt(stored, 'no longer matches its address')
        yield chunk
      }
    } finally {
      if (file !== undefined) this.#fileSystem.close(file)
    }
  }

  /** Fills `into` from the start of the content. */
  #fill(stored: Stored, into: Uint8Array): void {
    if (stored.place.pack !== PLACE.OWN_FILE) return this.#readFully(stored, into, 0, undefined)
    const file = this.#openLarge(stored)
    try {
      this.#readFully(stored, into, 0, file)
    } finally {
      this.#fileSystem.close(file)
    }
  }

  #readFully(stored: Stored, into: Uint8Array, at: number, file: number | undefined): void {
    const { pack, offset } = stored.place
    const count = file === undefined ? this.packs.read(pack, into, offset + ENTRY_HEADER_BYTES + at) : this.#fileSystem.read(file, into, at)
    if (count < 0) throw this.#corrupt(stored, 'is missing with its file')
    if (count < into.length) throw this.#corrupt(stored, 'ends early')
  }

  #openLarge(stored: Stored): number {
    try {
      return this.large.open(stored.ref)
    } catch (error) {
      throw isSymphonyError(error, 'NOT_FOUND') ? this.#corrupt(stored, 'is missing with its file', error) : error
    }
  }

  #corrupt({ ref, place }: Stored, found: string, cause?: unknown): Error {
    const file = place.pack === PLACE.OWN_FILE ? this.large.path(ref) : this.packs.path(place.pack)
    return corrupt(ref, file, place.offset, found, cause)
  }

  /** Files go after the record that says so is durable, never before: until then a crash brings the artifact back. */
  #whenDurable(lsn: Lsn, remove: () => unknown): void {
    if (this.#isReadOnly) return
    const run = (): void => {
      if (this.#isClosed) return
      try {
        remove()
      } catch (error) {
        this.#logger.warn('a file nobody needs could not be removed; it only takes space', { error: String(error) })
      }
    }
    if (this.#log === undefined) run()
    // A log that fails tells everybody; the files stay, as they should.
    else this.#log.durable(lsn).then(run, () => {})
  }
}

function isContent({ ref }: Stored, bytes: Uint8Array): boolean {
  return hash('sha256', bytes, 'hex') === (ref as string)
}

function readOnlyError(): Error {
  return invalid('The store was opened for reading only. Open it without readOnly to put something.', 'NOT_SUPPORTED')
}

function prepareFolders(fileSystem: FileSystem, folder: string): void {
  const names = ['packs', 'large', 'tmp']
  // The first content is put there once all of them are durable. Before that, a process may have died having only made them.
  const isProven = fileSystem.stat(`${folder}/packs`) !== undefined && fileSystem.list(`${folder}/packs`).length > 0
  const missing = names.filter((name) => fileSystem.stat(`${folder}/${name}`) === undefined)
  for (const name of missing) fileSystem.makeFolder(`${folder}/${name}`)
  if (missing.length > 0 || !isProven) {
    fileSystem.syncFolder(folder)
    fileSystem.syncFolder(dirname(folder))
  }
  for (const name of fileSystem.list(`${folder}/tmp`)) fileSystem.remove(`${folder}/tmp/${name}`)
}
