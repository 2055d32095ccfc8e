import { CrashSignal } from '@symphony/conformance/simulator'
import type { SimulatedFileSystem } from '@symphony/conformance/simulator'
import { isSymphonyError } from '@symphony/interface'
import type { CheckpointSection, Clock, ComponentId, Journal, LoggedCommand, Lsn } from '@symphony/interface'
import type { JournalInit, JournalPorts } from '@symphony/journal'
import { openJournal, placeCheckpoint } from '@symphony/journal'
import { SpaceReserve } from '@symphony/ports'
import { GrowingWriter } from '../../src/growing-writer.ts'
import { InlineWriter } from '../../src/inline-writer.ts'
import type { JournalSettings } from '../../src/journal-options.ts'
import { openWith } from '../../src/open-journal.ts'
import type { StartWriter } from '../../src/open-journal.ts'
import { RecordRing } from '../../src/record-ring.ts'
import { SegmentWriter } from '../../src/segment-writer.ts'
import type { SegmentWriterOptions } from '../../src/segment-writer.ts'
import { SharedWords } from '../../src/shared-words.ts'
import type { OnProgress } from '../../src/writer-host.ts'
import { body } from './dice.ts'
import type { Dice } from './dice.ts'
import { Oracle, OracleError, otherContent, REFERENCE_TYPE } from './oracle.ts'
import type { Damage } from './oracle.ts'
import { SimulatedThread } from './simulated-thread.ts'

export const FOLDER = '/state/journal'
export const OTHER = '/state/other'
const RESERVE = '/state/reserve'
export const SEGMENT_BYTES = 4096
const RECORD_BYTES_MAX = 1024
const RING_BYTES = 8192
const OTHER_BYTES_MAX = 4000
/** So many rounds nobody needs to be answered. */
const ROUNDS_MAX = 1000

/** Who writes: the caller (two classes of durability), the caller at the end of a turn, a thread, or first the caller and then a thread. */
export const WRITERS = ['inline', 'eager', 'turn', 'thread', 'growing'] as const
export type WriterKind = (typeof WRITERS)[number]

/** What is the same for all lives of a story. */
export interface LifeKind {
  /** Bytes of the largest body. */
  readonly largest: number
  /** Each opening takes one of these sizes. */
  readonly segmentBytes: readonly number[]
  /** Whether space is kept back for a full disk. */
  readonly hasReserve: boolean
}

/** How a life ended: the process died, the storage failed it, or nothing happened to it. */
export type End = 'crashed' | 'poisoned' | 'at-rest'

type Command = Omit<LoggedCommand, 'lsn'>

const COMPONENTS: readonly ComponentId[] = [0, 1, 2, 3, 4, 5, 6]

/** One process: opens the journal, checks what it finds, works, and tells the oracle what it was told. */
export class Life {
  readonly #fs: SimulatedFileSystem
  readonly #oracle: Oracle
  readonly #dice: Dice
  readonly #turns: (() => void)[] = []
  readonly #kind: LifeKind
  #thread: SimulatedThread | undefined
  #opened: Journal | undefined
  #other = -1
  /** The record whose checkpoint was asked for last. */
  #asOf: Lsn = Infinity as Lsn
  #stolen: string | undefined

  /** @param kind what is the same for all lives of a story */
  constructor(fs: SimulatedFileSystem, oracle: Oracle, dice: Dice, kind: LifeKind) {
    this.#fs = fs
    this.#oracle = oracle
    this.#dice = dice
    this.#kind = kind
  }

