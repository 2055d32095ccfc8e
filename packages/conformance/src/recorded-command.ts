import type { Lsn } from '@symphony/interface'

/** A command as it was logged. */
export interface RecordedCommand {
  readonly type: number
  readonly body: Uint8Array
  readonly lsn: Lsn
}
