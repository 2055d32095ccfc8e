import type { DagHandle } from '../binding.ts'
import type { DagColumns } from './own-dag-backend.ts'

// How much there is of a trace is what a change returns; how many runs ended, and then trace and runs, is in the outbox.
const ENDED_LENGTH = 1
const FIRST = 2
/** Of trace and ended runs together: a command moves a handful of tasks. What does not fit is fetched, with one more call. */
const CAPACITY = 4096

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
  deliver(t: DagColumns, handle: DagHandle, traceLength: number): void {
    const endedLength = this.#words[ENDED_LENGTH] as number
    if (traceLength + endedLength <= CAPACITY) append(t, this.#words, FIRST, traceLength, endedLength)
    else {
      const all = new Int32Array(traceLength + endedLength)
      handle.fetch(all)
      append(t, all, 0, traceLength, endedLength)
    }
  }
}

function append(t: DagColumns, from: Int32Array, first: number, traceLength: number, endedLength: number): void {
  const end = t.traceLength + traceLength
  if (end > t.trace.length) grow(t, end)
  const { trace } = t
  for (let at = 0, into = t.traceLength; at < traceLength; at++, into++) trace[into] = from[first + at] as number
  t.traceLength = end
  for (let at = first + traceLength; at < first + traceLength + endedLength; at++) t.endedRuns.push(from[at] as number)
}

function grow(t: DagColumns, least: number): void {
  const grown = new Int32Array(Math.max(least, t.trace.length * 2))
  grown.set(t.trace)
  t.trace = grown
}
