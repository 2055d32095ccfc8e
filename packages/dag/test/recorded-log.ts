import type { CommandLog, ComponentId, Lsn } from '@symphony/interface'
import type { RegionDagTracker } from '@symphony/dag'

/** A log in memory: what was logged can be replayed into another tracker. */
export class RecordedLog implements CommandLog {
  readonly commands: { readonly type: number; readonly body: Uint8Array; readonly lsn: Lsn }[] = []
  readonly #recordBytesMax: number
  #lsn = 0
  #depth = 0
  #bytes = 0

  constructor(recordBytesMax: number = Infinity) {
    this.#recordBytesMax = recordBytesMax
  }

  append(_component: ComponentId, type: number, body: Uint8Array): Lsn {
    if (this.#depth === 0) this.#lsn++
    this.#bytes = body.length + (this.#depth === 0 ? 0 : this.#bytes)
    if (this.#bytes > this.#recordBytesMax) throw new Error('The record is too large.')
    this.commands.push({ type, body: body.slice(), lsn: this.lastLsn })
    return this.lastLsn
  }

  transact<T>(change: () => T): T {
    if (this.#depth === 0) {
      this.#lsn++
      this.#bytes = 0
    }
    this.#depth++
    try {
      return change()
    } finally {
      this.#depth--
    }
  }

  durable(): Promise<void> {
    return Promise.resolve()
  }

  syncBefore(_file: number, write?: () => void): void {
    write?.()
  }

  get lastLsn(): Lsn {
    return this.#lsn as Lsn
  }

  get durableLsn(): Lsn {
    return this.lastLsn
  }

  /** Replays everything from the given command on. */
  replayInto(tracker: RegionDagTracker, from = 0): RegionDagTracker {
    for (const { type, body, lsn } of this.commands.slice(from)) tracker.applyCommand(type, body, lsn)
    return tracker
  }
}
