import type { Json, StreamEvent } from '@symphony/interface'
import { STREAM_BYTES_MAX, STREAM_ENTRIES_MAX, STREAMS_BYTES_MAX } from '../limits.ts'
import type { RunData } from '../state.ts'
import { Follower, FollowLog } from './follow-log.ts'

/**
 * What tasks say while they run, by run: kept up to a bound until the run is forgotten, never logged. When all runs together keep
 * too much, the one that has been silent longest loses its oldest.
 */
export class Streams {
  /** In order of their last chunk. */
  readonly #logs = new Map<RunData, FollowLog<StreamEvent>>()
  /** The run of the last chunk: one that streams alone stays where it is. */
  #latest: RunData | undefined
  #bytes = 0

  emit(data: RunData, task: string, attempt: number, value: Json | Uint8Array, nowMs: number): void {
    const log = this.#logOf(data)
    const before = log.bytes
    log.add({ type: 'chunk', sequence: log.lastSequence + 1, task, attempt, value, atMs: nowMs }, sizeOf(value))
    this.#bytes += log.bytes - before
    if (this.#latest !== data) {
      this.#latest = data
      this.#logs.delete(data)
      this.#logs.set(data, log)
    }
    while (this.#bytes > STREAMS_BYTES_MAX) this.#dropOldest()
  }

  follow(data: RunData, task: string | undefined, after: number, nowMs: number): Follower<StreamEvent> {
    const log = this.#logOf(data)
    // A number that was never reached here comes from before a restart: all there is comes after it.
    const isForeign = after > log.lastSequence
    return new Follower(log, {
      after: isForeign ? 0 : after,
      lostBefore: isForeign ? 1 : 0,
      nowMs,
      lost: (sequence, events, atMs) => ({ type: 'lost', sequence, events, atMs }),
      wants: (event) => task === undefined || event.type !== 'chunk' || event.task === task,
    })
  }

  ended(data: RunData): void {
    if (this.#logs.size > 0) this.#logs.get(data)?.end()
  }

  forget(data: RunData): void {
    if (this.#logs.size === 0) return
    const log = this.#logs.get(data)
    if (log === undefined) return
    log.end()
    this.#bytes -= log.bytes
    this.#logs.delete(data)
    if (this.#latest === data) this.#latest = undefined
  }

  /** Runs are other objects now. @param find the one there is in place of another, undefined when it is gone */
  rebuilt(find: (former: RunData) => RunData | undefined): void {
    const former = [...this.#logs]
    this.#logs.clear()
    this.#latest = undefined
    for (const [data, log] of former) {
      const now = find(data)
      if (now !== undefined) this.#logs.set(now, log)
      else {
        log.end()
        this.#bytes -= log.bytes
      }
    }
  }

  close(): void {
    for (const log of this.#logs.values()) log.end()
  }

  #logOf(data: RunData): FollowLog<StreamEvent> {
    const known = this.#logs.get(data)
    if (known !== undefined) return known
    const log = new FollowLog<StreamEvent>(0, STREAM_ENTRIES_MAX, STREAM_BYTES_MAX)
    this.#logs.set(data, log)
    return log
  }

  #dropOldest(): void {
    for (const log of this.#logs.values()) {
      if (log.bytes === 0) continue
      const before = log.bytes
      log.dropOldest()
      this.#bytes += log.bytes - before
      return
    }
  }
}

/** About what a value holds in memory. Texts and bytes, which chunks mostly are, are not looked into. */
function sizeOf(value: Json | Uint8Array): number {
  if (typeof value === 'string') return 32 + value.length * 2
  if (value instanceof Uint8Array) return 64 + value.byteLength
  return typeof value === 'object' && value !== null ? 64 + JSON.stringify(value).length * 2 : 32
}
