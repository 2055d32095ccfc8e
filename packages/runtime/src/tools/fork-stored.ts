import { createArtifactStore } from '@symphony/artifacts'
import { createDagTracker } from '@symphony/dag'
import { COMPONENT_IDS } from '@symphony/interface'
import type { Json, Recoverable, RunId } from '@symphony/interface'
import { openJournal } from '@symphony/journal'

/** What the fork of a stored run begins with. */
export interface StoredForkOptions {
  /** Tasks that are done again, with all that depends on them. */
  readonly from?: string | readonly string[]
  /** Name of the new run. Default: a fresh one. */
  readonly id?: string
  /** Outputs that take the place of what these tasks left. */
  readonly outputs?: Readonly<Record<string, Json>>
}

/** Opens the folder, writes the fork down, and closes it: nothing is run. */
export async function forkIn(folder: string, run: string, { outputs = {}, ...options }: StoredForkOptions): Promise<RunId> {
  await using journal = await openJournal({ folder: `${folder}/journal`, threadAfterCommits: Number.MAX_SAFE_INTEGER })
  const ports = { log: journal }
  const dag = createDagTracker({}, ports)
  const artifacts = createArtifactStore({ folder: `${folder}/artifacts`, search: false }, ports)
  const parts = new Map<number, Recoverable>([[COMPONENT_IDS.dag, dag], [COMPONENT_IDS.artifacts, artifacts]])
  try {
    for (const { component, bytes } of journal.checkpointSections) parts.get(component)?.restore(bytes)
    journal.replay(({ component, type, body, lsn }) => parts.get(component)?.applyCommand(type, body, lsn))
    for (const part of parts.values()) part.afterRecovery?.()
    // What is edited and what is made of it are one record.
    const id = journal.transact(() => {
      const edited = Object.entries(outputs).map(([task, value]) => [task, artifacts.putJson(value, { madeBy: 'edit', text: false })] as const)
      return dag.forkRun(run, { ...options, whenUndefined: 'quarantine', ...(edited.length === 0 ? {} : { outputs: Object.fromEntries(edited) }) })
    })
    await journal.flush()
    return id
  } finally {
    await artifacts.close()
  }
}
