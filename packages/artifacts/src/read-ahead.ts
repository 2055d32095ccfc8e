import { ENTRY_ALIGN, ENTRY_HEADER_BYTES } from './pack-entry.ts'
import type { PackFiles } from './pack-files.ts'

/** What one call reads when contents are read one after the other. A call costs as much as reading some 32 KiB. */
const WINDOW_BYTES = 64 * 1024
/** Between two contents lie padding and the header of the second. */
const GAP_BYTES_MAX = ENTRY_HEADER_BYTES + ENTRY_ALIGN

/**
 * What was put one after the other is mostly read so again, by a run that goes on in a new process for example. From the second such
 * read on, a window of the pack is read instead of a content. Only what commands speak of: nothing of that is ever written again.
 */
export class ReadAhead {
  readonly #packs: PackFiles
  #window: Uint8Array | undefined
  /** The window holds these bytes of this pack. */
  #pack = 0
  #start = 0
  #end = 0
  #lastPack = 0
  #lastEnd = 0

  constructor(packs: PackFiles) {
    this.#packs = packs
  }

  /** Fills `into` from the window, if what is asked for is there or the next to be read. */
  tryRead(pack: number, position: number, into: Uint8Array): boolean {
    const end = position + into.length
    const gap = pack === this.#lastPack ? position - this.#lastEnd : -1
    this.#lastPack = pack
    this.#lastEnd = end
    if (!this.#holds(pack, position, end)) {
      if (gap < 0 || gap > GAP_BYTES_MAX || into.length > WINDOW_BYTES / 4) return false
      this.#move(pack, position)
      if (!this.#holds(pack, position, end)) return false
    }
    into.set((this.#window as Uint8Array).subarray(position - this.#start, end - this.#start))
    return true
  }

  #holds(pack: number, position: number, end: number): boolean {
    return pack === this.#pack && position >= this.#start && end <= this.#end
  }

  #move(pack: number, position: number): void {
    const window = (this.#window ??= new Uint8Array(WINDOW_BYTES))
    const bytes = Math.min(WINDOW_BYTES, this.#packs.knownEnd(pack) - position)
    this.#pack = pack
    this.#start = position
    this.#end = position
    if (bytes > 0) this.#end += Math.max(0, this.#packs.read(pack, window.subarray(0, bytes), position))
  }
}
