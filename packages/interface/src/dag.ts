import type { ArtifactRef, FencingToken, Json, RunId, RunRow, TaskRow } from './brands.ts'
import type { Component, ComponentHealth, Recoverable, Startable } from './component.ts'
import type { ParentTask, RunAttributes, RunManagement } from './dag-runs.ts'
import type { ErrorData } from './errors.ts'
import type { TaskType } from './workflow.ts'
import type { Expansion, TaskSpec, WorkflowSpec } from './workflow.ts'

/**
 * States of a task. PENDING waits for others, READY may be taken, WAITING for a time or a signal; the rest speak for themselves.
 * SUCCEEDED, FAILED, SKIPPED and CANCELLED are final.
 */
export const TASK_STATES = { PENDING: 0, READY: 1, RUNNING: 2, WAITING: 3, SUCCEEDED: 4, FAILED: 5, SKIPPED: 6, CANCELLED: 7 } as const
export type TaskStateName = 'pending' | 'ready' | 'running' | 'waiting' | 'succeeded' | 'failed' | 'skipped' | 'cancelled'

/** States of a run. SUCCEEDED, FAILED and CANCELLED are final; QUARANTINED waits for its definition to be known again. */
export const RUN_STATES = { RUNNING: 0, PAUSED: 1, QUARANTINED: 2, SUCCEEDED: 4, FAILED: 5, CANCELLED: 7 } as const
export type RunStateName = 'running' | 'paused' | 'quarantined' | 'succeeded' | 'failed' | 'cancelled'

/** Names of the states, indexed by their number. */
export const TASK_STATE_NAMES: readonly TaskStateName[] = ['pending', 'ready', 'running', 'waiting', 'succeeded', 'failed', 'skipped', 'cancelled']
export const RUN_STATE_NAMES: readonly (RunStateName | undefined)[] = ['running', 'paused', 'quarantined', undefined, 'succeeded', 'failed', undefined, 'cancelled']

/**
 * The columns of the dag region other rooms may read, one element a row. Views over shared memory: reading is a typed-array
 * access, and only the tracker writes.
 */
export interface DagColumns {
  readonly taskState: Int32Array
  readonly taskRun: Int32Array
  /** Dense number of the task's type; see {@link DagTracker.taskType}. */
  readonly taskType: Int32Array
  readonly taskAttempt: Int32Array
  /** Needs that have yet to be met before the task may start. */
  readonly taskPending: Int32Array
  /** Expected time from the start of this task to the end of the run along its longest path, ms (HEFT's upward rank). */
  readonly taskRankMs: Float64Array
  /** When the task became READY, in the tracker's clock. */
  readonly taskReadyAtMs: Float64Array
  readonly runState: Int32Array
  readonly runPriority: Int32Array
  readonly runTenant: Int32Array
  readonly runTasksOpen: Int32Array
  readonly runStartedAtMs: Float64Array
}

/** A compiled workflow: immutable, shared by all its runs. */
export interface Template {
  readonly name: string
  readonly version: string
  /** SHA-256 of everything that shapes a run: ids, types with their versions, needs, params. */
  readonly hash: string
  readonly taskCount: number
  readonly edgeCount: number
  readonly spec: WorkflowSpec
}

export interface StartOptions {
  /** Starting again under the same id returns the run that exists. Default: a fresh id. */
  readonly id?: string
  readonly input?: Json
  readonly tenant?: string
  /** Higher first. Default 0. */
  readonly priority?: number
  /**
   * Makes the run a child of this task, whose run must not have ended: it is paused, resumed and cancelled with it, and kept while
   * the task is open. Its default id is `<run>/<task>`, with `#2` and so on for later attempts, so that starting it again after
   * a crash finds it. At most 64 runs deep.
   */
  readonly parent?: TaskRow
  /** What the run can be found by. Names of at most 128 characters, texts of at most 1,024. */
  readonly attributes?: RunAttributes
  /** The run exists at once, but begins no earlier than this (in `Clock.nowMs`): its tasks are PENDING until `wakeDue`. */
  readonly notBeforeMs?: number
  /** Lets starts in quick succession become one run. */
  readonly debounce?: Debounce
  /** The run undoes what another has done. */
  readonly undoes?: Undoing
}

