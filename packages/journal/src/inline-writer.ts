import type { CheckpointSection, SymphonyError } from '@symphony/interface'
import { asStorageError } from './journal-error.ts'
import type { RecordRing } from './record-ring.ts'
import type { SegmentWriter } from './segment-writer.ts'
import type { OnProgress, WriterFigures, WriterHost } from './writer-host.ts'

/**
 * The writer without a thread: whoever asks for durability does the work. Deterministic, so a simulator can run it with a
 * file system of its own; and the right choice where a thread is too much.
 */
export class InlineWriter implements WriterHost {
  readonly ring: RecordRing
  readonly #writer: SegmentWriter
  readonly #isEager: boolean
  readonly #isSynced: boolean
  readonly #onProgress: OnProgress
  readonly #halfBytes: number
  #isWatched = false
  #failure: SymphonyError | undefined

  /** @param isEager commits each record by itself: the `sync` class */
  constructor(writer: SegmentWriter, ring: RecordRing, isEager: boolean, isSynced: boolean, onProgress: OnProgress) {
    this.ring = ring
    this.#writer = writer
    this.#isEager = isEager
    this.#isSynced = isSynced
    this.#onProgress = onProgress
    this.#halfBytes = ring.bytes / 2
  }

  published(): void {
    if (this.#isEager || this.#isWatched || this.ring.waitingBytes >= this.#halfBytes) this.#commitAll()
  }

  waitForProgress(): void {
    this.#commitAll()
  }

  durableLsn(): number {
    return this.#writer.lastLsn
  }

  watch(): void {
    this.#isWatched = true
    this.#commitAll()
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
      if (!this.#isSynced) this.#writer.syncNow()
    })
    return this.#failure === undefined ? Promise.resolve() : Promise.reject(this.#failure)
  }

  async checkpoint(lsn: number, sections: readonly CheckpointSection[]): Promise<void> {
    // Nothing is awaited before the work is done: the sections are read within the call.
    const synced = this.sync()
    if (this.#failure === undefined) for (const _ of this.#writer.checkpoint({ lsn, sections }));
    await synced
  }

  figures(): WriterFigures {
    return { bytes: this.#writer.bytesWritten, commits: this.#writer.commits, segments: this.#writer.segments }
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

  #commitAll(): void {
    if (this.#failure !== undefined || this.ring.waitingBytes === 0) return
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
