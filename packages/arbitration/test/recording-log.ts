import type { CommandLog, Lsn } from '@symphony/interface'
import { nullLog } from '@symphony/ports'

export interface Recorded {
  readonly type: number
  readonly body: Uint8Array
}

/** A log that keeps what is appended, in memory. */
export function recordingLog(): { readonly log: CommandLog; readonly commands: readonly Recorded[] } {
  const commands: Recorded[] = []
  const log: CommandLog = {
    ...nullLog(),
    append(_component, type, body) {
      commands.push({ type, body: body.slice() })
      return commands.length as Lsn
    },
  }
  return { log, commands }
}
