import type { Recoverable } from '@symphony/interface'
import { ArtifactState } from './artifact-state.ts'
import { replayCommand } from './command-replay.ts'
import { restoreState, snapshotState } from './state-snapshot.ts'

/** What the log makes of an empty store that has a folder, which is not touched: contents are no part of its state. */
export function createReplica({ artifactsMax }: { readonly artifactsMax: number }): Recoverable {
  const state = new ArtifactState(artifactsMax)
  return {
    applyCommand(type, body, lsn) {
      replayCommand(state, type, body)
      state.region.appliedLsn[0] = lsn
    },
    snapshot: () => snapshotState(state, undefined),
    restore: (snapshot) => restoreState(state, undefined, snapshot),
  }
}
