import type {
  CheckpointSection, Clock, ComponentId, Durability, Journal, JournalMetrics, LoggedCommand, Logger, Lsn, ReplayReport, SymphonyError, Turns,
} from '@symphony/interface'
import { COMMAND_FLAGS, COMMAND_HEADER_BYTES, commandBytes } from './command-codec.ts'
import { DurableWaiters } from './durable-waiters.ts'
import { asStorageError, journalError, poisonedError } from './journal-error.ts'
import { PUBLISH_BYTES, SLOW_COMMIT_MS } from './limits.ts'
import type { RecordRing } from './record-ring.ts'
import type { OnProgress, WriterHost } from './writer-host.ts'

/** What opening found out, for the journal to hand on. */
export interface OpenedLog {
  readonly lastLsn: number
  readonly checkpointSections: readonly CheckpointSection[]
  readonly replay: (apply: (command: LoggedCommand) => void) => ReplayReport
}

export interface LogJournalOptions {
  readonly durability: Durability
  readonly recordBytesMax: number
  readonly clock: Clock
  readonly turns: Turns
  readonly logger: Logger
  /** Lets the folder go. */
  readonly unlock: () => Promise<void>
}

const DONE: Promise<void> = Promise.resolve()

/** The journal as components see it: numbers records, puts them into the ring, and tells who waits when they are durable. */
export class LogJournal implements Journal {
  readonly checkpointSections: readonly CheckpointSection[]
  readonly #host: WriterHost
  readonly #ring: RecordRing
  readonly #options: LogJournalOptions
  readonly #waiters: DurableWaiters = new DurableWaiters()
  readonly #openedLsn: number
  #replay: OpenedLog['replay'] | undefined
  readonly #recordBytesMax: number
  #isOpen = true
  #lastLsn: number
  /** Depth of nested `transact` calls, and what the record under construction has so far. */
  #depth = 0
  #openBytes = 0
  #openAt = -1
  readonly #publishBytes: number
  #publishedLsn: number
  #unpublishedBytes = 0
  #willPublishSoon = false
  #willPublishLater = false
  readonly #publishSoon = (): void => {
    this.#willPublishSoon = false
    this.#publish()
  }
  readonly #publishLater = (): void => {
    this.#willPublishLater = false
    this.#publish()
  }
  /** What has to be written to other files before anything more is handed over. */
  readonly #writes: Set<() => void> = new Set()
  #syncFile = -1
  #syncPosition = 0
  #syncLsn = 0
  #waitsSinceMs = 0
  #failure: SymphonyError | undefined
  #closed: Promise<void> | undefined

  constructor(opened: OpenedLog, options: LogJournalOptions, startHost: (onProgress: OnProgress) => WriterHost) {
    this.checkpointSections = opened.checkpointSections
    this.#replay = opened.replay
    this.#openedLsn = opened.lastLsn
    this.#lastLsn = opened.lastLsn
    this.#publishedLsn = opened.lastLsn
    this.#options = options
    this.#recordBytesMax = options.recordBytesMax
    this.#host = startHost(() => this.#progress())
    this.#ring = this.#host.ring
    this.#publishBytes = options.durability === 'sync' ? 0 : Math.min(PUBLISH_BYTES, this.#ring.bytes / 4)
  }

  get lastLsn(): Lsn {
    return this.#lastLsn as Lsn
  }

  get durableLsn(): Lsn {
    return (this.#options.durability === 'none' ? this.#lastLsn : this.#host.durableLsn()) as Lsn
  }

  /**
   * Never waits for the disk. Only when the ring is full, because the disk has fallen behind by its whole size, the caller stands still
   * until the writer has made room.
   */
  append(component: ComponentId, type: number, body: Uint8Array): Lsn {
    if (!this.#isOpen) throw this.#refusal()
    if ((component & 0xff) !== component || (type & 0xffff) !== type) throw badCommand(component, type)
    const bytes = commandBytes(body.length)
    if (this.#openBytes + bytes > this.#recordBytesMax) throw this.#tooLarge(body.length)
    let at = this.#ring.reserve(bytes)
    if (at < 0) at = this.#reserveSlowly(bytes)
    if (this.#depth === 0) {
      this.#ring.put(at, component, COMMAND_FLAGS.last, type, body)
      this.#lastLsn++
      this.#sealed(bytes)
    } else {
      this.#ring.put(at, component, 0, type, body)
      if (this.#openAt < 0) this.#lastLsn++
      this.#openAt = at
      this.#openBytes += bytes
    }
    return this.#lastLsn as Lsn
  }

  transact<T>(change: () => T): T {
    this.#depth++
    try {
      return change()
    } finally {
      if (--this.#depth === 0 && this.#openAt >= 0) this.#finishRecord()
    }
  }

  durable(lsn: Lsn): Promise<void> {
    const isHandedOver = lsn <= this.#publishedLsn
    if (isHandedOver && lsn <= this.#host.durableLsn()) return DONE
    if (!(lsn <= this.#lastLsn)) return Promise.reject(unknownRecord(lsn, this.#lastLsn))
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    if (this.#options.durability === 'none') return DONE
    const joined = isHandedOver ? undefined : this.#waiters.tryJoin(lsn)
    if (joined !== undefined) return joined
    const promise = isHandedOver ? this.#waiters.add(lsn) : this.#waiters.addFirst(lsn)
    if (this.#unpublishedBytes > 0) this.#willPublish()
    this.#watch()
    return promise
  }

  syncBefore(file: number, write?: () => void): void {
    if (!this.#isOpen) throw this.#refusal()
    if (write !== undefined) this.#writes.add(write)
    if (file === this.#syncFile && this.#isSyncToCome(write !== undefined)) return
    let at = this.#ring.reserve(COMMAND_HEADER_BYTES)
    if (at < 0) at = this.#reserveSlowly(COMMAND_HEADER_BYTES)
    this.#ring.putSync(at, file)
    this.#syncFile = file
    this.#syncLsn = this.#lastLsn
    this.#syncPosition = (this.#ring.position - 1) | 0
    if (this.#depth === 0) this.#sealed(COMMAND_HEADER_BYTES)
  }

  /** Told twice before the writer has even seen the first: one fsync serves both, if it is not begun before all of it is written. */
  #isSyncToCome(isUnwritten: boolean): boolean {
    if (isUnwritten) return this.#ring.isUnpublished(this.#syncPosition)
    return this.#host.durableLsn() <= this.#syncLsn && this.#ring.isWaiting(this.#syncPosition)
  }

  replay(apply: (command: LoggedCommand) => void): ReplayReport {
    const replay = this.#replay
    if (replay === undefined || this.#lastLsn !== this.#openedLsn) {
      throw journalError('INVALID_ARGUMENT', 'A journal is replayed once, before the first append. Open it again to replay it again.')
    }
    this.#replay = undefined
    return replay(apply)
  }

  checkpoint(sections: readonly CheckpointSection[], asOf: Lsn = this.lastLsn): Promise<Lsn> {
    return this.#checkpoint(sections, asOf)
  }

  async adoptCheckpoint(asOf: Lsn): Promise<void> {
    await this.#checkpoint(undefined, asOf)
  }

  #checkpoint(sections: readonly CheckpointSection[] | undefined, asOf: Lsn): Promise<Lsn> {
    if (!this.#isOpen) return Promise.reject(this.#refusal())
    if (this.#depth > 0) {
      const message = 'A checkpoint cannot be taken inside transact: the record is not complete. Take it afterwards.'
      return Promise.reject(journalError('INVALID_ARGUMENT', message))
    }
    if (!Number.isSafeInteger(asOf) || asOf < 0 || asOf > this.#lastLsn) return Promise.reject(unknownRecord(asOf, this.#lastLsn))
    this.#publish()
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return this.#host.checkpoint(asOf, sections).then(
      () => asOf,
      (error: unknown) => {
        this.#progress()
        throw this.#failure ?? error
      },
    )
  }

  flush(): Promise<void> {
    if (this.#options.durability !== 'none') return this.durable(this.lastLsn)
    if (!this.#isOpen) return Promise.reject(this.#refusal())
    this.#publish()
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return this.#host.sync(this.#lastLsn).catch((error: unknown) => {
      this.#progress()
      throw this.#failure ?? error
    })
  }

  metrics(): JournalMetrics {
    return { ...this.#host.figures(), records: this.#lastLsn - this.#openedLsn, lastLsn: this.lastLsn, durableLsn: this.durableLsn }
  }

  /**
   * Writes what is left and lets the folder go. Closing twice is once.
   * @throws SymphonyError `JOURNAL_POISONED` when a record never became durable: its caller may not have waited for it
   */
  close(): Promise<void> {
    this.#isOpen = false
    return (this.#closed ??= this.#close())
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    try {
      this.#publish()
      await this.#host.close()
      this.#progress()
    } finally {
      await this.#options.unlock()
    }
    if (this.#failure !== undefined && this.#host.durableLsn() < this.#lastLsn) throw this.#failure
  }

  #finishRecord(): void {
    const bytes = this.#openBytes
    this.#ring.markLast(this.#openAt)
    this.#openAt = -1
    this.#openBytes = 0
    this.#sealed(bytes)
  }

  /** A record is complete. Whoever logs much in one turn does not hold the writer back. */
  #sealed(bytes: number): void {
    this.#ring.seal()
    this.#unpublishedBytes += bytes
    if (this.#unpublishedBytes >= this.#publishBytes) this.#publish()
    else this.#willPublish()
  }

  /**
   * While somebody waits, records are handed over once this run of microtasks has ended, with all others of it: callers resume
   * together after a commit, and a writer that ran for the first of them would leave the rest for the next fsync. While nobody waits,
   * an fsync now would only stand in the way of the one that somebody will wait for: they are handed over at the end of the turn.
   */
  #willPublish(): void {
    if (this.#willPublishSoon) return
    if (!this.#waiters.isEmpty) {
      this.#willPublishSoon = true
      queueMicrotask(this.#publishSoon)
    } else if (!this.#willPublishLater) {
      this.#willPublishLater = true
      this.#options.turns.later(this.#publishLater)
    }
  }

  #publish(): void {
    if (this.#unpublishedBytes === 0 || this.#failure !== undefined) return
    this.#unpublishedBytes = 0
    if (this.#writes.size > 0) this.#writeOthers()
    if (this.#failure !== undefined) return
    // A record under construction stays here.
    this.#publishedLsn = this.#openAt < 0 ? this.#lastLsn : this.#lastLsn - 1
    this.#waiters.handedOver()
    this.#ring.publish()
    this.#host.published()
  }

  /** What the records refer to is written before they are handed over. If that fails, they never are. */
  #writeOthers(): void {
    try {
      for (const write of this.#writes) write()
    } catch (error) {
      this.#poison(asStorageError(error))
      this.#progress()
    } finally {
      this.#writes.clear()
    }
  }

  #watch(): void {
    if (this.#waitsSinceMs === 0) this.#waitsSinceMs = this.#options.clock.monotonicMs()
    this.#host.watch()
  }

  /** Records have become durable, or the writer has failed. */
  #progress(): void {
    this.#waiters.settle(this.#host.durableLsn())
    const cause = this.#failure === undefined ? this.#host.failure() : undefined
    if (cause !== undefined) this.#poison(cause)
    if (this.#failure !== undefined) this.#waiters.rejectAll(this.#failure)
    this.#warnIfSlow()
    if (this.#waiters.isEmpty) this.#host.unwatch()
    else this.#watch()
  }

  #poison(cause: SymphonyError): void {
    this.#isOpen = false
    this.#failure = poisonedError(cause, this.#host.durableLsn())
    this.#options.logger.error(this.#failure.message, { code: this.#failure.code, storageCode: cause.code })
  }

  #warnIfSlow(): void {
    if (this.#waitsSinceMs === 0) return
    const tookMs = this.#options.clock.monotonicMs() - this.#waitsSinceMs
    if (tookMs >= SLOW_COMMIT_MS) this.#options.logger.warn('a commit was slow: the disk is overloaded or failing', { tookMs })
    this.#waitsSinceMs = 0
  }

  #reserveSlowly(bytes: number): number {
    for (;;) {
      this.#publish()
      if (this.#failure === undefined) this.#host.waitForProgress()
      if (this.#host.failure() !== undefined) this.#progress()
      if (this.#failure !== undefined) throw this.#failure
      const at = this.#ring.reserve(bytes)
      if (at >= 0) return at
    }
  }

  #refusal(): SymphonyError {
    return this.#failure ?? journalError('CLOSED', 'The journal was closed. Open the folder again to go on.')
  }

  #tooLarge(length: number): SymphonyError {
    const recordBytesMax = this.#recordBytesMax
    const next = 'Store the content as an artifact and log its address.'
    const message = `A command of ${length} bytes would make its record larger than ${recordBytesMax} bytes. ${next}`
    return journalError('JOURNAL_RECORD_TOO_LARGE', message, { length, recordBytesMax })
  }
}

function badCommand(component: number, type: number): SymphonyError {
  const message = `A command has a component from 0 to 255 and a type from 0 to 65535, not ${component} and ${type}.`
  return journalError('INVALID_ARGUMENT', message, { component, type })
}

function unknownRecord(lsn: number, lastLsn: number): SymphonyError {
  const message = `Record ${lsn} has not been logged; the last one is ${lastLsn}. Pass what append returned.`
  return journalError('INVALID_ARGUMENT', message, { lsn, lastLsn })
}
