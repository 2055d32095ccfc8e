import type { MessagePort, Worker } from 'node:worker_threads'
import { fromErrorData } from '@symphony/interface'
import type { CheckpointSection, SymphonyError } from '@symphony/interface'
import { threadFlags } from '@symphony/ports'
import { journalError } from './journal-error.ts'
import { STALLED_MS } from './limits.ts'
import type { RecordRing } from './record-ring.ts'
import type { WriterPosition } from './recovery.ts'
import type { SegmentWriterOptions } from './segment-writer.ts'
import { WORDS, WRITER_STATES } from './shared-words.ts'
import type { SharedWords } from './shared-words.ts'
import type { LateThread, OnProgress, WriterFigures } from './writer-host.ts'
import type { AnsweredRequest, WriterReply, WriterRequest } from './writer-loop.ts'
import type { WriterThreadData } from './writer-thread.ts'

const WAIT_MS = 100

/** What both threads see. */
export interface WriterMemory {
  readonly shared: SharedWords
  readonly ring: RecordRing
}

interface PendingReply {
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** `Omit` that keeps the members of a union apart. */
type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never

/**
 * The main thread's side of the writer thread.
 *
 * The thread keeps the process alive only while somebody waits for it. Waking it costs a system call, so it is done only when
 * it sleeps; being woken by it costs one as well, so it is asked for only while somebody waits.
 */
export class ThreadWriter implements LateThread {
  readonly ring: RecordRing
  readonly started: Promise<void>
  readonly #shared: SharedWords
  readonly #words: Int32Array
  readonly #worker: Worker
  readonly #port: MessagePort
  readonly #onProgress: OnProgress
  readonly #replies: Map<number, PendingReply> = new Map()
  readonly #exited: Promise<void>
  #start: PendingReply | undefined
  #requestId = 0
  #holds = 0
  #isWatching = false
  #isArmed = false
  #isClosing = false
  /** Something was handed to the thread. */
  #isUsed = false
  #durable = 0
  #failure: SymphonyError | undefined

