import { dirname } from 'node:path/posix'
import type { Random } from '@symphony/interface'
import type { SimulatedFile } from './simulated-file.ts'

/** What a name stands for. */
export type Entry = SimulatedFile | 'folder'

interface Change {
  /** The folder that has to be forced for it. */
  readonly folder: string
  /** Names that come to stand for something else, or for nothing. */
  readonly names: readonly (readonly [path: string, entry: Entry | undefined])[]
}

const ROOT = '/'

/** Names as programs see them, and as the device has them: a change is on the device when its folder was forced. */
export class SimulatedFolders {
  readonly #names: Map<string, Entry>
  readonly #onDevice: Map<string, Entry>
  readonly #pending: Change[]

  constructor(names: Map<string, Entry> = new Map([[ROOT, 'folder']]), onDevice: Map<string, Entry> = new Map(names), pending: Change[] = []) {
    this.#names = names
    this.#onDevice = onDevice
    this.#pending = pending
  }

  get(path: string): Entry | undefined {
    return this.#names.get(path)
  }

  /** Paths of all files. */
  *files(): Generator<readonly [string, SimulatedFile]> {
    for (const [path, entry] of this.#names) if (entry !== 'folder') yield [path, entry]
  }

  set(path: string, entry: Entry | undefined): void {
    this.#change({ folder: dirname(path), names: [[path, entry]] })
  }

  rename(from: string, to: string): void {
    // One step of the folder it goes to: no file system leaves a name at neither place.
    this.#change({ folder: dirname(to), names: [[from, undefined], [to, this.#names.get(from)]] })
  }

  list(path: string): string[] {
    const prefix = path === ROOT ? ROOT : `${path}/`
    const names: string[] = []
    for (const name of this.#names.keys()) {
      if (name.length > prefix.length && name.startsWith(prefix) && name.indexOf('/', prefix.length) < 0) names.push(name.slice(prefix.length))
    }
    return names.sort()
  }

  force(folder: string): void {
    let kept = 0
    for (const change of this.#pending) {
      if (change.folder !== folder) this.#pending[kept++] = change
      else {
        apply(change, this.#onDevice)
        kept = this.#forgetMoved(change, kept)
      }
    }
    this.#pending.length = kept
  }

  /** A name that has gone to another folder for good does not come back because it was once made. */
  #forgetMoved({ names }: Change, kept: number): number {
    const gone = new Set(names.flatMap(([path, entry]) => (entry === undefined ? [path] : [])))
    let left = 0
    for (const change of this.#pending.slice(0, kept)) if (!change.names.every(([path]) => gone.has(path))) this.#pending[left++] = change
    return left
  }

  /** All names, those of the device included, with every file replaced; two names of one file go on standing for one file. */
  fork(replace: (file: SimulatedFile) => SimulatedFile): SimulatedFolders {
    const replaced = once(replace)
    const pending = this.#pending.map(({ folder, names }) => ({ folder, names: names.map(([path, entry]) => [path, entry && replaced(entry)] as const) }))
    return new SimulatedFolders(all(this.#names, replaced), all(this.#onDevice, replaced), pending)
  }

  /**
   * What a power cut leaves: the names on the device, and with a chance of `kept` the first few changes of each folder that were
   * not forced. What lies in a folder that is gone is gone. `lost` is called for each folder that lost a change.
   */
  cut(replace: (file: SimulatedFile, path: string) => SimulatedFile, kept: number, random: Random, lost: () => void): SimulatedFolders {
    const names = new Map(this.#onDevice)
    const folders = new Set(this.#pending.map(({ folder }) => folder))
    const survivors = new Set<Change>()
    for (const folder of folders) {
      const changes = this.#pending.filter((change) => change.folder === folder)
      const count = kept > 0 && random.next() < kept ? 1 + Math.floor(random.next() * changes.length) : 0
      for (const change of changes.slice(0, count)) survivors.add(change)
      if (count < changes.length) lost()
    }
    for (const change of this.#pending) if (survivors.has(change)) apply(change, names)
    const left = new Map<string, Entry>()
    const isThere = (path: string): boolean => path === ROOT || (names.get(path) === 'folder' && isThere(dirname(path)))
    const files = new Map<SimulatedFile, SimulatedFile>()
    for (const [path, entry] of names) {
      if (!isThere(dirname(path))) continue
      if (entry !== 'folder' && !files.has(entry)) files.set(entry, replace(entry, path))
      left.set(path, entry === 'folder' ? entry : (files.get(entry) as SimulatedFile))
    }
    return new SimulatedFolders(left)
  }

  /** Puts a file there, and the folders above it, on the device too; so is every name then. */
  plant(path: string, file: SimulatedFile): void {
    for (let folder = dirname(path); folder !== ROOT; folder = dirname(folder)) this.#names.set(folder, 'folder')
    this.#names.set(path, file)
    for (const [name, entry] of this.#names) this.#onDevice.set(name, entry)
    for (const name of this.#onDevice.keys()) if (!this.#names.has(name)) this.#onDevice.delete(name)
    this.#pending.length = 0
  }

  #change(change: Change): void {
    apply(change, this.#names)
    this.#pending.push(change)
  }
}

function apply({ names }: Change, to: Map<string, Entry>): void {
  for (const [path, entry] of names) {
    if (entry === undefined) to.delete(path)
    else to.set(path, entry)
  }
}

function once(replace: (file: SimulatedFile) => SimulatedFile): (entry: Entry) => Entry {
  const done = new Map<SimulatedFile, SimulatedFile>()
  return (entry) => {
    if (entry === 'folder') return entry
    const known = done.get(entry) ?? replace(entry)
    done.set(entry, known)
    return known
  }
}

function all(names: ReadonlyMap<string, Entry>, replaced: (entry: Entry) => Entry): Map<string, Entry> {
  const copy = new Map<string, Entry>()
  for (const [path, entry] of names) copy.set(path, replaced(entry))
  return copy
}
