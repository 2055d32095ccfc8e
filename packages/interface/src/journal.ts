import type { Lsn } from './brands.ts'
import type { CommandLog, ComponentId } from './ports.ts'

/**
 * When a caller that asks for it is told "durable".
 * - `group` (default): after the fsync its record shared with others.
 * - `sync`: the same promise; the writer also commits without waiting for company.
 * - `none`: at once. For tests and throw-away state; the name says what you get.
 */
export type Durability = 'group' | 'sync' | 'none'

/** One command inside a record, as replay hands it out. `body` is a view that is valid during the callback only. */
export interface LoggedCommand {
  readonly lsn: Lsn
  readonly component: ComponentId
  readonly type: number
  readonly body: Uint8Array
}

/** A component's part of a checkpoint. */
export interface CheckpointSection {
  readonly component: ComponentId
  readonly bytes: Uint8Array
}

/** What `replay` went through. */
export interface ReplayReport {
  readonly records: number
  readonly commands: number
  readonly firstLsn: Lsn
  readonly lastLsn: Lsn
  /** The newest checkpoint's LSN, 0 without one. */
  readonly checkpointLsn: Lsn
  /** Bytes of a torn tail that were set aside and cut. */
  readonly tornBytes: number
}

/** Figures since opening. */
export interface JournalMetrics {
  readonly records: number
  readonly bytes: number
  readonly commits: number
  readonly segments: number
  readonly lastLsn: Lsn
  readonly durableLsn: Lsn
}

/**
 * The write-ahead log. Opening recovers it: afterwards `checkpoint()` and `replay` hand out what was durable, in order, each
 * record whole; then it accepts new records.
 */
export interface Journal extends CommandLog, AsyncDisposable {
  /** Sections of the newest checkpoint that verifies; empty on a fresh log. */
  readonly checkpointSections: readonly CheckpointSection[]
  /** Hands every command after the checkpoint to `apply`, in order. Call it once, before the first append. */
  replay(apply: (command: LoggedCommand) => void): ReplayReport
  /**
   * Writes a checkpoint of the state as of a record and drops segments it makes needless. Crash-atomic: the former one stays
   * until the new one is on the device and has been read back.
   *
   * @param asOf the last record the sections contain; what was logged since is replayed onto them. Default: `lastLsn`
   * @throws SymphonyError (rejects) `INVALID_ARGUMENT` for a record that was not logged, or inside `transact`
   */
  checkpoint(sections: readonly CheckpointSection[], asOf?: Lsn): Promise<Lsn>
  /**
   * Takes over a checkpoint that is in its place already, as another thread has written it, forced it and read it back beside this
   * journal, and drops segments it makes needless: so its bytes never pass through this thread. All it contains has to be durable.
   *
   * @throws SymphonyError (rejects) `NOT_FOUND` when there is no such checkpoint of this log, `INVALID_ARGUMENT` for a record that was not logged
   */
  adoptCheckpoint(asOf: Lsn): Promise<void>
  /** Everything logged so far is durable when this resolves. */
  flush(): Promise<void>
  metrics(): JournalMetrics
  close(): Promise<void>
}
