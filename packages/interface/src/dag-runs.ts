import type { ArtifactRef, Json, RunId, TaskRow } from './brands.ts'
import type { RunStateName, TaskStateName, Template } from './dag.ts'
import type { WorkflowSpec } from './workflow.ts'

/** What a run can be found by: short facts its starter or its tasks put on it. At most 64 a run. */
export type RunAttributes = Readonly<Record<string, string | number | boolean>>

/**
 * What an attribute has to be like; all that is given has to hold. Numbers are compared with numbers, texts with texts, by their code
 * units: an attribute of another kind passes no range.
 */
export interface AttributeTest {
  readonly gt?: string | number
  readonly gte?: string | number
  readonly lt?: string | number
  readonly lte?: string | number
  /** One of these. */
  readonly in?: readonly (string | number | boolean)[]
  /** A text that begins so. */
  readonly prefix?: string
}

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
  /** All of these, each with exactly this value, or passing this test. */
  readonly attributes?: Readonly<Record<string, string | number | boolean | AttributeTest>>
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

/** When a workflow is started by itself. Either `cron` or `everyMs`. */
export interface ScheduleSpec {
  readonly id: string
  /** Five fields, or six with seconds first, or a name such as `@daily`. */
  readonly cron?: string
  /** Interval, ms, counted from when it was scheduled. At least 100. */
  readonly everyMs?: number
  /** Name of the workflow; its newest version at that time runs. */
  readonly workflow: string
  readonly input?: Json
  readonly tenant?: string
  readonly priority?: number
  /** IANA name for `cron`. Default `UTC`. */
  readonly timezone?: string
  /** While the run before is still open: start another (default), skip this time, or cancel that one. */
  readonly overlap?: 'allow' | 'skip' | 'cancel'
  /**
   * Times that passed while nobody was there: start a run for each, for the last of them (default), or for none that is more
   * than a minute late.
   */
  readonly catchUp?: 'all' | 'last' | 'none'
}

export interface ScheduleReport extends ScheduleSpec {
  /** Undefined when it has no further times. */
  readonly nextMs: number | undefined
  readonly lastMs: number | undefined
  readonly lastRun: RunId | undefined
  /** Runs started. */
  readonly fired: number
  /** Times left out because the run before was still open. */
  readonly skipped: number
}

/** A piece of what a task says while it runs, or how many older ones a reader does not get any more. */
export type StreamEvent =
  | { readonly type: 'chunk'; readonly sequence: number; readonly task: string; readonly attempt: number; readonly value: Json | Uint8Array; readonly atMs: number }
  /** `events` counts chunks of all tasks of the run; `sequence` is that of the oldest there is. */
  | { readonly type: 'lost'; readonly sequence: number; readonly events: number; readonly atMs: number }

export interface StreamOptions {
  /** Chunks of this task only. Default: of all. */
  readonly task?: string
  /** The last chunk the reader knows. Default 0: everything that is kept. */
  readonly fromSequence?: number
  /** Ends the stream. */
  readonly signal?: AbortSignal
}

/** A task and what is to be said about it. */
export interface TaskBlocker {
  readonly task: string
  readonly reason: string
}

/** What another version of its workflow would make of a run. */
export interface RunUpgrade {
  readonly id: RunId
  /** The version it has. */
  readonly version: string
  readonly state: RunStateName
  /** Tasks that stay as they are, those added at run time included. */
  readonly kept: readonly string[]
  /** Tasks that exist in both, and why they are not what they were. They are done again unless the hook says otherwise. */
  readonly changed: readonly TaskBlocker[]
  readonly added: readonly string[]
  /** Tasks that go: not in the new version, or added at run time by one that is done again. */
  readonly removed: readonly string[]
  readonly running: readonly string[]
  readonly canMove: boolean
  /** Why it cannot be moved now. */
  readonly blockers: readonly TaskBlocker[]
}

export interface UpgradePlan {
  readonly workflow: string
  readonly version: string
  readonly hash: string
  /** Open runs of the workflow that have another shape. */
  readonly runs: readonly RunUpgrade[]
}

/** A task of the new version, as a hook is asked about it. */
export interface MigrationContext {
  readonly runId: RunId
  readonly task: string
  readonly change: 'kept' | 'changed' | 'added'
  /** Why it is not kept. */
  readonly reason: string | undefined
  /** Its state and output in the run; undefined when it is added. */
  readonly state: TaskStateName | undefined
  readonly output: ArtifactRef | undefined
}

/**
 * Decides about a task: keep an outcome although the task changed, have it done again, or give the output it shall have succeeded
 * with. Undefined leaves it as planned. Asked in the order of the graph: what needs a task knows what was decided about it.
 */
export type MigrationHook = (context: MigrationContext) => 'keep' | 'reset' | { readonly output: ArtifactRef } | undefined

export interface ForkOptions {
  /** Tasks to be done again, with everything that depends on them. May be left out where `outputs` are given. */
  readonly from?: string | readonly string[]
  /**
   * Outputs tasks shall have left instead, whatever became of them: they have succeeded in the fork, and what depends on them is done
   * again. What they had added to the run, and whom they went on to, stays.
   */
  readonly outputs?: Readonly<Record<string, ArtifactRef>>
  /** Forking again under the same id returns the run that exists. Default: a fresh id. */
  readonly id?: string
  /** Default: the input of the run that is forked. Tasks that keep their outputs do not see another one. */
  readonly input?: Json
  /**
   * What becomes of the fork where the workflow is not defined in this process: `refuse` (default) throws `WORKFLOW_UNKNOWN`; with
   * `quarantine` it is written down all the same, and waits for the definition as a run does after a restart.
   */
  readonly whenUndefined?: 'refuse' | 'quarantine'
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
  /** The run that was started last to undo what this one did; its id also when it was forgotten since. @throws `RUN_UNKNOWN` */
  undoingOf(id: string): RunId | undefined
  /** Tasks that wait for a child that has ended or does not exist: what a crash left between the two commands. */
  orphanedWaits(): readonly OrphanedWait[]

