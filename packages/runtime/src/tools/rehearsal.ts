import { createDagTracker } from '@symphony/dag'
import { COMPONENT_IDS } from '@symphony/interface'
import type { DagTracker, Recoverable, RunId, RunStateName, WorkflowSpec } from '@symphony/interface'
import { inspectJournal, readLog } from '@symphony/journal'
import type { Refusal } from '@symphony/journal'
import { fold } from './machine.ts'

/** A task that the next start begins, or begins again: that it was running when its process ended is not written down. */
export interface TaskAgain {
  readonly task: string
  /** Number the attempt gets. */
  readonly attempt: number
  /** Its fencing token is this or, where others begin before it, higher; higher than any before in each case. */
  readonly token: number
}

/** What becomes of a run when its folder is opened. */
export interface RunRehearsal {
  readonly id: RunId
  readonly workflow: string
  readonly version: string
  /** `resumed` and `paused` have not ended and are known; `quarantined` waits for its workflow to be defined; the others have ended. */
  readonly outcome: 'resumed' | 'paused' | 'quarantined' | 'completed' | 'failed' | 'cancelled'
  readonly reason: string | undefined
  readonly again: readonly TaskAgain[]
  /** Tasks that wait for a time or a signal. */
  readonly waiting: number
  /** Tasks that wait for others. */
  readonly pending: number
}

/** What opening a state folder would find and do. */
export interface RecoveryRehearsal {
  readonly folder: string
  /** A process has it open: opening would be refused with `JOURNAL_LOCKED`, and what is running there shows as to be run again. */
  readonly isOpen: boolean
  /** Why opening would refuse; the rest then is what salvage would leave. */
  readonly refusal: Refusal | undefined
  readonly checkpointLsn: number
  readonly lastLsn: number
  /** Records replayed behind the checkpoint. */
  readonly records: number
  /** Bytes of an interrupted write that would be set aside. */
  readonly tornBytes: number
  readonly runs: readonly RunRehearsal[]
}

const ENDED: Readonly<Partial<Record<RunStateName, RunRehearsal['outcome']>>> = { succeeded: 'completed', failed: 'failed', cancelled: 'cancelled', paused: 'paused' }

/** @throws SymphonyError `NOT_FOUND`, `LAYOUT_MISMATCH` */
export async function rehearse(folder: string, workflows: readonly WorkflowSpec[]): Promise<RecoveryRehearsal> {
  const report = await inspectJournal(`${folder}/journal`)
  const log = await readLog(`${folder}/journal`)
  const dag = createDagTracker()
  fold(new Map<number, Recoverable>([[COMPONENT_IDS.dag, dag]]), log)
  dag.afterRecovery()
  for (const workflow of workflows) dag.defineWorkflow(workflow)
  return {
    folder,
    isOpen: report.isOpen,
    refusal: report.refusal,
    checkpointLsn: log.checkpointLsn,
    lastLsn: log.lastLsn,
    records: log.lastLsn - log.checkpointLsn,
    tornBytes: report.isOpen ? 0 : report.tornBytes,
    runs: dag.runs().map((id) => rehearseRun(dag, id)),
  }
}

function rehearseRun(dag: DagTracker, id: RunId): RunRehearsal {
  const { workflow, version, state, reason, progress } = dag.getWorkflowState(id)
  const outcome = ENDED[state] ?? (state === 'quarantined' ? 'quarantined' : 'resumed')
  const isGoingOn = outcome === 'resumed' || outcome === 'quarantined'
  const again = isGoingOn ? dag.tasks(id, { state: 'ready' }).map(({ id: task }) => begin(dag, id, task)) : []
  return { id, workflow, version, outcome, reason, again, waiting: isGoingOn ? progress.waiting : 0, pending: isGoingOn ? progress.pending : 0 }
}

/** Begins it here, where nobody sees it: the numbers are the tracker's own. */
function begin(dag: DagTracker, id: RunId, task: string): TaskAgain {
  const row = dag.taskRow(id, task)
  const token = dag.beginTask(row)
  return { task, attempt: dag.task(row).attempt, token }
}