  get journal(): Journal {
    if (this.#opened === undefined) throw new Error('not open')
    return this.#opened
  }

  /** @throws what opening throws, and OracleError when it recovers what it must not */
  async open(writer: WriterKind, nowMs: () => number, damaged?: Damage): Promise<void> {
    const clock: Clock = { nowMs, monotonicMs: nowMs, schedule: () => () => {} }
    const turns = { later: (run: () => void) => void this.#turns.push(run) }
    const init: JournalInit = { folder: FOLDER, writer: 'inline', segmentBytes: this.#dice.pick(this.#kind.segmentBytes), recordBytesMax: RECORD_BYTES_MAX, ringBytes: RING_BYTES, ...(this.#kind.hasReserve && { reservePath: RESERVE }) }
    const ports: JournalPorts = { fileSystem: this.#fs, random: this.#dice.random, clock, turns }
    if (writer === 'turn') this.#opened = await openJournal(init, ports)
    else this.#opened = await openWith(this.#starters[writer], { ...init, durability: writer === 'eager' ? 'sync' : 'group' }, ports)
    this.#oracle.recovered(this.journal, this.#fs.bytesOf(OTHER), damaged)
    this.#other = this.#fs.open(OTHER, 'r+')
    if (this.#kind.hasReserve) new SpaceReserve(this.#fs, RESERVE, SEGMENT_BYTES).fill()
  }

  /** Takes so many steps, or fewer if something happens to it. */
  async work(steps: number): Promise<End> {
    return this.#until(async () => {
      for (let step = 0; step < steps; step++) {
        await this.#step()
        if (!this.#fs.hasCrashed) this.#oracle.acknowledged(this.journal.durableLsn)
      }
    })
  }

  /** Ends orderly, if nothing comes in between. */
  async close(): Promise<End> {
    return this.#until(async () => {
      await this.#answered(this.journal.close())
      if (!this.#fs.hasCrashed) this.#oracle.acknowledged(this.#oracle.lastLsn)
    })
  }

  /** Logs a record of one command with a body of so many bytes, and waits for it. */
  async logAndWait(bytes: number): Promise<End> {
    return this.#until(() => {
      this.#logOne(bytes)
      return this.#wait(this.journal.lastLsn)
    })
  }

  async #until(work: () => Promise<void>): Promise<End> {
    try {
      await work()
    } catch (error) {
      if (this.#fs.hasCrashed) return 'crashed'
      if (!isSymphonyError(error, 'JOURNAL_POISONED') && !(isSymphonyError(error) && error.component === 'simulated-file-system')) throw error
      return 'poisoned'
    }
    return this.#fs.hasCrashed ? 'crashed' : 'at-rest'
  }

  async #step(): Promise<void> {
    if (this.#stolen !== undefined) throw new OracleError(this.#stolen)
    const drawn = this.#dice.below(100)
    if (drawn < 28) this.#logOne(this.#dice.below(this.#kind.largest))
    else if (drawn < 42) this.#logCompound()
    else if (drawn < 62) await this.#wait(this.#drawLsn())
    else if (drawn < 70) this.#waitAside(this.#drawLsn())
    else if (drawn < 74) await this.#flush()
    else if (drawn < 79) await this.#answered(this.#checkpoint())
    else if (drawn < 81) await this.#checkpointAside()
    else if (drawn < 83) await this.#answered(this.#placeAndAdopt())
    else if (drawn < 88) this.#logReference()
    else if (drawn < 90) await this.#readBeside()
    else await this.#pass()
  }

  #logOne(length: number): void {
    if (this.#isFull()) return
    const command = this.#command(length)
    this.#oracle.logged(this.journal.append(command.component, command.type, command.body), [command])
  }

  #logCompound(): void {
    if (this.#isFull()) return
    const commands = Array.from({ length: 2 + this.#dice.below(3) }, () => this.#command(this.#dice.below(Math.min(200, this.#kind.largest))))
    const append = (some: readonly Command[]): void => some.forEach(({ component, type, body: bytes }) => this.journal.append(component, type, bytes))
    const isNested = this.#dice.chance(0.3)
    const isBroken = this.#dice.chance(0.2)
    try {
      this.journal.transact(() => {
        append(commands.slice(0, 1))
        if (isNested) this.journal.transact(() => append(commands.slice(1)))
        else append(commands.slice(1))
        if (isBroken) throw new OracleError('on purpose')
      })
    } catch (error) {
      // What was appended before has been applied, so it is logged.
      if (!isBroken || !(error instanceof OracleError)) throw error
    }
    this.#oracle.logged(this.journal.lastLsn, commands)
  }

  /** Writes to another file, and logs that it is there. */
  #logReference(): void {
    const from = this.#oracle.model.referredBytes
    const to = from + 1 + this.#dice.below(300)
    if (to > OTHER_BYTES_MAX || this.#isFull()) return
    const write = (): void => this.#fs.write(this.#other, otherContent(to).subarray(from), from)
    if (this.#dice.chance(0.5)) {
      write()
      this.journal.syncBefore(this.#other)
    } else this.journal.syncBefore(this.#other, write)
    const bytes = new Uint8Array(4)
    new DataView(bytes.buffer).setUint32(0, to, true)
    const command: Command = { component: 2, type: REFERENCE_TYPE, body: bytes }
    this.#oracle.logged(this.journal.append(command.component, command.type, command.body), [command])
  }

  async #wait(lsn: number): Promise<void> {
    await this.#answered(this.journal.durable(lsn as Lsn))
    if (!this.#fs.hasCrashed) this.#oracle.acknowledged(lsn)
  }

  #waitAside(lsn: number): void {
    void this.journal.durable(lsn as Lsn).then(
      () => void (this.#fs.hasCrashed || this.#oracle.acknowledged(lsn)),
      () => {},
    )
  }

  async #flush(): Promise<void> {
    const { lastLsn } = this.journal
    await this.#answered(this.journal.flush())
    if (!this.#fs.hasCrashed) this.#oracle.acknowledged(lastLsn)
  }

  /** As of now, or of a moment ago. */
  #checkpoint(): Promise<void> {
    const asOf = this.#dice.chance(0.7) ? this.journal.lastLsn : (this.#drawLsn() as Lsn)
    this.#asOf = asOf
    return this.#checkpointed(asOf, () => this.journal.checkpoint(this.#sections(asOf), asOf))
  }

  /** Goes on while it is written, if there is a thread to write it; and sometimes somebody else makes one meanwhile. */
  async #checkpointAside(): Promise<void> {
    this.#checkpoint().catch((error: unknown) => {
      // Of a log that has failed everybody is told; that nobody took the file from under it is for this one to see.
      if (isSymphonyError(error, 'NOT_FOUND')) this.#stolen = error.message
    })
    if (this.#dice.chance(0.6)) return
    for (let passes = this.#dice.below(4); passes > 0; passes--) await this.#pass()
    await this.#answered(this.#placeAndAdopt())
  }

  /** Somebody else makes the checkpoint, and the journal adopts it. */
  async #placeAndAdopt(): Promise<void> {
    const { durableLsn } = this.journal
    // Of the very record whose checkpoint may be under way, or of the last one. What is older than the newest may be dropped before it is adopted.
    const isNew = this.#asOf <= durableLsn && this.#asOf >= this.#oracle.checkpointLsn
    const asOf = isNew && this.#dice.chance(0.5) ? this.#asOf : durableLsn
    await this.#checkpointed(asOf, () => {
      placeCheckpoint(FOLDER, this.#sections(asOf), asOf, this.#fs)
      return this.journal.adoptCheckpoint(asOf)
    })
  }

  #sections(asOf: number): readonly CheckpointSection[] {
    return this.#oracle.sections(this.#dice.below(this.#dice.chance(0.2) ? 3000 : 100), asOf)
  }

