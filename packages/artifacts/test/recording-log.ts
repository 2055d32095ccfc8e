import type { CommandLog, ComponentId, Lsn } from '@symphony/interface'
import { assert } from '@symphony/interface'

/** One command as it was logged. */
export interface Recorded {
  readonly lsn: Lsn
  readonly component: ComponentId
  readonly type: number
  readonly body: Uint8Array
}

/**
 * A log kept in memory, outliving the stores that write to it. Records become durable when `commit` says so (at once by default),
 * after the files that were to be forced first.
 */
export class RecordingLog implements CommandLog {
  readonly commands: Recorded[] = []
  /** What happened, in order: `sync 7` for a file to be forced, `record 3` for a record. */
  readonly trace: string[] = []
  isHeld = false
  /** Files are written when `handOver` is called; otherwise at once. */
  isCollecting = false
  readonly #writes = new Set<() => void>()
  /** When set, the next append fails with it. */
  failure: Error | undefined
  #lsn = 0
  #durable = 0
  #depth = 0
  readonly #waiting: { readonly lsn: number; readonly resolve: () => void }[] = []

  append(component: ComponentId, type: number, body: Uint8Array): Lsn {
    if (this.failure !== undefined) throw this.failure
    if (this.#depth === 0) this.#lsn++
    this.commands.push({ lsn: this.#lsn as Lsn, component, type, body: body.slice() })
    this.trace.push(`record ${type}`)
    if (this.#depth === 0 && !this.isHeld) this.commit()
    return this.#lsn as Lsn
  }

  transact<T>(change: () => T): T {
    if (this.#depth === 0) this.#lsn++
    this.#depth++
    try {
      return change()
    } finally {
      this.#depth--
      if (this.#depth === 0 && !this.isHeld) this.commit()
    }
  }

  durable(lsn: Lsn): Promise<void> {
    assert(lsn <= this.#lsn, 'only what was logged is waited for')
    return new Promise((resolve) => {
      this.#waiting.push({ lsn, resolve })
      this.#wake()
    })
  }

  syncBefore(file: number, write?: () => void): void {
    this.trace.push(`sync ${file}`)
    if (write === undefined) return
    if (this.isCollecting) this.#writes.add(write)
    else write()
  }

  /** Hands over what was logged: now what it refers to has to be written. */
  handOver(): void {
    for (const write of this.#writes) write()
    this.#writes.clear()
  }

  /** Everything logged so far is durable. */
  commit(): void {
    this.#durable = this.#lsn
    this.#wake()
  }

  get lastLsn(): Lsn {
    return this.#lsn as Lsn
  }

  get durableLsn(): Lsn {
    return this.#durable as Lsn
  }

  #wake(): void {
    for (const { lsn, resolve } of this.#waiting) if (lsn <= this.#durable) resolve()
  }
}
