import { createDagTracker } from '@symphony/dag'
import { COMPONENT_IDS } from '@symphony/interface'
import type { DagTracker, Logger, Lsn } from '@symphony/interface'
import { isFolderOpen, openJournal } from '@symphony/journal'

/** A state folder as it was at one moment, to look at. */
export interface StateView {
  /**
   * All runs the folder keeps. Nothing done to this tracker reaches the folder. Functions are not journaled: a run that has not ended
   * is `quarantined` here until its workflow is defined, and a task that is running is `ready`, because beginning is not journaled.
   */
  readonly dag: DagTracker
  /** A process has the folder open: what has not ended may be going on this moment. */
  readonly isOpen: boolean
  /** The last record that was read. */
  readonly lastLsn: Lsn
}

/**
 * Reads the runs of a state folder without its lock and without writing: beside a process that works in it, and of a folder no program
 * can open any more.
 *
 * @throws SymphonyError `NOT_FOUND` when there is no state, `JOURNAL_CORRUPT`, `LAYOUT_MISMATCH`
 * @example
 * const { dag } = await readState('./state')
 * for (const id of dag.runs()) console.log(id, dag.getWorkflowState(id).state)
 */
export async function readState(folder: string, ports: { readonly logger?: Logger } = {}): Promise<StateView> {
  const journalFolder = `${folder}/journal`
  const isOpen = isFolderOpen(journalFolder)
  await using journal = await openJournal({ folder: journalFolder, readOnly: true }, ports)
  const dag = createDagTracker({}, ports)
  for (const { component, bytes } of journal.checkpointSections) if (component === COMPONENT_IDS.dag) dag.restore(bytes)
  const { lastLsn } = journal.replay(({ component, type, body, lsn }) => {
    if (component === COMPONENT_IDS.dag) dag.applyCommand(type, body, lsn)
  })
  dag.afterRecovery()
  return { dag, isOpen, lastLsn }
}
