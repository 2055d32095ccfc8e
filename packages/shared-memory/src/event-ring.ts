import type { EventRecord, EventSink } from '@symphony/interface'
import { attachRegion, createRegion } from './region.ts'
import type { Region } from './region.ts'
import { defineLayout } from './layout.ts'
import type { Layout } from './layout.ts'

const declaration = {
  name: 'events',
  version: 2,
  words: { head: 'i32' },
  tables: { eventWords: { rows: 327_680, columns: { word: 'f64' } } },
} as const

/**
 * Layout of the event ring: five words an event, side by side; the head word counts events modulo 2^32. An event is written once and
 * hardly ever read: in a column for each word it would be five places to write to, of as many arrays.
 */
export const EVENT_LAYOUT: Layout<typeof declaration> = defineLayout(declaration)

const EVENT_WORDS = 5
const EVENT_WORD = { TYPE: 0, SUBJECT: 1, A: 2, B: 3, AT_MS: 4 } as const

/** Events next to the head that a reader leaves alone: the writer may be filling them this very moment. */
const GUARD_ROWS = 64

/** Events are shown so many at a time while they are held: fewer than the rows a reader leaves alone. */
const HELD_MAX = 32

/**
 * One ring of events in shared memory: one writer, any number of readers with cursors of their own (after the Disruptor of
 * LMAX). Publishing is five plain stores and one atomic one; a slow reader never holds up the writer, it loses the oldest
 * events and is told how many.
 */
export class EventRing implements EventSink {
  readonly region: Region<typeof declaration>
  readonly #mask: number
  readonly #head: Int32Array
  readonly #words: Float64Array
  #sequence = 0
  #atMs = 0
  /** Events that may be published before the next one is shown; 1 while none are held. */
  #untilShown = 1
  /** Holds that have not been followed by a `show` yet. */
  #holds = 0

  /** @param rows a power of two, at least 1,024 */
  constructor(rows: number = 1 << 16) {
    const size = Math.max(1024, 2 ** Math.ceil(Math.log2(rows)))
    this.region = createRegion(EVENT_LAYOUT, { eventWords: size * EVENT_WORDS })
    this.#mask = size - 1
    this.#head = this.region.words.head
    this.#words = this.region.tables.eventWords.columns.word
  }

  /** Events published so far. */
  get sequence(): number {
    return this.#sequence
  }

  /** Sets the time of the events that follow. Asking the clock once a batch is what makes an event cheap. */
  tick(nowMs: number): void {
    this.#atMs = nowMs
  }

  publish(type: number, subject: number, a: number, b: number): void {
    const at = (this.#sequence & this.#mask) * EVENT_WORDS
    const words = this.#words
    words[at + EVENT_WORD.TYPE] = type
    words[at + EVENT_WORD.SUBJECT] = subject
    words[at + EVENT_WORD.A] = a
    words[at + EVENT_WORD.B] = b
    words[at + EVENT_WORD.AT_MS] = this.#atMs
    this.#sequence++
    if (--this.#untilShown === 0) this.#show()
  }

  /** An atomic store waits for every store before it. To show many events with one makes each several times cheaper. */
  hold(): void {
    if (this.#holds++ === 0) this.#untilShown = HELD_MAX
  }

  show(): void {
    if (--this.#holds === 0) this.#show()
  }

  /** Whoever loads this head sees the rows before it. */
  #show(): void {
    this.#untilShown = this.#holds > 0 ? HELD_MAX : 1
    Atomics.store(this.#head, 0, this.#sequence | 0)
  }
}

/** A cursor on an event ring, in the writer's thread or another. */
export class EventReader {
  readonly #region: Region<typeof declaration>
  readonly #mask: number
  #cursor: number

  /**
   * @param buffer the ring's `region.buffer`
   * @param fromSequence the first event wanted; default: only what comes from now on
   */
  constructor(buffer: SharedArrayBuffer, fromSequence?: number) {
    this.#region = attachRegion(EVENT_LAYOUT, buffer)
    this.#mask = this.#region.tables.eventWords.rows / EVENT_WORDS - 1
    this.#cursor = fromSequence ?? Atomics.load(this.#region.words.head, 0) >>> 0
  }

  /** Sequence number of the next event this cursor will read. */
  get cursor(): number {
    return this.#cursor
  }

  /**
   * Hands up to `limit` events to `visit`, oldest first.
   * @returns how many events were overwritten before they could be read
   */
  read(visit: (event: EventRecord) => void, limit: number = Infinity): number {
    const head = this.#region.words.head
    let lost = 0
    for (let count = 0; count < limit; count++) {
      const available = (Atomics.load(head, 0) - this.#cursor) | 0
      if (available <= 0) break
      const oldest = this.#mask + 1 - GUARD_ROWS
      if (available > oldest) {
        lost += available - oldest
        this.#cursor += available - oldest
      }
      const event = this.#copy(this.#cursor)
      // The row counts only if the writer has not come round to it while it was copied.
      if (((Atomics.load(head, 0) - this.#cursor) | 0) > this.#mask) continue
      this.#cursor++
      visit(event)
    }
    return lost
  }

  #copy(sequence: number): EventRecord {
    const words = this.#region.tables.eventWords.columns.word
    const at = (sequence & this.#mask) * EVENT_WORDS
    return {
      sequence,
      type: words[at + EVENT_WORD.TYPE] as number,
      subject: words[at + EVENT_WORD.SUBJECT] as number,
      a: words[at + EVENT_WORD.A] as number,
      b: words[at + EVENT_WORD.B] as number,
      atMs: words[at + EVENT_WORD.AT_MS] as number,
    }
  }
}
