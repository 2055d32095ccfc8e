import type { CheckpointSection, Clock, FileSystem, Logger, SymphonyError, Turns } from '@symphony/interface'
import { InlineWriter } from './inline-writer.ts'
import { CALLER_COMMITS_BYTES, CALLER_COMMITS_MS } from './limits.ts'
import { RecordRing } from './record-ring.ts'
import type { WriterPosition } from './recovery.ts'
import { SegmentWriter } from './segment-writer.ts'
import type { SegmentWriterOptions } from './segment-writer.ts'
import { SharedWords } from './shared-words.ts'
import { ThreadWriter } from './thread-writer.ts'
import type { WriterMemory } from './thread-writer.ts'
import type { LateThread, OnProgress, WriterFigures, WriterHost } from './writer-host.ts'

export interface GrowingWriterOptions extends SegmentWriterOptions {
  readonly ringBytes: number
  /** Whoever logs makes so many commits before the thread is worth its start. */
  readonly threadAfterCommits: number
}

export interface GrowingWriterPorts {
  readonly fs: FileSystem
  readonly clock: Clock
  readonly logger: Logger
  readonly turns: Turns
}

/** Starts the thread: a simulation has one whose steps it takes itself. */
export type StartThread = (options: SegmentWriterOptions, memory: WriterMemory, onProgress: OnProgress) => LateThread

const startThreadWriter: StartThread = (options, memory, onProgress) => new ThreadWriter(options, memory, onProgress)

/**
 * Writes on the caller's thread until there is so much to write that a thread of its own is worth what it costs: 50 ms of computing
 * until it runs, and 20 MB. A process that logs a few records and ends never pays for it; nor is its first record durable only when
 * the thread has started. The caller commits at the end of a turn of the event loop, never in the middle of what it does.
 *
 * The thread goes on where the caller has stopped, between two commits, with the ring as it is.
 */
export class GrowingWriter implements WriterHost {
  readonly ring: RecordRing
  readonly #shared: SharedWords = new SharedWords()
  readonly #options: GrowingWriterOptions
  readonly #ports: GrowingWriterPorts
  readonly #onProgress: OnProgress
  readonly #caller: InlineWriter
  readonly #start: StartThread
  #thread: LateThread | undefined
  /** Who writes now. */
  #host: WriterHost
  #isWatched = false
  #isClosing = false
  #spentMs = 0

  constructor(options: GrowingWriterOptions, position: WriterPosition, ports: GrowingWriterPorts, onProgress: OnProgress, start: StartThread = startThreadWriter) {
    this.#options = options
    this.#ports = ports
    this.#onProgress = onProgress
    this.#start = start
    this.ring = RecordRing.create(this.#shared.words, options.ringBytes)
    const writer = new SegmentWriter(ports.fs, options, position)
    const later = (commit: () => void): void => ports.turns.later(() => this.#commit(commit))
    this.#caller = new InlineWriter(writer, this.ring, { isSynced: options.isSynced, later }, onProgress)
    this.#host = this.#caller
  }

  published(): void {
    if (this.#host !== this.#thread) this.#grow()
    this.#host.published()
  }

  waitForProgress(): void {
    if (this.#host !== this.#thread) this.#grow()
    this.#host.waitForProgress()
  }

  durableLsn(): number {
    return this.#host.durableLsn()
  }

  watch(): void {
    this.#isWatched = true
    this.#host.watch()
  }

  unwatch(): void {
    this.#isWatched = false
    this.#host.unwatch()
  }

  failure(): SymphonyError | undefined {
    return this.#host.failure()
  }

  sync(lsn: number): Promise<void> {
    return this.#host.sync(lsn)
  }

  checkpoint(lsn: number, sections: readonly CheckpointSection[] | undefined): Promise<void> {
    return this.#host.checkpoint(lsn, sections)
  }

  figures(): WriterFigures {
    return this.#host.figures()
  }

  async close(): Promise<void> {
    this.#isClosing = true
    await this.#host.close()
    if (this.#thread !== this.#host) await this.#thread?.abandon()
  }

  #commit(commit: () => void): void {
    const { clock } = this.#ports
    const beganAtMs = clock.monotonicMs()
    commit()
    this.#spentMs += clock.monotonicMs() - beganAtMs
    this.#grow()
  }

  /** Starts the thread when it is due, and lets it go on once it has come: as long as the caller's turn lasts, nobody else tells. */
  #grow(): void {
    if (this.#isClosing || this.failure() !== undefined) return
    if (this.#thread?.hasStarted() === true) this.#handOver()
    else if (this.#thread === undefined && this.#isDue()) this.#startThread()
  }

  #isDue(): boolean {
    const { commits, bytes } = this.#caller.figures()
    return commits >= this.#options.threadAfterCommits || bytes + this.ring.waitingBytes >= CALLER_COMMITS_BYTES || this.#spentMs >= CALLER_COMMITS_MS
  }

  #startThread(): void {
    this.#thread = this.#start(this.#options, { shared: this.#shared, ring: this.ring }, this.#onProgress)
    void this.#thread.started.then(
      () => this.#handOver(),
      (error: unknown) => this.#ports.logger.warn('the journal has no thread of its own; who logs goes on writing', { error: String(error) }),
    )
  }

  #handOver(): void {
    const thread = this.#thread
    if (thread === undefined || this.#host === thread || this.#isClosing) return
    const position = this.#caller.handOver()
    if (position === undefined) return void thread.abandon()
    thread.begin(position)
    this.#host = thread
    if (this.#isWatched) thread.watch()
  }
}
