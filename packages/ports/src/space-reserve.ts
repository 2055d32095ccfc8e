import { isSymphonyError } from '@symphony/interface'
import type { FileSystem } from '@symphony/interface'

/** Zeroes are written in pieces of this size. */
const STEP_BYTES = 1024 * 1024

/**
 * Space kept back for the day the disk is full: a file of zeroes that is removed when a write finds no room, so that what is under way
 * can still be written down. Whoever starts new work looks first whether the reserve is held.
 *
 * The file is named by its path alone, so a thread with a reserve of its own on the same path gives back the same space. What another
 * process takes first is gone: a reserve makes a full disk survivable, not impossible.
 *
 * @example
 * const reserve = new SpaceReserve(nodeFileSystem, 'state/reserve', 8 * 1024 * 1024)
 * reserve.fill()
 * const store = createArtifactStore({ folder: 'state/artifacts' }, { fileSystem: reserve.files() })
 */
export class SpaceReserve {
  readonly #fs: FileSystem
  readonly #path: string
  readonly #bytes: number

  /**
   * @param path of a file that is nobody else's; it need not exist
   * @param bytes how much `fill` keeps back
   */
  constructor(fs: FileSystem, path: string, bytes: number) {
    this.#fs = fs
    this.#path = path
    this.#bytes = bytes
  }

  /** Whether the whole reserve is there. Asks the file system. */
  isHeld(): boolean {
    return this.#fs.stat(this.#path)?.sizeBytes === this.#bytes
  }

  /** Makes the reserve unless it is held. False when the disk has no room for it; then nothing of it is left behind. */
  fill(): boolean {
    if (this.isHeld()) return true
    try {
      this.#fs.remove(this.#path)
      const file = this.#fs.open(this.#path, 'wx+')
      try {
        for (let at = 0; at < this.#bytes; at += STEP_BYTES) this.#fs.write(file, new Uint8Array(Math.min(STEP_BYTES, this.#bytes - at)), at)
        // Until it is on the device, some file systems have only promised the space.
        this.#fs.syncData(file)
      } finally {
        this.#fs.close(file)
      }
      return true
    } catch {
      this.release()
      return false
    }
  }

  /** Gives the space back. False when there was none to give. */
  release(): boolean {
    return released(this.#fs, this.#path)
  }

  /** See {@link filesWithReserve}. */
  files(): FileSystem {
    return filesWithReserve(this.#fs, this.#path)
  }
}

/**
 * The same file system, but what finds the disk full is tried once more with the reserve at `path` given back. Forcing is not: after a
 * failed fsync nobody knows what is on the device.
 */
export function filesWithReserve(fs: FileSystem, path: string): FileSystem {
  const roomy = <T>(run: () => T): T => {
    try {
      return run()
    } catch (error) {
      if (!isSymphonyError(error, 'STORAGE_FULL') || !released(fs, path)) throw error
      return run()
    }
  }
  return {
    open: (name, mode) => roomy(() => fs.open(name, mode)),
    close: (file) => fs.close(file),
    read: (file, into, position) => fs.read(file, into, position),
    // From the start: a write that failed half-way has left the same bytes in the same place.
    write: (file, bytes, position) => roomy(() => fs.write(file, bytes, position)),
    syncData: (file) => fs.syncData(file),
    syncFolder: (name) => fs.syncFolder(name),
    truncate: (file, sizeBytes) => roomy(() => fs.truncate(file, sizeBytes)),
    rename: (from, to) => roomy(() => fs.rename(from, to)),
    remove: (name) => fs.remove(name),
    makeFolder: (name) => roomy(() => fs.makeFolder(name)),
    list: (name) => fs.list(name),
    stat: (name) => fs.stat(name),
  }
}

function released(fs: FileSystem, path: string): boolean {
  try {
    if (fs.stat(path) === undefined) return false
    fs.remove(path)
    return true
  } catch {
    return false
  }
}
