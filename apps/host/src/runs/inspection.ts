import type { DagTracker, ErrorData, Json, TaskReport, TaskStateName } from '@symphony/interface'
import { criticalPath } from './critical-path.ts'
import type { CriticalPath } from './critical-path.ts'
import { runHead } from './run-head.ts'
import type { RunHead } from './run-head.ts'
import type { FoundRun } from './state-folders.ts'

/** A task of a run, with the times people ask for. A time that never came is null. */
export interface InspectedTask {
  readonly id: string
  readonly type: string
  readonly state: TaskStateName
  readonly attempts: number
  readonly recalled: boolean
  readonly needs: readonly string[]
  readonly readyAtMs: number | null
  /** Begin and end of the last attempt. */
  readonly startedAtMs: number | null
  readonly endedAtMs: number | null
  /** From READY to the start of the last attempt. */
  readonly waitMs: number | null
  readonly tookMs: number | null
  readonly output: string | null
  readonly error: ErrorData | null
}

/** Everything the state folder knows about a run. */
export interface Inspection {
  readonly run: RunHead
  readonly input: Json
  readonly outputs: Readonly<Record<string, string>>
  readonly criticalPath: CriticalPath
  /** Ids of the tasks that took longest, longest first. */
  readonly slowest: readonly string[]
  readonly failures: readonly { readonly task: string; readonly error: ErrorData }[]
  readonly tasks: readonly InspectedTask[]
  /** Set where this is not the present: the record it is as of, the last one there is, and what else there was. */
  readonly asOf?: { readonly lsn: number; readonly lastLsn: number; readonly runs: number; readonly artifacts: number }
}

const SLOWEST = 10

/** Collects everything about a run. */
export function inspectRun(found: FoundRun, nowMs: number): Inspection {
  const { dag } = found.view
  const report = dag.getWorkflowState(found.id)
  const tasks = dag.tasks(found.id).map((task) => inspectTask(dag, found.id, task))
  return {
    run: runHead(found, nowMs),
    input: report.input,
    outputs: report.outputs,
    criticalPath: criticalPath(tasks, dag.criticalPath(found.id).tasks),
    slowest: tasks.filter(({ tookMs }) => (tookMs ?? 0) > 0).sort((a, b) => (b.tookMs ?? 0) - (a.tookMs ?? 0)).slice(0, SLOWEST).map(({ id }) => id),
    failures: report.failures,
    tasks,
  }
}

function inspectTask(dag: DagTracker, run: string, task: TaskReport): InspectedTask {
  const wasReached = task.state !== 'pending' && task.readyAtMs > 0
  const readyAtMs = wasReached ? task.readyAtMs : null
  const endedAtMs = task.endedAtMs > 0 ? task.endedAtMs : null
  // A recalled result was never begun, and a skipped task neither.
  const startedAtMs = task.startedAtMs > 0 && !task.recalled ? task.startedAtMs : null
  return {
    id: task.id,
    type: task.type,
    state: task.state,
    attempts: task.attempt,
    recalled: task.recalled,
    needs: dag.needs(dag.taskRow(run, task.id)).map(({ id }) => id),
    readyAtMs,
    startedAtMs,
    endedAtMs,
    waitMs: readyAtMs === null || startedAtMs === null ? null : Math.max(0, startedAtMs - readyAtMs),
    tookMs: startedAtMs === null || endedAtMs === null ? null : Math.max(0, endedAtMs - startedAtMs),
    output: task.output ?? null,
    error: task.error ?? null,
  }
}