  /**
   * Sets tasks of an ended or paused run, and everything that depends on them, back to be done again. What they had added is
   * dropped. An ended run goes on. The id of a task with `map` stands for all its elements.
   * @returns how many tasks were set back
   * @throws SymphonyError `RUN_UNKNOWN`, `NOT_FOUND`, `TASK_STATE` (going on, or it would only be skipped again), `WORKFLOW_UNKNOWN`
   */
  retryFrom(id: string, tasks: string | readonly string[]): number
  /**
   * Sets everything of an ended or paused run back that ended after a time (in `Clock.nowMs`) or after a task, with what depends
   * on it. A run that has ended goes on.
   * @returns how many tasks were set back; 0 changes nothing
   * @throws SymphonyError `RUN_UNKNOWN`, `NOT_FOUND`, `TASK_STATE`, `INVALID_ARGUMENT`, `WORKFLOW_UNKNOWN`
   */
  rollback(id: string, to: { readonly toMs: number } | { readonly toTask: string }): number
  /**
   * Starts a new run of the same definition, tenant, priority and attributes, in which everything outside the cone of `from` is as
   * it is in the run that is forked: outcomes, outputs, tasks that were added. Done again are the cone, what was not done yet, and
   * failures that fail the run. What is kept, or given by `outputs`, counts as recalled. The forked run is not touched; signals it
   * keeps stay there. The id of a task with `map` stands for all its elements.
   * @throws SymphonyError `RUN_UNKNOWN`, `NOT_FOUND`, `TASK_STATE` (it would only be skipped again), `CAPACITY_EXCEEDED`, `ALREADY_EXISTS`,
   *   `WORKFLOW_UNKNOWN`, `INVALID_ARGUMENT`
   */
  forkRun(id: string, options: ForkOptions): RunId

  /**
   * What a new version of a workflow would do to its open runs, without doing or defining anything.
   * @throws SymphonyError of `defineWorkflow`
   */
  planUpgrade(workflow: string | Template | WorkflowSpec, options?: { readonly hook?: MigrationHook }): UpgradePlan
  /**
   * Moves an open run to another version of its workflow; until then a run keeps the one it was started with. Tasks whose own
   * definition and, over hard and soft needs, everything above is unchanged keep state and output; others are done again. Task rows
   * change, so nothing of the run may be running: pause it and wait. A run that is quarantined because its version is no longer
   * defined goes on. Watchers are told by a `run` transition.
   * @throws SymphonyError `TASK_STATE` (`details.blockers`), `RUN_ENDED`, `RUN_UNKNOWN`, `INVALID_ARGUMENT` (another workflow, or the
   *   hook says what cannot be), `CAPACITY_EXCEEDED`, and those of `defineWorkflow`
   */
  migrateRun(id: string, workflow: string | Template | WorkflowSpec, hook?: MigrationHook): RunUpgrade

  /**
   * Starts a workflow again and again, durably: `wakeDue` fires what is due. Each time has a run of the id `<schedule>@<ISO time>`,
   * so it happens once, also over a crash. A schedule whose workflow is not defined waits for it. The same id replaces what was
   * there; the same schedule again changes nothing, so a program may say it at every start.
   * @returns whether anything changed
   * @throws SymphonyError `INVALID_ARGUMENT`, `UNKNOWN_KEY`, `WORKFLOW_UNKNOWN`, `CAPACITY_EXCEEDED`
   */
  schedule(spec: ScheduleSpec): boolean
  /** Ends a schedule; runs it started go on. */
  unschedule(id: string): boolean
  schedules(): readonly ScheduleReport[]

  /**
   * Tells something of a running task at once: a token, a row, a picture. Ephemeral: not logged, gone with the process; what the task
   * returns counts. A run keeps its newest 16,384 chunks and 4 MiB, all runs 64 MiB, until it is forgotten.
   * @returns false when the task is not running
   */
  emitChunk(task: TaskRow, value: Json | Uint8Array): boolean
  /**
   * What the tasks of a run say, in order, until it ends; of an ended run, what is kept. Numbers count the chunks of the run from 1.
   * An attempt that is made again says everything anew: `attempt` tells. A slow reader loses the oldest, is told how many, and
   * holds up nobody.
   * @throws SymphonyError `RUN_UNKNOWN`
   */
  stream(id: string, options?: StreamOptions): AsyncIterable<StreamEvent>

  /**
   * Adds attributes to a run, also to an ended one; those it has by the same name are replaced, and `null` removes one. Durable.
   * @throws SymphonyError `RUN_UNKNOWN`, `INVALID_ARGUMENT`
   */
  setAttributes(id: string, attributes: Readonly<Record<string, string | number | boolean | null>>): void
  attributes(id: string): RunAttributes
  /** Runs that are kept and match, newest first. Values of attributes and `parent` are looked up; for the rest, each run that is kept is looked at. @throws `INVALID_ARGUMENT`, `UNKNOWN_KEY` */
  findRuns(query?: RunQuery): RunPage
}
