import { SymphonyError } from '@symphony/interface'
import type { CheckpointSection, ComponentId, Heartbeat, Journal, Logger, Lsn, Recoverable, ReplicaSource, Turns } from '@symphony/interface'
import { ReplicaRun } from './replica-run.ts'
import type { StateRequest } from './state-as-of.ts'

/** A state that came from no more log than this is copied where it is: that takes less time than starting a thread. */
const COPIED_HERE_BYTES = 1024 * 1024
/** How often it is looked whether a checkpoint is due while no run ends. */
const LOOK_MS = 1000

/** What another thread makes the state of. */
type StateSource = Pick<StateRequest, 'journalFolder' | 'sources'>

export interface CheckpointOptions {
  /** Undefined where another thread cannot read the log: the state is copied here then. */
  readonly journalFolder: string | undefined
  /** Log bytes after which a checkpoint is written. */
  readonly everyBytes: number
  /** False while a component is broken: what it holds is not worth keeping, the log has what it is rebuilt from. */
  readonly isWell: () => boolean
  readonly turns: Turns
  readonly logger: Logger
}

/**
 * Writes checkpoints while everything goes on.
 *
 * The state is not copied where it lives: another thread makes it once more out of the newest checkpoint and the log, as recovery
 * would, up to a record that is the end of a change, and writes it; meanwhile this thread logs what comes after it. Nothing has to
 * be marked, copied or waited for on the way of a command, and what is written is what recovery has been seen to come to. Only a
 * small state, the one at the end of the process, and that of components without a replica are copied here.
 */
export class Checkpoints {
  readonly #parts: ReadonlyMap<number, Recoverable>
  readonly #journal: Journal
  readonly #options: CheckpointOptions
  readonly #source: StateSource | undefined
  #heartbeat: Heartbeat | undefined
  /** The newest one: what it covers, how large it is, and how much had been logged before it. */
  #lsn: Lsn
  #sizeBytes: number
  #loggedBytes = 0
  #current: Promise<void> | undefined
  #run: ReplicaRun | undefined
  #isClosing = false

  /** @param checkpointLsn of the checkpoint the parts were restored from */
  constructor(parts: ReadonlyMap<number, Recoverable>, journal: Journal, checkpointLsn: Lsn, options: CheckpointOptions) {
    this.#parts = parts
    this.#journal = journal
    this.#options = options
    this.#source = sourceOf(parts, options.journalFolder)
    this.#lsn = checkpointLsn
    this.#sizeBytes = sizeOf(journal.checkpointSections)
  }

  /** From now on it is looked from time to time whether one is due, until `close`. */
  start(): void {
    this.#heartbeat = this.#options.turns.every?.(LOOK_MS, () => void this.writeIfDue())
  }

  /** Something happened after which a checkpoint may be due. It may be in the middle of a change: the checkpoint waits for a later turn. */
  changed(): void {
    if (this.#isDue()) this.#options.turns.later(() => void this.writeIfDue())
  }

  /** Between two changes. @returns what ends when it is written or has failed, which is told to the logger; undefined when none is due */
  writeIfDue(): Promise<void> | undefined {
    if (!this.#isDue()) return undefined
    return this.#begin().catch((error: unknown) => {
      if (!this.#isClosing) this.#options.logger.warn('checkpoint failed; the log goes on', { error: String(error) })
    })
  }

  /** Writes one in a later turn, so that nobody need know whether this is the middle of a change, or when the one that is under way has ended. */
  async write(): Promise<void> {
    await new Promise<void>((resolve) => this.#options.turns.later(resolve))
    while (this.#current !== undefined) await this.#current
    if (this.#isClosing) throw closedError()
    const { lastLsn } = this.#journal
    if (lastLsn !== this.#lsn) await this.#begin()
    if (this.#lsn < lastLsn) throw brokenError()
  }

  #begin(): Promise<void> {
    const { bytes } = this.#journal.metrics()
    const written = this.#write(bytes)
    const ended = (): void => void (this.#current = undefined)
    this.#current = written.then(ended, () => {
      // What failed is not tried again before as much has been logged once more.
      this.#loggedBytes = bytes
      ended()
    })
    return written
  }

  /** The last one: nothing runs any more, so it is copied here. What another thread is about to make is not waited for. */
  async close(): Promise<void> {
    this.#isClosing = true
    this.#heartbeat?.stop()
    await this.#run?.stop()
    await this.#current
    if (this.#journal.lastLsn !== this.#lsn) await this.#writeCopy()
  }

  #isDue(): boolean {
    if (this.#current !== undefined || this.#isClosing) return false
    // As much log as the state is large: so reading and writing it takes a bounded part of what logging takes.
    return this.#journal.metrics().bytes - this.#loggedBytes >= Math.max(this.#options.everyBytes, this.#sizeBytes)
  }

  async #write(bytes: number): Promise<void> {
    const isSmall = this.#sizeBytes + bytes - this.#loggedBytes <= COPIED_HERE_BYTES
    if (isSmall || this.#source === undefined) return this.#writeCopy()
    const asOf = this.#journal.lastLsn
    // The other thread reads files: what it is to know has to be there.
    await this.#journal.flush()
    let sizeBytes: number
    try {
      sizeBytes = await this.#replicate(asOf, this.#source)
    } catch (error) {
      if (this.#isClosing) throw error
      this.#options.logger.warn('a checkpoint could not be made out of the log; the state is copied instead', { error: String(error) })
      return this.#writeCopy()
    }
    await this.#journal.adoptCheckpoint(asOf)
    this.#written(asOf, sizeBytes, bytes)
  }

  async #writeCopy(): Promise<void> {
    if (!this.#options.isWell()) return
    const sections = [...this.#parts].map(([component, part]) => ({ component: component as ComponentId, bytes: part.snapshot() }))
    const sizeBytes = sizeOf(sections)
    const { bytes } = this.#journal.metrics()
    this.#written(await this.#journal.checkpoint(sections), sizeBytes, bytes)
  }

  async #replicate(asOf: Lsn, source: StateSource): Promise<number> {
    if (this.#isClosing) throw closedError()
    this.#run = new ReplicaRun({ ...source, asOf })
    try {
      return await this.#run.sizeBytes
    } finally {
      this.#run = undefined
    }
  }

  #written(asOf: Lsn, sizeBytes: number, loggedBytes: number): void {
    this.#lsn = asOf
    this.#sizeBytes = sizeBytes
    this.#loggedBytes = loggedBytes
  }
}

/** Undefined when one of them has no replica: a checkpoint is of one moment, so all are made in the same way. */
function sourceOf(parts: ReadonlyMap<number, Recoverable>, journalFolder: string | undefined): StateSource | undefined {
  if (journalFolder === undefined) return undefined
  const sources: (readonly [ComponentId, ReplicaSource])[] = []
  for (const [component, { replica }] of parts) {
    if (replica === undefined) return undefined
    sources.push([component as ComponentId, replica])
  }
  return { journalFolder, sources }
}

function brokenError(): SymphonyError {
  return new SymphonyError({ code: 'BACKEND_PANIC', component: 'runtime', message: 'A component is broken, so nothing was copied. Its health says why; ask again once it is restored.' })
}

function closedError(): SymphonyError {
  return new SymphonyError({ code: 'CLOSED', component: 'runtime', message: 'The runtime is closing; its last checkpoint is written at its end.' })
}

function sizeOf(sections: readonly CheckpointSection[]): number {
  return sections.reduce((total, { bytes }) => total + bytes.length, 0)
}