/**
 * What a run undoes: tasks of an ended run that have succeeded. They are marked as undone in the same command, until they are set back,
 * so that it happens once. The default id of the run is `<run>~undo`, with `#2` and so on for later ones.
 */
export interface Undoing {
  readonly run: string
  readonly tasks: readonly string[]
}

/**
 * The run begins when nobody has started the same workflow with the same key for `waitMs`, and at the latest `maxWaitMs` after the
 * first start. Until then a start with that key only replaces the input, and gets the id of the run that waits.
 */
export interface Debounce {
  readonly key: string
  readonly waitMs: number
  /** Default: no limit. */
  readonly maxWaitMs?: number
}

/** What a task is, as far as running it is concerned. */
export interface TaskView {
  readonly row: TaskRow
  readonly run: RunRow
  readonly runId: RunId
  /** Name of the run's workflow. */
  readonly workflow: string
  readonly id: string
  readonly type: TaskType
  readonly params: Json
  readonly attempt: number
}

/** A need of a task with its outcome, for whoever builds the task's input. */
export interface NeedOutcome {
  readonly id: string
  readonly row: TaskRow
  readonly state: TaskStateName
  readonly output: ArtifactRef | undefined
  readonly error: ErrorData | undefined
}

/** What a completed task leaves behind. */
export interface TaskResult {
  readonly output?: ArtifactRef
  /** The result was remembered, not computed. */
  readonly recalled?: boolean
  /** The result is not what was asked for, but stands in for it after a failure: a default, an empty answer. */
  readonly defaulted?: boolean
  /**
   * The direct dependents this task goes on to. For the others it is as if it had been skipped. Default: all. Tasks that come
   * to need it later, also those it adds with this result, are gone on to in any case.
   */
  readonly routes?: readonly string[]
  /** Tasks this one adds to its run, in the same commit. */
  readonly expansion?: Expansion
}

export interface RunProgress {
  readonly total: number
  readonly succeeded: number
  /** Of the succeeded: how many were recalled instead of computed. */
  readonly recalled: number
  /** Of the succeeded: how many stand in for a failure. */
  readonly defaulted: number
  readonly failed: number
  readonly skipped: number
  readonly cancelled: number
  readonly running: number
  readonly ready: number
  readonly waiting: number
  readonly pending: number
  /** Expected ms until the run ends, from learned durations; undefined while nothing is known. */
  readonly remainingMs: number | undefined
}

export interface RunReport {
  readonly id: RunId
  readonly row: RunRow
  readonly workflow: string
  readonly version: string
  readonly state: RunStateName
  readonly reason: string | undefined
  readonly tenant: string
  readonly priority: number
  readonly input: Json
  readonly startedAtMs: number
  readonly endedAtMs: number | undefined
  readonly progress: RunProgress
  readonly failures: readonly { readonly task: string; readonly error: ErrorData }[]
  /** Outputs of the tasks that nothing depends on, or of the one the workflow names as its output. */
  readonly outputs: Readonly<Record<string, ArtifactRef>>
  /** The task this run was started for. */
  readonly parent: ParentTask | undefined
  /** Runs started for tasks of this one that are kept. */
  readonly children: number
  readonly attributes: RunAttributes
}

export interface TaskReport {
  readonly id: string
  readonly type: string
  readonly state: TaskStateName
  readonly attempt: number
  readonly recalled: boolean
  readonly defaulted: boolean
  /** It succeeded, and a run was started that undoes it. */
  readonly undone: boolean
  readonly output: ArtifactRef | undefined
  readonly error: ErrorData | undefined
  readonly readyAtMs: number
  readonly startedAtMs: number
  readonly endedAtMs: number
}

/** One step of a run as a watcher sees it. */
export type Transition =
  | { readonly type: 'task'; readonly sequence: number; readonly task: string; readonly from: TaskStateName; readonly to: TaskStateName; readonly atMs: number }
  | { readonly type: 'expanded'; readonly sequence: number; readonly tasks: number; readonly atMs: number }
  | { readonly type: 'run'; readonly sequence: number; readonly state: RunStateName; readonly atMs: number }
  /** The watcher was too slow and missed events; read the state anew. */
  | { readonly type: 'lost'; readonly sequence: number; readonly events: number; readonly atMs: number }

/** Stretch of the longest path through what is left of a run. */
export interface CriticalPathReport {
  readonly tasks: readonly string[]
  readonly lengthMs: number
}

