import { receiveMessageOnPort } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { toErrorData } from '@symphony/interface'
import type { CheckpointSection, ErrorData } from '@symphony/interface'
import { QUIET_MS } from './limits.ts'
import type { RecordRing } from './record-ring.ts'
import type { SegmentWriter } from './segment-writer.ts'
import { WORDS, WRITER_STATES } from './shared-words.ts'
import type { SharedWords } from './shared-words.ts'

/** What the main thread asks of the writer besides records, and gets an answer to. */
export type AnsweredRequest =
  | { readonly type: 'sync'; readonly id: number; readonly lsn: number }
  | { readonly type: 'checkpoint'; readonly id: number; readonly lsn: number; readonly sections: readonly CheckpointSection[] | undefined }

/** A request to close is answered by the end of the thread. */
export type WriterRequest = AnsweredRequest | { readonly type: 'close' }

export interface WriterReply {
  readonly id: number
  readonly error: ErrorData | undefined
}

interface Job {
  readonly id: number
  readonly steps: Generator<undefined, void>
}

/**
 * The life of the writer thread: commit what is there, and between commits one step of whatever else was asked for. While an
 * fsync is under way the ring fills up again: that is all the batching there is, and it needs no timer.
 */
export class WriterLoop {
  readonly #writer: SegmentWriter
  readonly #ring: RecordRing
  readonly #shared: SharedWords
  readonly #words: Int32Array
  readonly #port: MessagePort
  readonly #isSynced: boolean
  readonly #jobs: Job[] = []
  #requestsSeen = 0
  #isClosing = false
  #mayPrepare = false

  constructor(writer: SegmentWriter, ring: RecordRing, shared: SharedWords, port: MessagePort, isSynced: boolean) {
    this.#writer = writer
    this.#ring = ring
    this.#shared = shared
    this.#words = shared.words
    this.#port = port
    this.#isSynced = isSynced
    this.#publish()
  }

  /** Returns after an orderly close. Throws what the file system throws: then the log is poisoned. */
  run(): void {
    for (;;) {
      const records = this.#writer.commit(this.#ring)
      if (records > 0) {
        this.#publish()
        this.#mayPrepare = true
      }
      this.#receive()
      const job = this.#jobs[0]
      if (job !== undefined) this.#step(job)
      else if (records === 0 && this.#isClosing && this.#ring.waitingBytes === 0) break
      else if (records === 0) this.#sleep()
    }
    this.#writer.close()
  }

  #publish(): void {
    this.#shared.bytesWritten = this.#writer.bytesWritten
    this.#words[WORDS.commits] = this.#writer.commits
    this.#words[WORDS.segments] = this.#writer.segments
    this.#shared.announceDurable(this.#writer.lastLsn)
  }

  #receive(): void {
    const requests = Atomics.load(this.#words, WORDS.requests)
    while (this.#requestsSeen !== requests) {
      const received = receiveMessageOnPort(this.#port)
      if (received === undefined) return
      this.#requestsSeen = (this.#requestsSeen + 1) | 0
      const request = received.message as WriterRequest
      if (request.type === 'close') this.#isClosing = true
      else this.#accept(request)
    }
  }

  /** First the records up to the one named: they are in the ring, because they were published before the request was sent. */
  #accept(request: AnsweredRequest): void {
    while (this.#writer.lastLsn < request.lsn) {
      this.#writer.commit(this.#ring)
      this.#publish()
    }
    if (!this.#isSynced) this.#writer.syncNow()
    if (request.type === 'sync') this.#reply(request.id, undefined)
    else this.#jobs.push({ id: request.id, steps: this.#writer.checkpoint(request.lsn, request.sections) })
  }

  /** A checkpoint that fails is its caller's business; the log itself is not touched by it. */
  #step(job: Job): void {
    try {
      if (job.steps.next().done !== true) return
      this.#words[WORDS.segments] = this.#writer.segments
      this.#reply(job.id, undefined)
    } catch (error) {
      this.#reply(job.id, toErrorData(error, 'journal', 'STORAGE_FAILED'))
    }
    this.#jobs.shift()
  }

  #reply(id: number, error: ErrorData | undefined): void {
    this.#port.postMessage({ id, error } satisfies WriterReply)
  }

  /**
   * Announces the sleep, looks once more, then sleeps: the producer publishes first and looks at the announcement second, so
   * one of the two always sees the other.
   */
  #sleep(): void {
    Atomics.store(this.#words, WORDS.state, WRITER_STATES.asleep)
    if (this.#ring.waitingBytes === 0 && Atomics.load(this.#words, WORDS.requests) === this.#requestsSeen) {
      const outcome = Atomics.wait(this.#words, WORDS.state, WRITER_STATES.asleep, this.#mayPrepare ? QUIET_MS : Infinity)
      if (outcome === 'timed-out') this.#mayPrepare = this.#writer.prepareStep()
    }
    Atomics.store(this.#words, WORDS.state, WRITER_STATES.busy)
  }
}
