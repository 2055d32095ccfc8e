import type { CommandLog, FileSystem } from '@symphony/interface'
import { isSymphonyError } from '@symphony/interface'
import type { Place } from './commands.ts'
import { PackBuffer } from './pack-buffer.ts'
import { alignEntry, ENTRY_HEADER_BYTES, packEntryEnd, readEntryHeader, writeEntryHeader } from './pack-entry.ts'

/** Entries up to this size are collected and written together; a copy of more costs more than a call of its own. */
const COLLECTED_BYTES_MAX = 64 * 1024

/**
 * A pack is filled with zeros so far ahead at a time. Forcing bytes into space a file already has costs a fraction of forcing a
 * file that grows, and writing into it is cheaper too.
 */
const FILL_BYTES = 256 * 1024
const zeros = new Uint8Array(FILL_BYTES)

/** The last pack that commands speak of, 0 for none, and where its last entry ends. */
export interface KnownPack {
  readonly number: number
  readonly tail: number
}

interface Current {
  readonly number: number
  readonly file: number
  tail: number
  /** Where the file's zeros end. */
  filled: number
}

/**
 * Small contents, one after the other in pack files. What is written is never overwritten or cut: after a crash, new entries go
 * behind whatever the file ends with, since an entry that no record speaks of costs its space, and a wrong cut costs data.
 */
