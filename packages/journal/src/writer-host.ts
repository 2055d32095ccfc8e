import type { CheckpointSection, SymphonyError } from '@symphony/interface'
import type { RecordRing } from './record-ring.ts'
import type { WriterPosition } from './recovery.ts'

/** Figures the writer keeps. */
export interface WriterFigures {
  readonly bytes: number
  readonly commits: number
  readonly segments: number
}

/**
 * Who empties the ring: a thread, or the caller itself. The journal fills the ring and asks; nothing here is called by users.
 */
export interface WriterHost {
  readonly ring: RecordRing
  /** Records were published. Does nothing while the writer is at work. */
  published(): void
  /** Stands still until the writer has made some progress. Returns at once after a failure. */
  waitForProgress(): void
  /** The last durable record. */
  durableLsn(): number
  /** Somebody waits: calls `onProgress` once records have become durable or the writer has failed. */
  watch(): void
  /** Nobody waits any more. */
  unwatch(): void
  failure(): SymphonyError | undefined
  /** Forces everything up to a published record, whatever the durability class. */
  sync(lsn: number): Promise<void>
  /** @param sections undefined: the checkpoint is in its place already */
  checkpoint(lsn: number, sections: readonly CheckpointSection[] | undefined): Promise<void>
  figures(): WriterFigures
  /** Writes what is left, ends the log orderly and lets go of everything. Never rejects: see `failure`. */
  close(): Promise<void>
}

/** Called when records have become durable, or the writer has failed. */
export type OnProgress = () => void

/** A thread that is started before it is handed the log. */
export interface LateThread extends WriterHost {
  /** Resolves when it waits for its position; rejects when it never came to that. */
  readonly started: Promise<void>
  /** Whether `started` is there, also before anybody could be told. */
  hasStarted(): boolean
  /** Goes on where another writer has stopped. Once, after `started`. */
  begin(position: WriterPosition): void
  /** Ends a thread that never began. */
  abandon(): Promise<void>
}
