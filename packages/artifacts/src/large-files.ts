import type { ArtifactRef, CommandLog, FileSystem, Lsn } from '@symphony/interface'

/** Files that were written stay open until their record is durable and so many more were written. */
const OPEN_FILES = 64
const CHUNK_BYTES = 256 * 1024

interface Written {
  readonly file: number
  /** The least number their record can have. */
  readonly lsn: number
}

/** Large contents, each in a file of its own, named by its address: `large/ab/ab12...`. They come into being by rename only. */
export class LargeFiles {
  readonly #fileSystem: FileSystem
  readonly #folder: string
  readonly #temporary: string
  readonly #log: CommandLog | undefined
  readonly #folders = new Map<string, number | undefined>()
  readonly #written: Written[] = []
  #temporaries = 0

  constructor(fileSystem: FileSystem, folder: string, temporary: string, log: CommandLog | undefined) {
    this.#fileSystem = fileSystem
    this.#folder = folder
    this.#temporary = temporary
    this.#log = log
  }

  path(ref: ArtifactRef): string {
    return `${this.#folder}/${ref.slice(0, 2)}/${ref}`
  }

  /** Opens a file to be filled and then given its name by {@link adopt}, or abandoned. */
  create(): { readonly file: number; readonly path: string } {
    const path = `${this.#temporary}/${++this.#temporaries}`
    return { file: this.#fileSystem.open(path, 'wx+'), path }
  }

  abandon({ file, path }: { readonly file: number; readonly path: string }): void {
    this.#fileSystem.close(file)
    this.#fileSystem.remove(path)
  }

  /**
   * Gives a filled file its name. The log forces its content and its folder before the record that will speak of it, on its own
   * time; without a log nothing is forced.
   */
  adopt({ file, path }: { readonly file: number; readonly path: string }, ref: ArtifactRef): void {
    const folder = this.#folderOf(ref)
    this.#fileSystem.rename(path, this.path(ref))
    if (this.#log === undefined) return this.#fileSystem.close(file)
    this.#log.syncBefore(file)
    if (folder === undefined) this.#fileSystem.syncFolder(`${this.#folder}/${ref.slice(0, 2)}`)
    else this.#log.syncBefore(folder)
    this.#written.push({ file, lsn: this.#log.lastLsn + 1 })
    this.#closeWritten(this.#log.durableLsn)
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

  close(): void {
    for (const { file } of this.#written.splice(0)) this.#fileSystem.close(file)
    for (const folder of this.#folders.values()) if (folder !== undefined) this.#fileSystem.close(folder)
    this.#folders.clear()
  }

  #closeWritten(durableLsn: Lsn): void {
    while (this.#written.length > OPEN_FILES && (this.#written[0] as Written).lsn <= durableLsn) this.#fileSystem.close((this.#written.shift() as Written).file)
  }

  /** The open folder of an address, made when it is missing; undefined where folders cannot be opened like files. */
  #folderOf(ref: ArtifactRef): number | undefined {
    const name = ref.slice(0, 2)
    if (this.#folders.has(name)) return this.#folders.get(name)
    const path = `${this.#folder}/${name}`
    this.#fileSystem.makeFolder(path)
    // Also when it was there: it may have been made by a process that ended before it could force it.
    if (this.#log !== undefined) this.#fileSystem.syncFolder(this.#folder)
    const folder = this.#log === undefined ? undefined : this.#tryOpen(path)
    this.#folders.set(name, folder)
    return folder
  }

  #tryOpen(path: string): number | undefined {
    try {
      return this.#fileSystem.open(path, 'r')
    } catch {
      return undefined
    }
  }
}