export class PackFiles {
  readonly #fileSystem: FileSystem
  readonly #folder: string
  readonly #log: CommandLog | undefined
  readonly #packBytesMax: number
  readonly #known: () => KnownPack
  readonly #files = new Map<number, number>()
  /** Files the log may still be asked to force; only the end of the store closes them. */
  readonly #handedOver = new Set<number>()
  readonly #header = new Uint8Array(ENTRY_HEADER_BYTES)
  readonly #headerView = new DataView(this.#header.buffer)
  readonly #buffer = new PackBuffer()
  #current: Current | undefined
  /** Why what was collected when the store was closed could not be written. */
  #lost: unknown
  readonly #writeCollected = (): void => {
    if (this.#lost !== undefined) throw this.#lost
    if (this.#current !== undefined) this.#buffer.writeTo(this.#fileSystem, this.#current.file)
  }

  constructor(fileSystem: FileSystem, folder: string, log: CommandLog | undefined, packBytesMax: number, known: () => KnownPack) {
    this.#fileSystem = fileSystem
    this.#folder = folder
    this.#log = log
    this.#packBytesMax = packBytesMax
    this.#known = known
  }

  path(pack: number): string {
    return `${this.#folder}/${String(pack).padStart(6, '0')}.pack`
  }

  /** Numbers of the packs that are there, lowest first. */
  numbers(): readonly number[] {
    const names = this.#fileSystem.list(this.#folder).filter((name) => /^\d{6,}\.pack$/.test(name))
    return names.map((name) => Number.parseInt(name, 10)).sort((a, b) => a - b)
  }

  /**
   * Puts an entry into the newest pack. With a log it is written, together with others, before the record that speaks of it is
   * handed over; but only into space the file has: a disk that is full refuses the entry now.
   */
  append(digest: Uint8Array, content: Uint8Array): Place {
    const current = this.#roomFor(content.length)
    const offset = current.tail
    const end = packEntryEnd(offset, content.length)
    const hasSpace = end <= current.filled
    if (!hasSpace) this.#fill(current, end)
    if (content.length > COLLECTED_BYTES_MAX) this.#write(current, digest, content)
    else this.#collect(current, digest, content)
    if (this.#log === undefined || !hasSpace) this.#writeCollected()
    if (this.#log !== undefined) {
      this.#handedOver.add(current.file)
      this.#log.syncBefore(current.file, this.#writeCollected)
    }
    return { pack: current.number, offset }
  }

  /** Reads from a pack; returns how many bytes there were, -1 when the pack is missing. */
  read(pack: number, into: Uint8Array, position: number): number {
    let file = this.#files.get(pack)
    if (file === undefined) {
      try {
        file = this.#fileSystem.open(this.path(pack), 'r')
      } catch (error) {
        if (isSymphonyError(error, 'NOT_FOUND')) return -1
        throw error
      }
      this.#files.set(pack, file)
    }
    if (pack === this.#current?.number && this.#buffer.holdsBefore(position + into.length)) this.#writeCollected()
    return this.#fileSystem.read(file, into, position)
  }

  /** Where a pack's last entry ends that commands speak of; everything before is final. */
  knownEnd(pack: number): number {
    const { number, tail } = this.#known()
    return pack < number ? Infinity : pack === number ? tail : 0
  }

  /** Removes a pack nothing lives in any more. The one that is written to stays. */
  remove(pack: number): void {
    if (pack >= (this.#current?.number ?? this.#known().number)) return
    const file = this.#files.get(pack)
    this.#files.delete(pack)
    // What cannot be closed yet is emptied, so that its space is free all the same.
    if (file !== undefined && this.#handedOver.has(file)) this.#fileSystem.truncate(file, 0)
    else if (file !== undefined) this.#fileSystem.close(file)
    this.#fileSystem.remove(this.path(pack))
  }

  /** Closes all files, also when what was still collected cannot be written: a log that speaks of it is told when it asks. */
  close(): void {
    try {
      this.#writeCollected()
    } catch (error) {
      this.#lost = error
      throw error
    } finally {
      this.#closeFiles()
    }
  }

  #closeFiles(): void {
    if (this.#current !== undefined) this.#giveBack(this.#current)
    for (const file of new Set([...this.#files.values(), ...this.#handedOver])) this.#fileSystem.close(file)
    this.#files.clear()
    this.#handedOver.clear()
    this.#current = undefined
  }

  /** A failed write leaves the tail where it was: the next entry goes over what came of it. */
  #write(current: Current, digest: Uint8Array, content: Uint8Array): void {
    this.#writeCollected()
    writeEntryHeader(this.#header, this.#headerView, 0, digest, content.length)
    this.#fileSystem.write(current.file, this.#header, current.tail)
    this.#fileSystem.write(current.file, content, current.tail + ENTRY_HEADER_BYTES)
    current.tail = packEntryEnd(current.tail, content.length)
  }

  /** What cannot be written stays collected and goes with the next write; an entry no record speaks of does no harm there. */
  #collect(current: Current, digest: Uint8Array, content: Uint8Array): void {
    if (!this.#buffer.fits(content.length)) this.#writeCollected()
    this.#buffer.add(current.tail, digest, content)
    current.tail = packEntryEnd(current.tail, content.length)
  }

  #roomFor(sizeBytes: number): Current {
    this.#current ??= this.#reopen()
    if (this.#current === undefined) this.#current = this.#create(1)
    const { number, tail } = this.#current
    if (tail > 0 && packEntryEnd(tail, sizeBytes) > this.#packBytesMax) {
      this.#writeCollected()
      const next = this.#create(number + 1)
      this.#giveBack(this.#current)
      this.#current = next
    }
    return this.#current
  }

  /** The newest pack of an earlier process, to be continued. */
  #reopen(): Current | undefined {
    const number = this.numbers().at(-1)
    const known = this.#known()
    // A pack that commands speak of but that is gone keeps its number: its artifacts are corrupt, not replaced by others.
    if (number === undefined || number < known.number) return known.number === 0 ? undefined : this.#create(known.number + 1)
    const path = this.path(number)
    // Whoever made it may have died before its name was durable; commands only speak of packs whose name is.
    if (number !== known.number) this.#fileSystem.syncFolder(this.#folder)
    const sizeBytes = this.#fileSystem.stat(path)?.sizeBytes ?? 0
    const file = this.#fileSystem.open(path, 'r+')
    const readOnly = this.#files.get(number)
    if (readOnly !== undefined) this.#fileSystem.close(readOnly)
    this.#files.set(number, file)
    const tail = number === known.number ? this.#endAfter(file, known.tail, sizeBytes) : alignEntry(sizeBytes)
    return { number, file, tail, filled: tail }
  }

  /** Behind what commands speak of there are entries no command speaks of, and zeros; anything else is left alone as a whole. */
  #endAfter(file: number, knownTail: number, sizeBytes: number): number {
    const header = new Uint8Array(ENTRY_HEADER_BYTES)
    let end = knownTail
    while (end < sizeBytes) {
      const count = this.#fileSystem.read(file, header, end)
      if (header.subarray(0, count).every((byte) => byte === 0)) return end
      const found = readEntryHeader(header.subarray(0, count))
      if (found === undefined) return alignEntry(sizeBytes)
      end = packEntryEnd(end, found.sizeBytes)
    }
    return end
  }

  /** Never more than the space ahead: without it entries are appended, and a disk that is full says so then. */
  #fill(current: Current, end: number): void {
    current.filled = end
    const fillTo = Math.min(end + FILL_BYTES, Math.max(end, this.#packBytesMax))
    try {
      this.#fileSystem.write(current.file, zeros.subarray(0, fillTo - end), end)
      current.filled = fillTo
    } catch (error) {
      if (!isSymphonyError(error, 'STORAGE_FULL')) throw error
    }
  }

  /** Cuts the zeros off that were not needed. */
  #giveBack({ number, file, tail, filled }: Current): void {
    if (filled <= tail) return
    try {
      // Only if the file is as we left it: what somebody else put there is not ours to cut.
      if (this.#fileSystem.stat(this.path(number))?.sizeBytes === filled) this.#fileSystem.truncate(file, tail)
    } catch {
      // Zeros at the end cost space and nothing else.
    }
  }

  #create(number: number): Current {
    const file = this.#fileSystem.open(this.path(number), 'wx+')
    try {
      this.#fileSystem.syncFolder(this.#folder)
    } catch (error) {
      this.#fileSystem.close(file)
      this.#fileSystem.remove(this.path(number))
      throw error
    }
    this.#files.set(number, file)
    return { number, file, tail: 0, filled: 0 }
  }
}
