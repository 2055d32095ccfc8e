import { createArbitrationEngine } from '@symphony/arbitration'
import { createArtifactStore } from '@symphony/artifacts'
import { createDagTracker } from '@symphony/dag'
import { COMPONENT_IDS } from '@symphony/interface'
import type { ArbitrationEngine, ArtifactStore, DagTracker, Recoverable } from '@symphony/interface'
import { readLog } from '@symphony/journal'
import type { StoredLog } from '@symphony/journal'

/** Everything durable of a state folder as of one record, to look at: nothing done to it reaches the folder. */
export interface Machine {
  readonly dag: DagTracker
  /** Reads the contents where they lie, as far as they still do: what was deleted after this record is gone. */
  readonly artifacts: ArtifactStore
  readonly arbitration: ArbitrationEngine
  /** The record it is as of, and the last one that can be had. */
  readonly lsn: number
  readonly lastLsn: number
}

/** An empty machine over a state folder, and its parts by the number their commands carry. */
export function emptyMachine(folder: string): { readonly machine: Omit<Machine, 'lsn' | 'lastLsn'>; readonly parts: ReadonlyMap<number, Recoverable> } {
  const dag = createDagTracker()
  const artifacts = createArtifactStore({ folder: `${folder}/artifacts`, readOnly: true, search: 'lazy' })
  const arbitration = createArbitrationEngine()
  const parts = new Map<number, Recoverable>([[COMPONENT_IDS.dag, dag], [COMPONENT_IDS.artifacts, artifacts], [COMPONENT_IDS.arbitration, arbitration]])
  return { machine: { dag, artifacts, arbitration }, parts }
}

/** Brings parts to where a stored log ends. */
export function fold(parts: ReadonlyMap<number, Recoverable>, log: StoredLog): void {
  for (const { component, bytes } of log.checkpointSections) parts.get(component)?.restore(bytes)
  log.replay(({ component, type, body, lsn }) => parts.get(component)?.applyCommand(type, body, lsn))
}

/** The machine as of a record. @throws as `readLog`, and what a component throws for commands it does not know */
export async function machineAsOf(folder: string, toLsn: number | undefined): Promise<Machine> {
  const log = await readLog(`${folder}/journal`, toLsn === undefined ? {} : { toLsn })
  const { machine, parts } = emptyMachine(folder)
  fold(parts, log)
  for (const part of parts.values()) part.afterRecovery?.()
  return { ...machine, lsn: log.toLsn, lastLsn: log.lastLsn }
}