  /** @param position undefined: another writer has the log until `begin` */
  constructor({ folder, segmentBytes, recordBytesMax, isSynced, reservePath }: SegmentWriterOptions, memory: WriterMemory, onProgress: OnProgress, position?: WriterPosition) {
    this.ring = memory.ring
    this.#shared = memory.shared
    this.#words = memory.shared.words
    this.#onProgress = onProgress
    if (position !== undefined) this.#takeOver(position)
    this.started = position === undefined ? new Promise((resolve, reject) => (this.#start = { resolve, reject })) : Promise.resolve()
    // Loaded with the first thread: most processes never start one.
    const { MessageChannel, Worker } = process.getBuiltinModule('node:worker_threads')
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    const options = { folder, segmentBytes, recordBytesMax, isSynced, reservePath }
    const data: WriterThreadData = { shared: this.#shared.buffer, ring: this.ring.buffers.data, options, position, port: port2 }
    const file = import.meta.url.endsWith('.ts') ? './writer-thread.ts' : './writer-thread.js'
    const thread = { name: 'symphony-journal', workerData: data, transferList: [port2], ...threadFlags() }
    this.#worker = new Worker(new URL(file, import.meta.url), thread)
    this.#exited = new Promise((resolve) => this.#worker.once('exit', () => resolve(this.#ended())))
    this.#worker.on('error', (error) => this.#lost(error))
    this.#port.on('message', (reply: WriterReply | 'started') => (reply === 'started' ? this.#started() : this.#answered(reply)))
    this.#port.unref()
    this.#worker.unref()
  }

  hasStarted(): boolean {
    const { receiveMessageOnPort } = process.getBuiltinModule('node:worker_threads')
    if (this.#start !== undefined && receiveMessageOnPort(this.#port) !== undefined) this.#started()
    return this.#start === undefined
  }

  begin(position: WriterPosition): void {
    this.#takeOver(position)
    // What is in the ring, and the end of the log, are its business from now on.
    this.#isUsed = true
    this.#port.postMessage(position)
  }

  async abandon(): Promise<void> {
    this.#isClosing = true
    this.#start = undefined
    await this.#worker.terminate()
    this.#port.close()
  }

  published(): void {
    this.#isUsed = true
    const state = Atomics.load(this.#words, WORDS.state)
    if (state === WRITER_STATES.busy) return
    if (state === WRITER_STATES.asleep) this.#wake()
    else if (this.#failure === undefined) {
      this.#fail()
      this.#onProgress()
    }
  }

  waitForProgress(): void {
    // What the failed reservation saw, not what is true now: the writer may have emptied the ring since, and gone to sleep.
    const tail = this.ring.tailSeen
    this.#wake()
    for (let waitedMs = 0; waitedMs < STALLED_MS; waitedMs += WAIT_MS) {
      if (this.failure() !== undefined || this.#shared.waitForRoom(tail, WAIT_MS)) return
    }
    this.#lost(new Error(`no progress for ${STALLED_MS} ms`))
  }

  durableLsn(): number {
    // The shared word counts modulo 2^32; the distance from the last look is always shorter than that.
    this.#durable += (Atomics.load(this.#words, WORDS.durable) - (this.#durable | 0)) >>> 0
    return this.#durable
  }

  watch(): void {
    if (!this.#isWatching) {
      this.#isWatching = true
      this.#hold()
    }
    if (!this.#isArmed) this.#arm()
  }

  unwatch(): void {
    if (!this.#isWatching) return
    this.#isWatching = false
    this.#release()
  }

  failure(): SymphonyError | undefined {
    return this.#failure ?? (Atomics.load(this.#words, WORDS.state) === WRITER_STATES.poisoned ? this.#fail() : undefined)
  }

  sync(lsn: number): Promise<void> {
    return this.#request({ type: 'sync', lsn }, [])
  }

  /** The bytes are handed over without a copy where a section owns its buffer; such an array is empty afterwards. */
  checkpoint(lsn: number, sections: readonly CheckpointSection[] | undefined): Promise<void> {
    const transfer = new Set<ArrayBuffer>()
    const sent = sections?.map(({ component, bytes }) => {
      const { buffer } = bytes
      if (buffer instanceof ArrayBuffer && bytes.length === buffer.byteLength && !transfer.has(buffer)) {
        transfer.add(buffer)
        return { component, bytes }
      }
      return { component, bytes: bytes.slice() }
    })
    return this.#request({ type: 'checkpoint', lsn, sections: sent }, [...transfer])
  }

  figures(): WriterFigures {
    const words = this.#words
    return { bytes: this.#shared.bytesWritten, commits: words[WORDS.commits] as number, segments: words[WORDS.segments] as number }
  }

  async close(): Promise<void> {
    this.#isClosing = true
    // The end of the thread is the answer: a message could be outrun by it, and then keep nobody alive to receive it.
    this.#hold()
    // Who has only read need not wait until the thread has started, to hear that there is nothing to do.
    if (!this.#isUsed) void this.#worker.terminate()
    else if (this.failure() === undefined) this.#send({ type: 'close' }, [])
    await this.#exited
    this.#port.close()
  }

  #takeOver({ nextLsn, sealed, former }: WriterPosition): void {
    this.#durable = nextLsn - 1
    this.#words[WORDS.durable] = this.#durable | 0
    this.#words[WORDS.segments] = sealed.length + 1
    this.#words[WORDS.commits] = former?.commits ?? 0
    this.#shared.bytesWritten = former?.bytesWritten ?? 0
  }

  #started(): void {
    this.#start?.resolve()
    this.#start = undefined
  }

  #wake(): void {
    if (Atomics.compareExchange(this.#words, WORDS.state, WRITER_STATES.asleep, WRITER_STATES.busy) === WRITER_STATES.asleep) {
      Atomics.notify(this.#words, WORDS.state)
    }
  }

  #arm(): void {
    this.#isArmed = true
    void this.#shared.nextAnnouncement(this.#durable).then(() => {
      this.#isArmed = false
      this.#onProgress()
    })
  }

  #request(request: WithoutId<AnsweredRequest>, transfer: ArrayBuffer[]): Promise<void> {
    const failure = this.failure()
    if (failure !== undefined) return Promise.reject(failure)
    const id = ++this.#requestId
    return new Promise((resolve, reject) => {
      this.#replies.set(id, { resolve, reject })
      this.#hold()
      this.#send({ ...request, id }, transfer)
    })
  }

  #send(request: WriterRequest, transfer: ArrayBuffer[]): void {
    this.#isUsed = true
    this.#port.postMessage(request, transfer)
    Atomics.add(this.#words, WORDS.requests, 1)
    this.#wake()
  }

  #answered({ id, error }: WriterReply): void {
    const pending = this.#replies.get(id)
    if (pending === undefined) return
    this.#replies.delete(id)
    this.#release()
    if (error === undefined) pending.resolve()
    else pending.reject(fromErrorData(error))
  }

  /** Takes note of the writer's failure and tells everybody who waits for an answer. */
  #fail(): SymphonyError | undefined {
    const failure = this.#failure ?? this.#shared.failure()
    this.#failure = failure
    for (const [id, pending] of this.#replies) {
      this.#replies.delete(id)
      this.#release()
      pending.reject(failure)
    }
    return failure
  }

  /** The thread is gone without having said why. */
  #lost(cause: unknown): void {
    if (this.#start !== undefined) return this.#start.reject(cause)
    if (this.failure() !== undefined) return
    const reason = cause instanceof Error ? cause.message : String(cause)
    this.#shared.poison(journalError('STORAGE_FAILED', `the writer thread was lost: ${reason}`).toJSON())
    this.#fail()
    void this.#worker.terminate()
    this.#onProgress()
  }

  #ended(): void {
    // What it answered just before is still to be received.
    const { receiveMessageOnPort } = process.getBuiltinModule('node:worker_threads')
    for (let last = receiveMessageOnPort(this.#port); last !== undefined; last = receiveMessageOnPort(this.#port)) {
      this.#answered(last.message as WriterReply)
    }
    if (this.failure() !== undefined) this.#onProgress()
    else if (!this.#isClosing) this.#lost(new Error('it ended'))
  }

  #hold(): void {
    if (this.#holds++ === 0) this.#worker.ref()
  }

  #release(): void {
    if (--this.#holds === 0) this.#worker.unref()
  }
}