/** How much later than expected an open task may end without its run ending later. */
export interface SlackReport {
  readonly task: string
  /** From now until it may begin, if everything takes as long as expected, ms. */
  readonly earliestMs: number
  /** 0 on the critical path, ms. */
  readonly slackMs: number
}

/** The workflow graph as graphology sees it: the part of `DirectedGraph` a definition is read from. */
export interface WorkflowGraph {
  readonly order: number
  readonly size: number
  forEachNode(visit: (node: string, attributes: Record<string, unknown>) => void): void
  forEachEdge(visit: (edge: string, attributes: Record<string, unknown>, source: string, target: string) => void): void
  getAttribute(name: string): unknown
}

/**
 * Keeps what has to be done in which order, and how far it is.
 *
 * Completing a task costs its out-edges, nothing else. All durable changes are commands; `beginTask` alone is ephemeral, so
 * after a crash what was running is READY again with a higher attempt.
 */
export interface DagTracker extends Component, Startable, Recoverable, RunManagement {
  readonly columns: DagColumns

  /**
   * Validates and compiles; the same definition again is free.
   * @throws SymphonyError `WORKFLOW_INVALID` (all problems at once), `WORKFLOW_CYCLE` (names the circle), `ALREADY_EXISTS`
   */
  defineWorkflow(definition: WorkflowSpec | WorkflowGraph): Template
  template(name: string, version?: string): Template | undefined
  /** The definition as a graphology graph, for drawing and analysis. */
  exportGraph(template: Template): unknown

  /** @throws SymphonyError `WORKFLOW_UNKNOWN`, `CAPACITY_EXCEEDED`, `ALREADY_EXISTS` (the id runs another workflow) */
  startWorkflow(workflow: string | Template | WorkflowSpec, options?: StartOptions): RunId
  findRun(id: string): RunRow | undefined
  /** All runs that are kept, oldest first. */
  runs(): readonly RunId[]

  /** Moves up to `into.length` READY tasks into `into` and returns how many. They stay READY until begun, but are not handed out again. */
  takeReady(into: Int32Array): number
  /** Puts a taken task back among the READY. */
  returnReady(task: TaskRow): void
  /** READY → RUNNING. Ephemeral. @throws `TASK_STATE` */
  beginTask(task: TaskRow): FencingToken
  /**
   * Begins many READY tasks at one time. The token of each goes into `tokens`; 0 where the task is no longer READY.
   * @returns how many began
   */
  beginTasks(tasks: Int32Array, count: number, tokens: Float64Array): number
  /**
   * As `completeTask` for many attempts at one time, told to others together. A stale attempt is counted and changes nothing.
   * @param accepted set to 1 for each that was taken, 0 for each that was refused
   * @returns how many were taken
   */
  completeTasks(tasks: Int32Array, count: number, tokens: Float64Array, outputs: readonly (ArtifactRef | undefined)[], accepted: Uint8Array): number
  /**
   * RUNNING → SUCCEEDED; dependents may become READY. Without `token`, a READY task may be completed at once (a recalled result).
   * @throws SymphonyError `WORKFLOW_INVALID` for routes that lead nowhere or a wrong expansion, before anything is changed
   * @returns false when the attempt is stale or the task has ended meanwhile: counted, nothing changed
   */
  completeTask(task: TaskRow, result?: TaskResult, token?: FencingToken): boolean
  /** RUNNING → FAILED, or WAITING when `retryAtMs` (in `Clock.nowMs`) is given. @returns as completeTask */
  failTask(task: TaskRow, error: ErrorData, options?: { readonly retryAtMs?: number; readonly token?: FencingToken }): boolean
  /** Any open state → SKIPPED; those that need it hard are skipped too. */
  skipTask(task: TaskRow, reason?: string): boolean
  /**
   * Adds tasks to the run of `task`, which must not have ended. Edges may lead to tasks of the run that are still PENDING.
   * @throws SymphonyError `WORKFLOW_INVALID`, `WORKFLOW_CYCLE`, `CAPACITY_EXCEEDED`, `TASK_STATE`
   */
  expandTask(task: TaskRow, expansion: Expansion): number
  /**
   * Logs what is too large of an expansion for one record, ahead of the `completeTask` or `expandTask` that adds it. Call it, in
   * the same synchronous turn, before a transaction of the log that adds many thousand tasks: inside, all commands have to fit
   * into one record. It changes nothing, and does nothing for an expansion that is small.
   * @throws as expandTask, for what the expansion itself has wrong
   */
  stageExpansion(task: TaskRow, expansion: Expansion): void
  /** Tells that a running task is alive and how far it is, 0 to 1. Ephemeral. */
  progressTask(task: TaskRow, fraction: number): void

