import type { ArtifactRef, FileSystem } from '@symphony/interface'

const CHUNK_BYTES = 256 * 1024

/** A file that is being filled and has no address yet. */
export interface TemporaryFile {
  readonly file: number
  readonly path: string
}

/**
 * Large contents, each in a file of its own, named by its address: `large/ab/ab12...`. They come into being by rename only, after
 * their bytes are on the device. That blocks the caller for as long as the device takes: the log could force them on its own time,
 * but there is no telling when it no longer needs the open file.
 */
export class LargeFiles {
  readonly #fileSystem: FileSystem
  readonly #folder: string
  readonly #temporary: string
  readonly #isForced: boolean
  readonly #folders = new Set<string>()
  #temporaries = 0

  /** @param isForced whether files have to survive the process, and so have to be on the device before a record speaks of them */
  constructor(fileSystem: FileSystem, folder: string, temporary: string, isForced: boolean) {
    this.#fileSystem = fileSystem
    this.#folder = folder
    this.#temporary = temporary
    this.#isForced = isForced
  }

  path(ref: ArtifactRef): string {
    return `${this.#folder}/${ref.slice(0, 2)}/${ref}`
  }

  /** Opens a file to be filled and then given its name by {@link adopt}, or abandoned. */
  create(): TemporaryFile {
    const path = `${this.#temporary}/${++this.#temporaries}`
    return { file: this.#fileSystem.open(path, 'wx+'), path }
  }

  abandon({ file, path }: TemporaryFile): void {
    this.#fileSystem.close(file)
    this.#fileSystem.remove(path)
  }

  /** Gives a filled file its name, and closes it. If it throws, the file is still to be abandoned. */
  adopt({ file, path }: TemporaryFile, ref: ArtifactRef): void {
    const folder = this.#folderOf(ref)
    if (this.#isForced) this.#fileSystem.syncData(file)
    this.#fileSystem.rename(path, this.path(ref))
    if (this.#isForced) this.#fileSystem.syncFolder(folder)
    this.#fileSystem.close(file)
  }

  /** Opens a stored content for reading; the caller closes it. @throws SymphonyError `NOT_FOUND` */
  open(ref: ArtifactRef): number {
    return this.#fileSystem.open(this.path(ref), 'r')
  }

  /** A file's bytes as they are, unchecked. */
  *chunks(ref: ArtifactRef): Generator<Uint8Array, void, undefined> {
    const file = this.open(ref)
    try {
      for (let at = 0; ; at += CHUNK_BYTES) {
        const chunk = new Uint8Array(CHUNK_BYTES)
        const count = this.#fileSystem.read(file, chunk, at)
        if (count > 0) yield chunk.subarray(0, count)
        if (count < CHUNK_BYTES) return
      }
    } finally {
      this.#fileSystem.close(file)
    }
  }

  remove(ref: ArtifactRef): void {
    this.#fileSystem.remove(this.path(ref))
  }

  /** Addresses of all files that are there, known or not. */
  *refs(): Generator<ArtifactRef, void, undefined> {
    for (const folder of this.#fileSystem.list(this.#folder)) {
      if (!/^[0-9a-f]{2}$/.test(folder)) continue
      for (const name of this.#fileSystem.list(`${this.#folder}/${folder}`)) if (/^[0-9a-f]{64}$/.test(name)) yield name as ArtifactRef
    }
  }

  /** The folder of an address, made and forced when it is first needed: it may be from a process that ended before it could. */
  #folderOf(ref: ArtifactRef): string {
    const name = ref.slice(0, 2)
    const path = `${this.#folder}/${name}`
    if (this.#folders.has(name)) return path
    this.#fileSystem.makeFolder(path)
    if (this.#isForced) this.#fileSystem.syncFolder(this.#folder)
    this.#folders.add(name)
    return path
  }
}
