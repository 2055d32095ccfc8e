import type { RunId, WorkflowSpec } from '@symphony/interface'
import type { LogRange, SalvageReport } from '@symphony/journal'
import type { StoredForkOptions } from './tools/fork-stored.ts'
import type { ArtifactsReport, LogReport } from './tools/inspect-state.ts'
import type { LogEntries } from './tools/log-entries.ts'
import type { Machine } from './tools/machine.ts'
import type { RecoveryRehearsal } from './tools/rehearsal.ts'
import type { StateSalvagePlan } from './tools/salvage-state.ts'
import type { StateCheck } from './tools/state-check.ts'

// Who only runs workflows does not load what looks at their states: each of these loads its part when it is called.

/**
 * The whole durable state of a folder as it was when record `toLsn` was the last one: runs, artifacts, budgets. Takes no lock and
 * writes nothing; also of a folder that does not open, as far as its log goes without a gap.
 *
 * @throws SymphonyError `NOT_FOUND`, `INVALID_ARGUMENT` for a record out of reach (`details.earliestLsn`, `details.lastLsn`),
 * `LAYOUT_MISMATCH`
 * @example
 * const { dag, artifacts } = await readMachine('./state', { toLsn: 1200 })
 * console.log(dag.tasks('the-run', { state: 'succeeded' }), artifacts.metrics().artifacts)
 */
export async function readMachine(folder: string, { toLsn }: { readonly toLsn?: number } = {}): Promise<Machine> {
  const { machineAsOf } = await import('./tools/machine.ts')
  return machineAsOf(folder, toLsn)
}

/**
 * The commands of a state folder's log as people read them: by component and name, with the run and the task they are about. Without
 * `fromLsn`, all behind the newest checkpoint; without `toLsn`, `read` may be called again for what has come since. Reads beside the
 * process that writes.
 *
 * @throws as `readLog` of the journal
 * @example
 * const entries = await readLogEntries('./state', { fromLsn: 1 })
 * entries.read(({ lsn, component, name, run, task }) => console.log(lsn, component, name, run, task))
 */
export async function readLogEntries(folder: string, range: LogRange = {}): Promise<LogEntries> {
  const { logEntries } = await import('./tools/log-entries.ts')
  return logEntries(folder, range)
}

/**
 * What lies in the log of a state folder: `inspectJournal` of the journal, with the names of commands and components.
 *
 * @throws SymphonyError `NOT_FOUND`, `LAYOUT_MISMATCH`
 */
export async function inspectLog(folder: string): Promise<LogReport> {
  const { inspectNamed } = await import('./tools/inspect-state.ts')
  return inspectNamed(folder)
}

/**
 * Reads every artifact of a state folder back, and tells those that are not what was put, each with its file and offset. Takes no lock and
 * writes nothing.
 *
 * @throws as {@link readMachine}
 */
export async function verifyArtifacts(folder: string): Promise<ArtifactsReport> {
  const { verifyStored } = await import('./tools/inspect-state.ts')
  return verifyStored(folder)
}

/**
 * Looks at everything a state folder holds: format, lock, space, every frame of the log, every checkpoint, every artifact; and whether
 * the newest checkpoint is what replaying the log gives. Takes no lock and writes nothing. Reads all of it: as long as that takes.
 *
 * @throws SymphonyError `NOT_FOUND` when there is no state
 * @example
 * for (const { name, level, says, next } of await examineState('./state')) console.log(level, name, says, next ?? '')
 */
export async function examineState(folder: string): Promise<readonly StateCheck[]> {
  const { checksOf } = await import('./tools/examine-state.ts')
  return checksOf(folder)
}

/**
 * What opening a state folder with these workflows would find and do: records replayed, what becomes of each run, and which tasks are
 * begun under which attempt and token. Takes no lock and writes nothing.
 *
 * @throws SymphonyError `NOT_FOUND`, `LAYOUT_MISMATCH`
 * @example
 * const { runs } = await rehearseRecovery('./state', { workflows: [nightly] })
 * console.log(runs.filter(({ outcome }) => outcome === 'resumed'))
 */
export async function rehearseRecovery(folder: string, { workflows = [] }: { readonly workflows?: readonly WorkflowSpec[] } = {}): Promise<RecoveryRehearsal> {
  const { rehearse } = await import('./tools/rehearsal.ts')
  return rehearse(folder, workflows)
}

/**
 * What {@link salvageState} would keep of a state folder whose log is damaged, and what it would give up, by runs and tasks. Writes nothing.
 *
 * @throws SymphonyError `NOT_FOUND`, `LAYOUT_MISMATCH`
 */
export async function planStateSalvage(folder: string): Promise<StateSalvagePlan> {
  const { planOfState } = await import('./tools/salvage-state.ts')
  return planOfState(folder)
}

/**
 * Makes a state folder with a damaged log open again: see `salvageJournal` of the journal. Does nothing to one that opens.
 *
 * @throws SymphonyError `JOURNAL_LOCKED`, `NOT_FOUND`, `LAYOUT_MISMATCH`, `STORAGE_FULL`, …
 */
export async function salvageState(folder: string): Promise<StateSalvagePlan & SalvageReport> {
  const { salvageOfState } = await import('./tools/salvage-state.ts')
  return salvageOfState(folder)
}

/**
 * Forks a run in a state folder nobody has open, without the code of its workflow: the new run is written down, and goes on where a
 * runtime opens the folder that knows the workflow. With the code at hand, `handle.fork` begins it at once.
 *
 * @throws SymphonyError `JOURNAL_LOCKED`, and those of `forkRun`: `RUN_UNKNOWN`, `NOT_FOUND`, `TASK_STATE`, `ALREADY_EXISTS`, …
 * @example
 * const id = await forkStoredRun('./state', 'the-run', { from: 'summarise', outputs: { read: { pages: 3 } } })
 */
export async function forkStoredRun(folder: string, run: string, options: StoredForkOptions): Promise<RunId> {
  const { forkIn } = await import('./tools/fork-stored.ts')
  return forkIn(folder, run, options)
}
