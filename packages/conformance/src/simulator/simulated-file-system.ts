import { dirname, extname } from 'node:path/posix'
import { SymphonyError } from '@symphony/interface'
import type { ErrorCode, FileStat, FileSystem, Random } from '@symphony/interface'
import { seededRandom } from '@symphony/ports'
import { CrashSignal } from './crash-signal.ts'
import { zeroFaults } from './fault-counts.ts'
import type { FaultCounts, FaultKind } from './fault-counts.ts'
import type { Crash, CutWeights, Failure, FaultPlan, FaultyOperation } from './fault-plan.ts'
import { SimulatedFile } from './simulated-file.ts'
import { SimulatedFolders } from './simulated-folders.ts'

/** What a simulated storage tells its surroundings, and what goes on from one life to the next. */
export interface SimulatedFileSystemPorts {
  /** An operation takes long: the virtual clock's `advance`, say. */
  readonly slow?: (ms: number) => void
  /** Default: seeded by the plan. */
  readonly random?: Random
  /** Where faults are counted. Default: counts of its own. */
  readonly counts?: FaultCounts
}

/** A place that does not hold what was written there, though the device has said so. */
export interface Damage {
  readonly path: string
  readonly at: number
  /** What it held. */
  readonly was: Uint8Array
}

interface Handle {
  /** As it was opened. */
  readonly path: string
  readonly file: SimulatedFile
  readonly isWritable: boolean
}

/** A failure that waits for its turn. */
interface Armed extends Failure {
  left: number
}

type Operation = Exclude<FaultyOperation, 'any'> | 'other'

const nothing = (): void => {}

/**
 * Files in memory that know what a process killed, and what a power cut, would leave of them: content as of the last `syncData`,
 * names as of the last `syncFolder`, and of what came after whatever a device may have done with it. Refuses operations, is slow, and
 * lets the process die between any two of them, as a {@link FaultPlan} says, all of it drawn from one seed.
 *
 * A forcing that fails leaves the content readable and marked clean, as systems do, although it never reached the device. Paths are
 * absolute, with `/` between their names. Symbolic links, permissions and times are not simulated.
 *
 * @throws CrashSignal from every call once the process has died; {@link killed} and {@link powerCut} are what the next one finds
 * @example
 * let fs = new SimulatedFileSystem({ seed: 7, cut: HONEST_CUT, crash: { at: 12, moment: 'within' } })
 * const log = new Map<string, number>()
 * try {
 *   work(fs, (what) => log.set(what, 1)) // Tells what it has acknowledged.
 * } catch {}
 * fs = fs.powerCut()
 * // Whatever was acknowledged has to be found in `fs` now.
 */
export class SimulatedFileSystem implements FileSystem {
  readonly #plan: FaultPlan
  readonly #ports: SimulatedFileSystemPorts
  readonly #random: Random
  #folders: SimulatedFolders = new SimulatedFolders()
  readonly #open: Map<number, Handle> = new Map()
  #nextFile = 3
  #failures: readonly Armed[] = []
  #crash: Crash | undefined
  #crashAt = Infinity
  #hasCrashed = false
  #operations = 0
  #damages: Damage[] = []
  /** What struck, over all lives. */
  readonly counts: FaultCounts

  constructor(plan: FaultPlan = {}, ports: SimulatedFileSystemPorts = {}) {
    this.#plan = plan
    this.#ports = ports
    this.#random = ports.random ?? seededRandom(plan.seed ?? 1)
    this.counts = ports.counts ?? zeroFaults()
    this.arm(plan)
  }

  /** Operations so far in this life that changed something, or were to. */
  get operations(): number {
    return this.#operations
  }

  /** Whether the process has died. Whatever it acknowledges from then on, nobody hears. */
  get hasCrashed(): boolean {
    return this.#hasCrashed
  }

  get openFiles(): number {
    return this.#open.size
  }

