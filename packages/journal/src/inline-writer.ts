import type { CheckpointSection, SymphonyError } from '@symphony/interface'
import { asStorageError } from './journal-error.ts'
import type { RecordRing } from './record-ring.ts'
import type { WriterPosition } from './recovery.ts'
import type { SegmentWriter } from './segment-writer.ts'
import type { OnProgress, WriterFigures, WriterHost } from './writer-host.ts'

export interface InlineWriterOptions {
  /** Commits each record by itself: the `sync` class. */
  readonly isEager?: boolean
  readonly isSynced: boolean
  /** Commits are made when this calls back, also those nobody waits for. Default: whenever somebody asks, in the middle of that call. */
  readonly later?: (commit: () => void) => void
}

/**
 * The writer without a thread: whoever asks for durability does the work. Deterministic, so a simulator can run it with a
 * file system of its own; and the right choice where a thread is too much.
 */
export class InlineWriter implements WriterHost {
  readonly ring: RecordRing
  readonly #writer: SegmentWriter
  readonly #options: InlineWriterOptions
  readonly #onProgress: OnProgress
  readonly #halfBytes: number
  #isWatched = false
  #willCommit = false
  #isOver = false
  #failure: SymphonyError | undefined

  constructor(writer: SegmentWriter, ring: RecordRing, options: InlineWriterOptions, onProgress: OnProgress) {
    this.ring = ring
    this.#writer = writer
    this.#options = options
    this.#onProgress = onProgress
    this.#halfBytes = ring.bytes / 2
  }

  published(): void {
    const { isEager, later } = this.#options
    if (this.ring.waitingBytes >= this.#halfBytes) this.#commitAll()
    else if (later !== undefined) this.#commitLater(later)
    else if (isEager === true || this.#isWatched) this.#commitAll()
  }

  waitForProgress(): void {
    this.#commitAll()
  }

  durableLsn(): number {
    return this.#writer.lastLsn
  }

  watch(): void {
    this.#isWatched = true
    if (this.#options.later === undefined) this.#commitAll()
  }

  unwatch(): void {
    this.#isWatched = false
  }

  failure(): SymphonyError | undefined {
    return this.#failure
  }

  sync(): Promise<void> {
    this.#attempt(() => {
      this.#commitEach()
      if (!this.#options.isSynced) this.#writer.syncNow()
    })
    this.#onProgress()
    return this.#failure === undefined ? Promise.resolve() : Promise.reject(this.#failure)
  }

  async checkpoint(lsn: number, sections: readonly CheckpointSection[] | undefined): Promise<void> {
    // Nothing is awaited before the work is done: the sections are read within the call.
    const synced = this.sync()
    if (this.#failure === undefined) for (const _ of this.#writer.checkpoint(lsn, sections));
    await synced
  }

  figures(): WriterFigures {
    return { bytes: this.#writer.bytesWritten, commits: this.#writer.commits, segments: this.#writer.segments }
  }

  /** Lets go of the log so that somebody else goes on writing it, from the position returned. Undefined when there is nothing to go on with. */
  handOver(): WriterPosition | undefined {
    let position: WriterPosition | undefined
    this.#attempt(() => (position = this.#writer.handOver()))
    if (this.#failure === undefined) this.#isOver = true
    else this.#onProgress()
    return position
  }

  close(): Promise<void> {
    if (this.#failure === undefined) {
      this.#attempt(() => {
        this.#commitEach()
        this.#writer.close()
      })
    } else this.#writer.abandon()
    return Promise.resolve()
  }

  #commitLater(later: (commit: () => void) => void): void {
    if (this.#willCommit) return
    this.#willCommit = true
    later(() => {
      this.#willCommit = false
      this.#commitAll()
    })
  }

  #commitAll(): void {
    if (this.#isOver || this.#failure !== undefined || this.ring.waitingBytes === 0) return
    this.#attempt(() => this.#commitEach())
    this.#onProgress()
  }

  #commitEach(): void {
    while (this.#writer.commit(this.ring) > 0);
  }

  /** One failure is the last: nothing is written behind an end that is unknown. */
  #attempt(work: () => void): void {
    if (this.#failure !== undefined) return
    try {
      work()
    } catch (thrown) {
      this.#failure = asStorageError(thrown)
    }
  }
}
