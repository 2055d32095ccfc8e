import { SymphonyError } from '@symphony/interface'
import type { ErrorCode, FileStat, FileSystem, Random } from '@symphony/interface'

const SECTOR_BYTES = 512

interface Node {
  bytes: Uint8Array
  forced: Uint8Array
  /** Sectors written since they were last forced, or since forcing them last failed: after that the system calls them clean. */
  readonly dirty: Set<number>
}

interface Fault {
  readonly at: number
  readonly code: ErrorCode
  readonly isForEver: boolean
  /** For a write: how many bytes arrive before it fails. */
  readonly partBytes: number
}

/**
 * Files in memory that know what a power cut would leave: content as of the last `syncData`, names as of the last
 * `syncFolder`; and in between, whatever the dice say, sector by sector. Refuses the Nth changing operation on demand. A
 * forcing that fails leaves the content readable and marked clean, as kernels do, although it never reached the device.
 */
export class MemoryFileSystem implements FileSystem {
  readonly #names: Map<string, Node>
  #forcedNames: Map<string, Node>
  readonly #folders: Set<string>
  readonly #open: Map<number, Node> = new Map()
  #nextFile = 3
  #fault: Fault | undefined
  /** Operations so far that change something. */
  operations = 0

  constructor(names: Map<string, Node> = new Map(), folders: Set<string> = new Set(['/']), forcedNames: Map<string, Node> = names) {
    this.#names = names
    this.#forcedNames = new Map(forcedNames)
    this.#folders = folders
  }

  failAt(at: number, code: ErrorCode, isForEver: boolean, partBytes = 0): void {
    this.#fault = { at, code, isForEver, partBytes }
  }

  repair(): void {
    this.#fault = undefined
  }

