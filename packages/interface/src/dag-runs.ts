import type { Json, RunId, TaskRow } from './brands.ts'
import type { RunStateName } from './dag.ts'

/** What a run can be found by: short facts its starter or its tasks put on it. At most 64 a run. */
export type RunAttributes = Readonly<Record<string, string | number | boolean>>

/** The task a run is a child of. `row` is gone once the parent run was forgotten. */
export interface ParentTask {
  readonly runId: RunId
  readonly task: string
  readonly row: TaskRow | undefined
}

export interface ChildRun {
  readonly id: RunId
  /** The task of the parent run it was started for. */
  readonly task: string
  readonly state: RunStateName
}

/** A task that waits for a child which will not end any more: it has ended, or it was never started. */
export interface OrphanedWait {
  readonly task: TaskRow
  /** The child it waits for; undefined when there is none. */
  readonly child: RunId | undefined
}

/** Which runs are looked for. What is left out does not matter. */
export interface RunQuery {
  /** Name of the workflow. */
  readonly workflow?: string
  readonly state?: RunStateName | readonly RunStateName[]
  readonly tenant?: string
  /** All of these with exactly these values. */
  readonly attributes?: RunAttributes
  readonly startedAfterMs?: number
  readonly startedBeforeMs?: number
  /** Children of this run. */
  readonly parent?: string
  /** Most runs in one answer, 1 to 1,000. Default 100. */
  readonly limit?: number
  /** `next` of the answer before. */
  readonly after?: string
}

export interface RunSummary {
  readonly id: RunId
  readonly workflow: string
  readonly version: string
  readonly state: RunStateName
  readonly tenant: string
  readonly priority: number
  readonly startedAtMs: number
  readonly endedAtMs: number | undefined
  readonly attributes: RunAttributes
  readonly parent: RunId | undefined
}

export interface RunPage {
  /** Newest first. */
  readonly runs: readonly RunSummary[]
  /** Hand it in as `after` for the following ones; undefined when there are none. */
  readonly next: string | undefined
}

/** What a {@link DagTracker} offers about runs as wholes. */
export interface RunManagement {
  /**
   * READY or RUNNING → WAITING, without a time: the task's work is done by a run that was started with it as `parent`. Durable.
   * When the child has ended, `completeTask` or `failTask` without a token ends the wait. The attempt that waited counts.
   * @throws SymphonyError `TASK_STATE`
   */
  awaitChild(task: TaskRow): void
  /** Runs that were started for tasks of this run and are kept, oldest first. @throws `RUN_UNKNOWN` */
  childrenOf(id: string): readonly ChildRun[]
  /** The task this run was started for; undefined for a run nobody started from within. @throws `RUN_UNKNOWN` */
  parentOf(id: string): ParentTask | undefined
  /** Tasks that wait for a child that has ended or does not exist: what a crash left between the two commands. */
  orphanedWaits(): readonly OrphanedWait[]

  /**
   * Adds attributes to a run, also to an ended one; those it has by the same name are replaced, and `null` removes one. Durable.
   * @throws SymphonyError `RUN_UNKNOWN`, `INVALID_ARGUMENT`
   */
  setAttributes(id: string, attributes: Readonly<Record<string, string | number | boolean | null>>): void
  attributes(id: string): RunAttributes
  /** Runs that are kept and match, newest first. Looks at each run that is kept. @throws `INVALID_ARGUMENT`, `UNKNOWN_KEY` */
  findRuns(query?: RunQuery): RunPage
}
