import { fromErrorData } from '@symphony/interface'
import type { ErrorData, SymphonyError } from '@symphony/interface'
import { CACHE_LINE_BYTES } from '@symphony/shared-memory'

const LINE = CACHE_LINE_BYTES / 4

type Word = 'head' | 'tail' | 'durable' | 'state' | 'mainWaits' | 'mainBlocked' | 'requests' | 'commits' | 'segments'

/** Words the two threads share, each group on a cache line of its own. Indices into an `Int32Array`. */
export const WORDS: Readonly<Record<Word, number>> = {
  /** Main thread: how far the ring is filled, in units of 8 bytes, modulo 2^32. */
  head: 0,
  /** Writer: how far it has been emptied. */
  tail: LINE,
  /** Writer: the last durable record, modulo 2^32. The main thread waits on it. */
  durable: 2 * LINE,
  /** One of `WRITER_STATES`. The writer sleeps on it. */
  state: 3 * LINE,
  /**
   * Main thread: 1 while it wants to be woken by the next commit. Only who waits takes it back: a commit that was over before the
   * wait began would otherwise take it for its own, and the next one tell nobody.
   */
  mainWaits: 4 * LINE,
  /** Main thread: 1 while it stands still for room in the ring; taken back in the same way. */
  mainBlocked: 4 * LINE + 1,
  /** Main thread: how many requests it has sent. */
  requests: 5 * LINE,
  /** Writer: figures for `metrics()`. */
  commits: 6 * LINE,
  segments: 6 * LINE + 1,
}

export const WRITER_STATES = { busy: 0, asleep: 1, poisoned: 2 } as const

const WORD_COUNT = 7 * LINE
const BYTES_AT = WORD_COUNT * 4
const NOTE_AT = BYTES_AT + 8
const NOTE_BYTES = 4096

/** Words, a count of bytes, and a note the writer leaves when it fails: memory is there at once, a message would be late. */
export class SharedWords {
  readonly buffer: SharedArrayBuffer
  readonly words: Int32Array
  readonly #bytes: Float64Array
  readonly #note: Uint8Array

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(NOTE_AT + NOTE_BYTES)) {
    this.buffer = buffer
    this.words = new Int32Array(buffer, 0, WORD_COUNT)
    this.#bytes = new Float64Array(buffer, BYTES_AT, 1)
    this.#note = new Uint8Array(buffer, NOTE_AT, NOTE_BYTES)
  }

  get bytesWritten(): number {
    return this.#bytes[0] as number
  }

  set bytesWritten(value: number) {
    this.#bytes[0] = value
  }

  /** Writer: everything up to this record is durable. Wakes the main thread if it waits for that: it costs a system call. */
  announceDurable(lsn: number): void {
    Atomics.store(this.words, WORDS.durable, lsn | 0)
    if (Atomics.load(this.words, WORDS.mainWaits) === 1) Atomics.notify(this.words, WORDS.durable)
    if (Atomics.load(this.words, WORDS.mainBlocked) === 1) Atomics.notify(this.words, WORDS.tail)
  }

  /** Main thread: ends at the first announcement of another record than `lsn`, or with the failure of the writer. */
  async nextAnnouncement(lsn: number): Promise<void> {
    Atomics.store(this.words, WORDS.mainWaits, 1)
    const wait = Atomics.waitAsync(this.words, WORDS.durable, lsn | 0)
    // Failing changes no durable word. Looked for once the wait stands: what comes later than this look will end the wait.
    if (Atomics.load(this.words, WORDS.state) === WRITER_STATES.poisoned) Atomics.notify(this.words, WORDS.durable)
    await wait.value
    Atomics.store(this.words, WORDS.mainWaits, 0)
  }

  /** Main thread: stands still until the ring has been emptied further than to `tail`, or so long. False when nothing came of it. */
  waitForRoom(tail: number, timeoutMs: number): boolean {
    Atomics.store(this.words, WORDS.mainBlocked, 1)
    const outcome = Atomics.wait(this.words, WORDS.tail, tail, timeoutMs)
    Atomics.store(this.words, WORDS.mainBlocked, 0)
    return outcome !== 'timed-out' || Atomics.load(this.words, WORDS.tail) !== tail
  }

  /** Writer: says why it failed and stops for good. The state is stored last: who sees it, sees the note. */
  poison(data: ErrorData): void {
    const shortened: ErrorData = { ...data, message: data.message.slice(0, 500) }
    const text = new TextEncoder().encode(JSON.stringify(shortened)).subarray(0, NOTE_BYTES - 4)
    this.#note.set(text, 4)
    new DataView(this.buffer, NOTE_AT, 4).setUint32(0, text.length, true)
    Atomics.store(this.words, WORDS.state, WRITER_STATES.poisoned)
    Atomics.notify(this.words, WORDS.durable)
    Atomics.notify(this.words, WORDS.tail)
  }

  /** Why the writer failed, if it did. */
  failure(): SymphonyError | undefined {
    if (Atomics.load(this.words, WORDS.state) !== WRITER_STATES.poisoned) return undefined
    const length = new DataView(this.buffer, NOTE_AT, 4).getUint32(0, true)
    return fromErrorData(JSON.parse(new TextDecoder().decode(this.#note.slice(4, 4 + length))) as ErrorData)
  }
}