  /** What the device has spoilt since this process began: by a misdirected write at the power cut before it, or by rot. */
  get damages(): readonly Damage[] {
    return this.#damages
  }

  /** The same files as they would be had the device spoilt nothing: what somebody has who keeps a copy elsewhere. */
  mended(): SimulatedFileSystem {
    const next = this.#next(this.#lasting(), this.#folders.fork((file) => file.fork()))
    for (const { path, at, was } of this.#damages.toReversed()) next.#file(path).mend(at, was)
    return next
  }

  /** Replaces the failures and the crash that are still to come; those given are counted from now on. */
  arm({ failures = [], crash }: Pick<FaultPlan, 'failures' | 'crash'>): void {
    this.#failures = failures.map((failure) => ({ ...failure, left: failure.at }))
    this.#crash = crash
    this.#crashAt = crash === undefined ? Infinity : this.#operations + crash.at
  }

  /** The same files as the next process sees them when this one was killed: everything written is there, if no more durable than before. */
  killed(next: FaultPlan = this.#lasting()): SimulatedFileSystem {
    this.counts.kill++
    return this.#next(next, this.#folders.fork((file) => file.fork()))
  }

  /**
   * What a power cut leaves: what was forced, and of the rest what the dice say.
   * @param cut default: the plan's
   * @param next plan of the next life. Default: this one's, without failures and crash
   */
  powerCut(cut: CutWeights = this.#plan.cut ?? {}, next: FaultPlan = this.#lasting()): SimulatedFileSystem {
    const { counts } = this
    const random = this.#random
    const { mayLand = isZero, namesKept = 0 } = this.#plan
    counts['power-cut']++
    const damages: Damage[] = []
    const replace = (file: SimulatedFile, path: string): SimulatedFile =>
      file.cut({ weights: cut, random, counts, mayLand: (at, onDevice) => mayLand(path, at, onDevice), landed: (at, was) => void damages.push({ path, at, was }) })
    const left = this.#next(next, this.#folders.cut(replace, namesKept, random, () => counts['lost-name']++))
    left.#damages = damages
    if (random.next() < (this.#plan.rot ?? 0)) left.#rot()
    return left
  }

  /** Flips a bit of a file, on the device too. */
  rot(path: string, at: number, bit: number): void {
    const file = this.#file(path)
    this.#damages.push({ path, at, was: file.content.slice(at, at + 1) })
    file.flip(at, bit)
    this.counts['bit-rot']++
  }

  /** The content of a file as programs see it; a view. */
  bytesOf(path: string): Uint8Array {
    return this.#file(path).content
  }

  /** Puts a file there, as if it had always been: forced, with its name and the folders above it. */
  setBytes(path: string, bytes: Uint8Array): void {
    this.#folders.plant(path, new SimulatedFile(bytes.slice()))
  }

  open(path: string, mode: 'r' | 'r+' | 'wx+'): number {
    this.#live()
    let entry = this.#folders.get(path)
    if (mode === 'wx+') {
      if (entry !== undefined) throw refusal('ALREADY_EXISTS', `to create ${path}`)
      this.#needFolder(path)
      const file = new SimulatedFile()
      this.#change('other', () => this.#folders.set(path, file))
      entry = file
    }
    if (entry === undefined) throw refusal('NOT_FOUND', `to open ${path}`)
    if (entry === 'folder') throw refusal('STORAGE_FAILED', `to open the folder ${path}`)
    const file = this.#nextFile++
    this.#open.set(file, { path, file: entry, isWritable: mode !== 'r' })
    return file
  }

  close(file: number): void {
    this.#live()
    this.#handle(file)
    this.#open.delete(file)
  }

  read(file: number, into: Uint8Array, position: number): number {
    this.#live()
    return this.#handle(file).file.read(into, position)
  }

  write(file: number, bytes: Uint8Array, position: number): void {
    this.#live()
    const { path, file: target } = this.#writable(file)
    const { garbled = 0, mayGarble = () => true } = this.#plan
    const isGarbled = garbled > 0 && bytes.length > 0 && mayGarble(path) && this.#random.next() < garbled
    const run = (part = bytes.length): void => target.write(isGarbled ? this.#garbled(bytes.subarray(0, part)) : bytes.subarray(0, part), position)
    this.#change('write', run, bytes.length)
  }

  syncData(file: number): void {
    this.#live()
    const { file: target } = this.#handle(file)
    this.#change('sync', () => target.force(), 0, () => target.abandon())
  }

  syncFolder(path: string): void {
    this.#live()
    if (this.#folders.get(path) !== 'folder') throw refusal('NOT_FOUND', `to force ${path}`)
    this.#change('sync', () => this.#folders.force(path))
  }

  truncate(file: number, sizeBytes: number): void {
    this.#live()
    const { file: target } = this.#writable(file)
    this.#change('other', () => target.truncate(sizeBytes))
  }

  rename(from: string, to: string): void {
    this.#live()
    if (this.#folders.get(from) === undefined) throw refusal('NOT_FOUND', `to rename ${from}`)
    this.#needFolder(to)
    this.#change('other', () => this.#folders.rename(from, to))
  }

  remove(path: string): void {
    this.#live()
    const entry = this.#folders.get(path)
    if (entry === undefined) return
    if (entry === 'folder') throw refusal('STORAGE_FAILED', `to remove the folder ${path}`)
    this.#change('other', () => this.#folders.set(path, undefined))
  }

  makeFolder(path: string): void {
    this.#live()
    const entry = this.#folders.get(path)
    if (entry === 'folder') return
    if (entry !== undefined) throw refusal('ALREADY_EXISTS', `to make the folder ${path}`)
    if (path !== dirname(path)) this.makeFolder(dirname(path))
    this.#change('other', () => this.#folders.set(path, 'folder'))
  }

  list(path: string): readonly string[] {
    this.#live()
    if (this.#folders.get(path) !== 'folder') throw refusal('NOT_FOUND', `to list ${path}`)
    return this.#folders.list(path)
  }

  stat(path: string): FileStat | undefined {
    this.#live()
    const entry = this.#folders.get(path)
    if (entry === undefined) return undefined
    const isFile = entry !== 'folder'
    return { sizeBytes: isFile ? entry.size : 0, mtimeMs: 0, isFile, isDirectory: !isFile }
  }

  /**
   * Every operation that changes something goes through here: it happens, in part or whole or not at all.
   * @param run with a number, only so many bytes of it
   * @param refused what is left when it was refused as a whole
   */
  #change(operation: Operation, run: (part?: number) => void, length = 0, refused: () => void = nothing): void {
    this.#operations++
    if (this.#operations >= this.#crashAt) this.#die(run, length)
    const { slow = 0, slowMs = 2000 } = this.#plan
    if (slow > 0 && this.#random.next() < slow) {
      this.counts['slow-operation']++
      this.#ports.slow?.(slowMs)
    }
    const failure = this.#failures.length === 0 ? undefined : this.#dueFailure(operation)
    if (failure === undefined) return run()
    this.#count(operation, failure)
    const part = Math.min(failure.partBytes ?? 0, length)
    if (part > 0) {
      this.counts['partial-write']++
      run(part)
    }
    refused()
    throw refusal(failure.code, `operation ${this.#operations}`)
  }

  #die(run: (part?: number) => void, length: number): never {
    const moment = this.#crash?.moment ?? 'before'
    this.counts[`crash-${moment}`]++
    if (moment === 'within' && length > 1) run(length >>> 1)
    else if (moment !== 'before') run()
    this.#hasCrashed = true
    throw new CrashSignal(this.#operations)
  }

  #dueFailure(operation: Operation): Failure | undefined {
    let due: Failure | undefined
    for (const failure of this.#failures) {
      if (failure.operation !== undefined && failure.operation !== 'any' && failure.operation !== operation) continue
      failure.left--
      if (failure.left === 0 || (failure.left < 0 && failure.isForEver === true)) due = failure
    }
    return due
  }

  #count(operation: Operation, { code, isForEver = false }: Failure): void {
    const what = code === 'STORAGE_FULL' ? 'full-disk' : operation === 'sync' ? 'failing-sync' : 'failing-write'
    const kind: FaultKind = `${what}-${isForEver ? 'for-ever' : 'once'}`
    this.counts[kind]++
  }

  #garbled(bytes: Uint8Array): Uint8Array {
    const copy = bytes.slice()
    const at = Math.floor(this.#random.next() * copy.length)
    copy[at] = (copy[at] ?? 0) ^ (1 << Math.floor(this.#random.next() * 8))
    this.counts['garbled-write']++
    return copy
  }

  /** One bit of one file, if chance finds one that may rot. */
  #rot(): void {
    const { mayRot = () => true } = this.#plan
    const found = this.#anyByte(false)
    if (found !== undefined && mayRot(found.path, found.at)) this.rot(found.path, found.at, Math.floor(this.#random.next() * 8))
  }

  /** One bit of one file, of any kind of file as likely as of another, and mostly where something is. */
  rotSomewhere(): void {
    const found = this.#anyByte(true)
    if (found !== undefined) this.rot(found.path, found.at, Math.floor(this.#random.next() * 8))
  }

  #anyByte(isOfAnyKind: boolean): { readonly path: string; readonly at: number } | undefined {
    const random = this.#random
    let files = [...this.#folders.files()].filter(([, file]) => file.size > 0)
    if (files.length === 0) return undefined
    const any = <T>(all: readonly T[]): T => all[Math.floor(random.next() * all.length)] as T
    if (!isOfAnyKind) {
      const [path, { size }] = any(files)
      return { path, at: Math.floor(random.next() * size) }
    }
    const kind = any([...new Set(files.map(([path]) => extname(path)))])
    files = files.filter(([path]) => extname(path) === kind)
    const [path, { content }] = any(files)
    const used = content.findLastIndex((byte) => byte !== 0) + 1
    return { path, at: Math.floor(random.next() * (used > 0 && random.next() < 0.8 ? used : content.length)) }
  }

  #next(plan: FaultPlan, folders: SimulatedFolders): SimulatedFileSystem {
    const next = new SimulatedFileSystem(plan, { ...this.#ports, random: this.#random, counts: this.counts })
    next.#folders = folders
    return next
  }

  /** The plan without what was of this life only. */
  #lasting(): FaultPlan {
    const { failures: _failures, crash: _crash, ...lasting } = this.#plan
    return lasting
  }

  #live(): void {
    if (this.#hasCrashed) throw new CrashSignal(this.#operations)
  }

  #file(path: string): SimulatedFile {
    const entry = this.#folders.get(path)
    if (entry === undefined || entry === 'folder') throw refusal('NOT_FOUND', `to look at ${path}`)
    return entry
  }

  #needFolder(path: string): void {
    if (this.#folders.get(dirname(path)) !== 'folder') throw refusal('NOT_FOUND', `to create ${path}: there is no such folder`)
  }

  #handle(file: number): Handle {
    const handle = this.#open.get(file)
    if (handle === undefined) throw new Error(`file ${file} is not open`)
    return handle
  }

  #writable(file: number): Handle {
    const handle = this.#handle(file)
    if (!handle.isWritable) throw refusal('STORAGE_FAILED', `to write to file ${file}, which was opened for reading`)
    return handle
  }
}

const isZero = (_path: string, _at: number, onDevice: Uint8Array): boolean => onDevice.every((byte) => byte === 0)

function refusal(code: ErrorCode, what: string): SymphonyError {
  const message = `The simulated storage refused ${what}, as its plan says or as a file system would. The plan and its seed repeat it.`
  return new SymphonyError({ code, component: 'simulated-file-system', message })
}