  /**
   * READY → WAITING until `untilMs` (in `Clock.nowMs`); then the task SUCCEEDS, without having run. For tasks that are nothing
   * but time.
   * @returns false when the task has ended
   * @throws SymphonyError `TASK_STATE`
   */
  waitTask(task: TaskRow, untilMs: number): boolean

  /**
   * WAITING tasks whose time has come: those to be tried again become READY, those that only let time pass SUCCEED, those whose
   * signal did not come in time FAIL with `TIMEOUT`. Delayed runs begin, schedules start runs. Returns how many.
   */
  wakeDue(nowMs: number): number
  /** The earliest time a WAITING task, a delayed run or a schedule is due, or undefined. */
  nextDueMs(): number | undefined

  /** Cancels an open run, and in the same command all its open descendants. */
  cancelWorkflow(id: string, reason?: string): boolean
  /** Pauses a run and its descendants that are running. */
  pauseWorkflow(id: string): boolean
  /** Lets a run and its paused descendants go on. */
  resumeWorkflow(id: string): boolean
  /** Ends the wait of a task that waits for `name`; its output is the payload. */
  signalWorkflow(id: string, name: string, payload?: ArtifactRef): boolean
  /**
   * A signal that says no: the task that waits for `name` FAILS with this error, and what looks at its outcome goes on. One that comes
   * early is kept like any signal. False when the run has ended.
   */
  rejectSignal(id: string, name: string, error: ErrorData): boolean
  /** Forgets an ended run and gives its rows back. */
  forgetRun(id: string): boolean

  getWorkflowState(id: string): RunReport
  progress(id: string): RunProgress
  tasks(id: string, filter?: { readonly state?: TaskStateName; readonly type?: string }): readonly TaskReport[]
  criticalPath(id: string): CriticalPathReport
  /** Open tasks of a run with the time each has to spare, least first. Works it out anew: costs all that is open, and its edges. */
  slack(id: string): readonly SlackReport[]
  /**
   * A run's transitions in order, until it ends. `fromSequence` is the last one the reader knows: it gets all after it, so that a
   * reader that comes back misses nothing; without it, what comes from now on. From the first time a run is watched until it is
   * forgotten its newest 4,096 transitions are kept (and those of the 256 runs last watched, where nobody reads any more): `lost`
   * tells how many older ones a reader does not get. A run nobody has watched keeps none, and costs nothing. After a restart the
   * numbers begin anew; a reader with a higher one is told `lost`. No reader ever holds up a task.
   */
  watch(id: string, options?: { readonly signal?: AbortSignal; readonly fromSequence?: number }): AsyncIterable<Transition>

  runRow(id: string): RunRow
  runId(run: RunRow): RunId
  taskRow(id: string, task: string): TaskRow
  task(row: TaskRow): TaskView
  taskType(number: number): TaskType
  /** The definition a run was started with, or was moved to. */
  runTemplate(run: RunRow): Template
  taskSpec(row: TaskRow): TaskSpec | undefined
  needs(row: TaskRow): readonly NeedOutcome[]
  runInput(run: RunRow): Json
  tenantName(number: number): string

  /** Called synchronously after a run reached a final state; a clock that is held goes on before. Returns a function that ends it. */
  onRunEnded(listener: (run: RunRow, id: RunId) => void): () => void
  /** Called before an ended run is forgotten, while it can still be asked about. Returns a function that ends it. */
  onRunForgotten(listener: (run: RunRow, id: RunId) => void): () => void
  /** Called after a definition has been handed in, also when it was known already. Returns a function that ends it. */
  onDefined(listener: (template: Template) => void): () => void
  /** Called when the READY list turned from empty to not empty, and when `nextDueMs` may be earlier than it was. Returns a function that ends it. */
  onReady(listener: () => void): () => void
  health(): ComponentHealth
  close(): Promise<void>
}
