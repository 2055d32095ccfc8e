import type { DagTracker } from '@symphony/interface'
import { readMachine } from '@symphony/runtime'
import { inspectRun } from '../runs/inspection.ts'
import { findRun, readStates, stateFolders } from '../runs/state-folders.ts'
import { commandContext } from './command-context.ts'
import type { GlobalOptions } from './command-context.ts'
import { showInspection } from './inspect-command.ts'

export interface ReplayOptions extends GlobalOptions {
  readonly to: number
  readonly html?: string
  readonly limit?: number
}

/** `symphony replay <run> --to <lsn>`: a run as it was when that record was the last one. */
export async function replayCommand(id: string, options: ReplayOptions): Promise<number> {
  const { terminal, stateBase } = await commandContext(options)
  const folders = stateFolders(stateBase)
  const [only] = folders
  // A run may have been forgotten since: it is looked for as of now only to tell folders apart.
  const folder = folders.length === 1 ? (only as string) : findRun(await readStates(stateBase), id).folder
  const { dag, artifacts, lsn, lastLsn } = await readMachine(folder, { toLsn: options.to })
  const found = findRun([{ folder, view: { dag, isOpen: true, lastLsn: lsn as never } }], id)
  const inspection = inspectRun(found, momentOf(dag, found.id))
  const machine = { runs: dag.runs().length, artifacts: artifacts.metrics().artifacts }
  return showInspection(terminal, { ...inspection, asOf: { lsn, lastLsn, ...machine } }, options)
}

/** The latest time the state speaks of: what was now when it was so. */
function momentOf(dag: DagTracker, id: string): number {
  return dag.tasks(id).reduce((latest, { readyAtMs, startedAtMs, endedAtMs }) => Math.max(latest, readyAtMs, startedAtMs, endedAtMs), dag.getWorkflowState(id).startedAtMs)
}
