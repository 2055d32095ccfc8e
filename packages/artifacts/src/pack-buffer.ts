import type { FileSystem } from '@symphony/interface'
import { alignEntry, ENTRY_HEADER_BYTES, packEntryEnd, writeEntryHeader } from './pack-entry.ts'

/** A system call costs as much as writing some 32 KiB, so entries of one turn are collected up to several times that. */
export const BUFFER_BYTES: number = 256 * 1024

/** Entries that follow one another in a pack and are not in its file yet. */
export class PackBuffer {
  readonly #bytes = new Uint8Array(BUFFER_BYTES)
  readonly #view = new DataView(this.#bytes.buffer)
  #start = 0
  #used = 0

  /** Whether anything before `end` is here instead of in the file. */
  holdsBefore(end: number): boolean {
    return this.#used > 0 && end > this.#start
  }

  fits(sizeBytes: number): boolean {
    return packEntryEnd(this.#used, sizeBytes) <= BUFFER_BYTES
  }

  /** Takes an entry that fits. @param offset where it goes in the file: behind the one before, if there is one */
  add(offset: number, digest: Uint8Array, content: Uint8Array): void {
    if (this.#used === 0) this.#start = offset
    writeEntryHeader(this.#bytes, this.#view, this.#used, digest, content.length)
    const contentAt = this.#used + ENTRY_HEADER_BYTES
    this.#bytes.set(content, contentAt)
    const end = contentAt + content.length
    this.#used = alignEntry(end)
    this.#bytes.fill(0, end, this.#used)
  }

  /** Writes what is here with one call. After a failure it is still here, and can be written again. */
  writeTo(fileSystem: FileSystem, file: number): void {
    if (this.#used === 0) return
    fileSystem.write(file, this.#bytes.subarray(0, this.#used), this.#start)
    this.#used = 0
  }
}