  /** The same files as a restarted process sees them: everything written is there, if no more durable than before. */
  killed(): MemoryFileSystem {
    const copies = new Map<Node, Node>()
    const copied = (names: Map<string, Node>): Map<string, Node> =>
      new Map(
        [...names].map(([path, node]) => {
          const copy = copies.get(node) ?? { bytes: node.bytes.slice(), forced: node.forced.slice(), dirty: new Set(node.dirty) }
          copies.set(node, copy)
          return [path, copy]
        }),
      )
    return new MemoryFileSystem(copied(this.#names), new Set(this.#folders), copied(this.#forcedNames))
  }

  /** What a power cut leaves: what was forced, and with `random` also any of the sectors that were not. */
  powerCut(random?: Random): MemoryFileSystem {
    const names = new Map<string, Node>()
    for (const [path, node] of this.#forcedNames) {
      const bytes = random === undefined ? node.forced.slice() : mixed(node, random)
      names.set(path, { bytes, forced: bytes.slice(), dirty: new Set() })
    }
    return new MemoryFileSystem(names, new Set(this.#folders))
  }

  bytesOf(path: string): Uint8Array {
    const node = this.#names.get(path)
    if (node === undefined) throw refusal('NOT_FOUND', path)
    return node.bytes
  }

  setBytes(path: string, bytes: Uint8Array): void {
    this.#names.set(path, { bytes, forced: bytes.slice(), dirty: new Set() })
    this.#forcedNames = new Map(this.#names)
  }

  get openFiles(): number {
    return this.#open.size
  }

  open(path: string, mode: 'r' | 'r+' | 'wx+'): number {
    const existing = this.#names.get(path)
    if (mode === 'wx+') {
      if (existing !== undefined) throw refusal('ALREADY_EXISTS', path)
      this.#change()
      this.#names.set(path, { bytes: new Uint8Array(0), forced: new Uint8Array(0), dirty: new Set() })
    } else if (existing === undefined) throw refusal('NOT_FOUND', path)
    const file = this.#nextFile++
    this.#open.set(file, this.#names.get(path) as Node)
    return file
  }

  close(file: number): void {
    this.#node(file)
    this.#open.delete(file)
  }

  read(file: number, into: Uint8Array, position: number): number {
    const piece = this.#node(file).bytes.subarray(position, position + into.length)
    into.set(piece)
    return piece.length
  }

  write(file: number, bytes: Uint8Array, position: number): void {
    const node = this.#node(file)
    this.#change((part) => put(node, bytes.subarray(0, part), position))
    put(node, bytes, position)
  }

  syncData(file: number): void {
    const node = this.#node(file)
    const sectors = [...node.dirty]
    node.dirty.clear()
    this.#change()
    node.forced = resized(node.forced, node.bytes.length)
    for (const at of sectors) node.forced.set(node.bytes.subarray(at, at + SECTOR_BYTES), at)
  }

  syncFolder(path: string): void {
    this.#change()
    const isInside = (name: string): boolean => name.slice(0, name.lastIndexOf('/')) === path
    for (const name of this.#forcedNames.keys()) if (isInside(name) && !this.#names.has(name)) this.#forcedNames.delete(name)
    for (const [name, node] of this.#names) if (isInside(name)) this.#forcedNames.set(name, node)
  }

  truncate(file: number, sizeBytes: number): void {
    const node = this.#node(file)
    this.#change()
    node.bytes = resized(node.bytes, sizeBytes)
  }

  rename(from: string, to: string): void {
    const node = this.#names.get(from)
    if (node === undefined) throw refusal('NOT_FOUND', from)
    this.#change()
    this.#names.delete(from)
    this.#names.set(to, node)
  }

  remove(path: string): void {
    if (!this.#names.has(path)) return
    this.#change()
    this.#names.delete(path)
  }

  makeFolder(path: string): void {
    this.#change()
    this.#folders.add(path)
  }

  list(path: string): readonly string[] {
    return [...this.#names.keys()].filter((name) => name.startsWith(`${path}/`)).map((name) => name.slice(path.length + 1)).toSorted()
  }

  stat(path: string): FileStat | undefined {
    const node = this.#names.get(path)
    if (node === undefined && !this.#folders.has(path)) return undefined
    return { sizeBytes: node?.bytes.length ?? 0, mtimeMs: 0, isFile: node !== undefined, isDirectory: node === undefined }
  }

  #node(file: number): Node {
    const node = this.#open.get(file)
    if (node === undefined) throw new Error(`file ${file} is not open`)
    return node
  }

  #change(part: (bytes: number) => void = () => {}): void {
    this.operations++
    if (this.#fault === undefined || this.operations < this.#fault.at) return
    if (!this.#fault.isForEver && this.operations > this.#fault.at) return
    part(this.#fault.partBytes)
    throw refusal(this.#fault.code, `operation ${this.operations}`)
  }
}

function put(node: Node, bytes: Uint8Array, position: number): void {
  const end = position + bytes.length
  node.bytes = resized(node.bytes, Math.max(end, node.bytes.length))
  node.bytes.set(bytes, position)
  for (let at = position - (position % SECTOR_BYTES); at < end; at += SECTOR_BYTES) node.dirty.add(at)
}

function resized(bytes: Uint8Array, length: number): Uint8Array {
  if (length === bytes.length) return bytes
  const copy = new Uint8Array(length)
  copy.set(bytes.subarray(0, length))
  return copy
}

/** Sectors that differ come from before or after, by chance; so does the size. */
function mixed({ bytes, forced }: Node, random: Random): Uint8Array {
  const result = new Uint8Array(random.next() < 0.5 ? forced.length : bytes.length)
  for (let at = 0; at < result.length; at += SECTOR_BYTES) {
    const source = random.next() < 0.5 ? bytes : forced
    result.set(source.subarray(at, Math.min(at + SECTOR_BYTES, result.length)), at)
  }
  return result
}

function refusal(code: ErrorCode, what: string): SymphonyError {
  return new SymphonyError({ code, component: 'memory-file-system', message: `The simulated storage refused ${what}.` })
}
