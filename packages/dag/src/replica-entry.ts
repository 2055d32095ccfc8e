import type { Recoverable } from '@symphony/interface'
import { replayCommand } from './commands.ts'
import { readSnapshot, writeSnapshot } from './snapshot.ts'
import { DagState } from './state.ts'
import type { TableSizes } from './tables.ts'

/** What the log makes of an empty tracker, without anything that could be called: a thread of its own is enough for it. */
export function createReplica(sizes: TableSizes): Recoverable {
  const state = new DagState(sizes)
  return {
    applyCommand: (type, body, lsn) => replayCommand(state, type, body, lsn),
    snapshot: () => writeSnapshot(state),
    restore: (snapshot) => readSnapshot(state, snapshot),
  }
}