  async #checkpointed(asOf: number, make: () => Promise<unknown>): Promise<void> {
    try {
      await make()
      if (this.#fs.hasCrashed) return
      this.#oracle.acknowledged(asOf)
      this.#oracle.checkpointed(asOf)
    } catch (error) {
      // One that could not be written is its caller's business, and the log goes on.
      if (!isSymphonyError(error) || !error.code.startsWith('STORAGE_')) throw error
    }
  }

  /** Somebody else opens the log to read it, in the middle of whatever is going on. */
  async #readBeside(): Promise<void> {
    const reader = await openJournal({ folder: FOLDER, readOnly: true }, { fileSystem: this.#fs })
    this.#oracle.read(reader, this.#fs.bytesOf(OTHER))
    await reader.close()
  }

  /** A turn of the event loop ends, or the thread does something. */
  async #pass(): Promise<void> {
    this.#pump()
    this.#thread?.step()
    await Promise.resolve()
  }

  /** Lets everybody work until a promise is answered. */
  async #answered(promise: Promise<unknown>): Promise<void> {
    let error: unknown
    let isAnswered = false
    promise.then(
      () => (isAnswered = true),
      (reason: unknown) => {
        isAnswered = true
        error = reason
      },
    )
    for (let round = 0; !isAnswered; round++) {
      await Promise.resolve()
      if (isAnswered) break
      if (this.#fs.hasCrashed) throw new CrashSignal(this.#fs.operations)
      if (round > ROUNDS_MAX) throw new OracleError('somebody waits and is never answered')
      this.#pump()
      this.#thread?.step()
    }
    if (error !== undefined) throw error
  }

  #pump(): void {
    for (const run of this.#turns.splice(0)) run()
  }

  readonly #newThread = (options: SegmentWriterOptions, { ring }: { readonly ring: RecordRing }, onProgress: OnProgress): SimulatedThread =>
    (this.#thread = new SimulatedThread(ring, this.#dice, (position) => new SegmentWriter(this.#fs, options, position), onProgress))

  readonly #startThread: StartWriter = (settings, { position }) => (onProgress) => {
    const thread = this.#newThread(writerOptions(settings), { ring: newRing() }, onProgress)
    thread.begin(position)
    return thread
  }

  readonly #startGrowing: StartWriter = (settings, { position }, ports) => (onProgress) => {
    const options = { ...writerOptions(settings), ringBytes: RING_BYTES, threadAfterCommits: 1 + this.#dice.below(4) }
    return new GrowingWriter(options, position, ports, onProgress, this.#newThread)
  }

  readonly #starters: Readonly<Record<Exclude<WriterKind, 'turn'>, StartWriter>> = {
    inline: startInline,
    eager: startInline,
    thread: this.#startThread,
    growing: this.#startGrowing,
  }

  #command(length: number): Command {
    return { component: this.#dice.pick(COMPONENTS), type: this.#dice.below(1000), body: body(this.#dice, length) }
  }

  #drawLsn(): number {
    const { lastLsn } = this.journal
    return Math.max(this.#oracle.startLsn, lastLsn - (this.#dice.chance(0.7) ? 0 : this.#dice.below(4)))
  }

  /** The numbers of JavaScript end before those of the format do. */
  #isFull(): boolean {
    return this.journal.lastLsn >= Number.MAX_SAFE_INTEGER - 1
  }
}

/** As without turns of the caller's own: commits in the middle of the call that asks for one. */
const startInline: StartWriter = (settings, { position }, { fs }) => (onProgress) =>
  new InlineWriter(new SegmentWriter(fs, writerOptions(settings), position), newRing(), { isEager: settings.durability === 'sync', isSynced: true }, onProgress)

function writerOptions({ folder, segmentBytes, recordBytesMax, reservePath }: JournalSettings): SegmentWriterOptions {
  return { folder, segmentBytes, recordBytesMax, isSynced: true, reservePath }
}

function newRing(): RecordRing {
  return RecordRing.create(new SharedWords().words, RING_BYTES)
}
