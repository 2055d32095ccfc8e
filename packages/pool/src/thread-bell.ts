import type { PoolRegion } from './layout.ts'

/**
 * How the thread that runs the pool hears of slots that other threads gave back: it raises `attention`, the first thread to
 * give something back lowers it and rings. One ring may stand for many slots, so a busy thread costs the writer one wake-up.
 */
export class ThreadBell {
  readonly #words: PoolRegion['words']
  readonly #heard: () => void
  readonly #isNeeded: () => boolean
  #isListening = false
  #isClosed = false

  constructor(region: PoolRegion, isNeeded: () => boolean, heard: () => void) {
    this.#words = region.words
    this.#isNeeded = isNeeded
    this.#heard = heard
  }

  /** Whether other threads take part at all. */
  get hasOthers(): boolean {
    return (this.#words.attachedThreads[0] as number) > 0
  }

  /** Listens from now on. What came back just before is looked at as well, so nothing falls between. */
  listen(): void {
    if (this.#isListening || this.#isClosed) return
    this.#isListening = true
    const seen = Atomics.load(this.#words.bell, 0)
    Atomics.store(this.#words.attention, 0, 1)
    const waiting = Atomics.waitAsync(this.#words.bell, 0, seen)
    if (this.hasOthers) queueMicrotask(this.#look)
    void (waiting.async ? waiting.value : Promise.resolve()).then(this.#rung)
  }

  close(): void {
    this.#isClosed = true
    Atomics.notify(this.#words.bell, 0)
  }

  readonly #look = (): void => {
    if (!this.#isClosed) this.#heard()
  }

  readonly #rung = (): void => {
    this.#isListening = false
    if (this.#isClosed) return
    if (this.#isNeeded()) this.listen()
    else this.#heard()
  }
}

/** For the other threads: a slot came back. */
export function ring(region: PoolRegion): void {
  if (Atomics.compareExchange(region.words.attention, 0, 1, 0) !== 1) return
  Atomics.add(region.words.bell, 0, 1)
  Atomics.notify(region.words.bell, 0)
}
