/** What a log that can be followed holds: entries numbered without gaps. */
export interface Numbered {
  readonly sequence: number
  readonly atMs: number
}

/** What readers get instead of entries that are no longer there. */
export type Lost<T> = (sequence: number, events: number, atMs: number) => T

/**
 * The newest entries of something that happens, for any number of readers with cursors of their own. Adding never waits and costs
 * the same with no reader as with many: what does not fit pushes the oldest out, and a reader that had not come so far is told how
 * many it lost.
 */
export class FollowLog<T extends Numbered> {
  #entries: (readonly [entry: T, bytes: number])[] = []
  /** Entries at the beginning of the array that were pushed out; they are cut off together. */
  #gone = 0
  #lastSequence: number
  #bytes = 0
  readonly #entriesMax: number
  readonly #bytesMax: number
  readonly #followers = new Set<Follower<T>>()

  /** @param lastSequence number of the last entry before this log began */
  constructor(lastSequence: number, entriesMax: number, bytesMax: number = Infinity) {
    this.#lastSequence = lastSequence
    this.#entriesMax = entriesMax
    this.#bytesMax = bytesMax
  }

  get lastSequence(): number {
    return this.#lastSequence
  }

  /** Number of the oldest entry there is, or of the next one. */
  get firstSequence(): number {
    return this.#lastSequence + 1 - (this.#entries.length - this.#gone)
  }

  get bytes(): number {
    return this.#bytes
  }

  get isFollowed(): boolean {
    return this.#followers.size > 0
  }

  add(entry: T, bytes = 0): void {
    this.#entries.push([entry, bytes])
    this.#lastSequence = entry.sequence
    this.#bytes += bytes
    while (this.#entries.length - this.#gone > this.#entriesMax || (this.#bytes > this.#bytesMax && this.#entries.length - this.#gone > 1)) this.dropOldest()
    for (const follower of this.#followers) follower.rouse()
  }

  dropOldest(): void {
    const oldest = this.#entries[this.#gone]
    if (oldest === undefined) return
    this.#bytes -= oldest[1]
    // Keeps no value alive that nobody can read any more.
    this.#entries[this.#gone++] = undefined as never
    if (this.#gone * 2 <= this.#entries.length || this.#gone < 32) return
    this.#entries = this.#entries.slice(this.#gone)
    this.#gone = 0
  }

  at(sequence: number): T | undefined {
    return this.#entries[this.#gone + sequence - this.firstSequence]?.[0]
  }

  follow(follower: Follower<T>): void {
    this.#followers.add(follower)
  }

  unfollow(follower: Follower<T>): void {
    this.#followers.delete(follower)
  }

  /** No more will come for those who follow now; what is there can still be read. */
  end(): void {
    for (const follower of this.#followers) follower.end()
  }
}

interface FollowerInit<T> {
  /** The last entry the reader knows: it gets those after it. */
  readonly after: number
  readonly lost: Lost<T>
  readonly nowMs: number
  /** Entries the reader knows of that were never in this log. */
  readonly lostBefore?: number
  wants?(entry: T): boolean
}

/** One reader of a log, at its own pace. */
export class Follower<T extends Numbered> implements AsyncIterableIterator<T> {
  readonly #log: FollowLog<T>
  readonly #init: FollowerInit<T>
  #cursor: number
  #lostBefore: number
  #endsAfter = Infinity
  #wake: (() => void) | undefined

  constructor(log: FollowLog<T>, init: FollowerInit<T>) {
    this.#log = log
    this.#init = init
    this.#cursor = init.after
    this.#lostBefore = init.lostBefore ?? 0
    log.follow(this)
  }

  /** No more will come; what is there can still be read. */
  end(): void {
    if (this.#endsAfter !== Infinity) return
    this.#endsAfter = this.#log.lastSequence
    this.#log.unfollow(this)
    this.rouse()
  }

  /** Ends when the signal aborts. */
  until(signal: AbortSignal | undefined): this {
    if (signal?.aborted === true) this.end()
    else signal?.addEventListener('abort', () => this.end(), { once: true })
    return this
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    for (;;) {
      const value = this.#take()
      if (value !== undefined) return { done: false, value }
      if (this.#cursor >= this.#endsAfter) return { done: true, value: undefined }
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.end()
    this.#endsAfter = -1
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  rouse(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }

  #take(): T | undefined {
    const last = Math.min(this.#log.lastSequence, this.#endsAfter)
    const first = Math.min(this.#log.firstSequence, last + 1)
    if (this.#endsAfter >= 0 && (this.#lostBefore > 0 || this.#cursor + 1 < first)) {
      const events = this.#lostBefore + Math.max(0, first - 1 - this.#cursor)
      this.#lostBefore = 0
      this.#cursor = Math.max(this.#cursor, first - 1)
      return this.#init.lost(first, events, this.#log.at(first)?.atMs ?? this.#init.nowMs)
    }
    while (this.#cursor < last) {
      const entry = this.#log.at(++this.#cursor)
      if (entry !== undefined && this.#init.wants?.(entry) !== false) return entry
    }
    return undefined
  }
}
