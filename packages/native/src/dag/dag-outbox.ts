import type { NativeBinding } from '../binding.ts'
import type { DagColumns } from './own-dag-backend.ts'

// How much there is of a trace is what a change returns; how many runs ended, and then trace and runs, is in the outbox.
const ENDED_LENGTH = 1
const FIRST = 2
/** Of trace and ended runs together: a command moves a handful of tasks. What does not fit is fetched, in one more call. */
const CAPACITY = 1024

/** Where Rust leaves what a command did. */
export class DagOutbox {
  readonly bytes: Uint8Array
  readonly #words: Int32Array

  constructor() {
    const buffer = new SharedArrayBuffer((FIRST + CAPACITY) * 4)
    this.bytes = new Uint8Array(buffer)
    this.#words = new Int32Array(buffer)
  }

  /** Appends what the last change did to a tracker's trace and ended runs. */
  deliver(t: DagColumns, binding: NativeBinding, handle: number, traceLength: number): void {
    const endedLength = this.#words[ENDED_LENGTH] as number
    const end = t.traceLength + traceLength
    if (end > t.trace.length) grow(t, end)
    let ended = this.#words
    let first = FIRST + traceLength
    if (first + endedLength > this.#words.length) {
      ended = new Int32Array(endedLength)
      first = 0
      binding.dagFetch(handle, t.trace, t.traceLength, ended)
    } else {
      const { trace } = t
      for (let at = FIRST, into = t.traceLength; into < end; at++, into++) trace[into] = this.#words[at] as number
    }
    t.traceLength = end
    for (let at = first; at < first + endedLength; at++) t.endedRuns.push(ended[at] as number)
  }
}

function grow(t: DagColumns, least: number): void {
  const grown = new Int32Array(Math.max(least, t.trace.length * 2))
  grown.set(t.trace)
  t.trace = grown
}
