import type { ArtifactRef, Json, RunId, TaskRow } from './brands.ts'
import type { Component, ComponentHealth, Startable, WaitOptions } from './component.ts'
import type { DagColumns, Debounce, RunProgress, RunReport, Template, Transition } from './dag.ts'
import type { ForkOptions, RunAttributes, StreamEvent, StreamOptions } from './dag-runs.ts'
import type { StartArguments, TypedWorkflowSpec, UntypedWorkflowSpec } from './typed-workflow.ts'

/** READY tasks to be scored, and the columns to look at while doing it. */
export interface PolicyBatch {
  readonly count: number
  /** Task rows; the first `count` are valid. */
  readonly tasks: Int32Array
  /** To be filled: higher goes first. Must be finite. */
  readonly scores: Float64Array
  /** Filled with 1. A policy that chooses by chance writes the probability with which it gave each task its place, in (0, 1]. */
  readonly propensities: Float64Array
  readonly columns: DagColumns
  readonly nowMs: number
}

/** Scores a batch in place. No promises, no allocation, no memory of its own that is not a function of what it saw. */
export interface Policy {
  readonly name: string
  score(batch: PolicyBatch): void
}

/** What a policy saw of a task when it scored it: the columns of that moment. */
export interface DecisionInputs {
  readonly run: number
  readonly type: number
  readonly priority: number
  readonly rankMs: number
  readonly waitedMs: number
  readonly runTasksOpen: number
}

/** One choice of the conductor, as it is kept for later judgement. */
export interface DecisionRecord {
  readonly sequence: number
  /** Tasks that were scored together have the same number: they are each other's alternatives. */
  readonly batch: number
  readonly task: TaskRow
  readonly policy: string
  readonly score: number
  readonly alternatives: number
  /** With which probability the policy took this one. 1 for a deterministic policy. */
  readonly propensity: number
  readonly seen: DecisionInputs
  readonly atMs: number
}

export interface OrchestrateOptions {
  /** Starting again under the same id returns the run that exists, going on or ended. */
  readonly id?: string
  readonly tenant?: string
  readonly priority?: number
  /** What the run can be found by. */
  readonly attributes?: RunAttributes
  /** The run begins no earlier, in the clock's `nowMs`. */
  readonly notBeforeMs?: number
  /** Lets starts in quick succession become one run. */
  readonly debounce?: Debounce
  /** Cancels the run. */
  readonly signal?: AbortSignal
}

/**
 * A run in somebody's hand. `Output` is known where the workflow came from a typed builder. Of a run that was forgotten after it had
 * ended, a handle from before still tells the end that was waited for by it, or else the last one; everything else is refused with
 * `RUN_UNKNOWN`.
 */
export interface WorkflowHandle<Output = Json | Uint8Array | undefined> {
  readonly id: RunId
  /**
   * The run's output once it is durable: the value of the output task, or an object of the values of all tasks nothing depends on.
   * @throws SymphonyError `WORKFLOW_FAILED`, `RUN_CANCELLED`
   */
  result(): Promise<Output>
  /** Addresses instead of values. */
  outputs(): Promise<Readonly<Record<string, ArtifactRef>>>
  /** How the run ended, whatever it was; never rejects for a failed run. */
  ended(): Promise<RunReport>
  state(): RunReport
  progress(): RunProgress
  cancel(reason?: string): boolean
  /** Begins nothing of the run any more; what runs ends. False when it was not running. */
  pause(): boolean
  resume(): boolean
  /**
   * Ends the wait of a task with this `waitFor`, whose output the value becomes; one that comes early is kept. False when the run has ended.
   * @throws SymphonyError `OUTPUT_INVALID` when it does not fit the `outputSchema` of such a task, which goes on waiting
   */
  signal(name: string, value?: Json): boolean
  /**
   * Says no to a task with this `waitFor`: it fails with `REJECTED` and the reason. Conditions over its outcome and soft needs go on from
   * there; without any, the run fails. One that comes early is kept. False when the run has ended.
   */
  reject(name: string, reason?: string, details?: { readonly [key: string]: Json }): boolean
  /** Transitions as they happen; with `fromSequence`, from where a reader was. */
  watch(options?: { readonly signal?: AbortSignal; readonly fromSequence?: number }): AsyncIterable<Transition>
  /** What its tasks emit, from where a reader was; see `DagTracker.stream`. */
  stream(options?: StreamOptions): AsyncIterable<StreamEvent>
  /**
   * A new run that goes on from tasks of this one, or from outputs that are edited: see `forkRun` of the tracker, which takes addresses
   * where this takes values.
   * @throws SymphonyError `OUTPUT_INVALID`, and those of `forkRun`
   */
  fork(options: Omit<ForkOptions, 'outputs'> & { readonly outputs?: Readonly<Record<string, Json | Uint8Array>> }): WorkflowHandle<Output>
  /** The run that undoes what this one did, once there is one; see `compensate` of a task. */
  compensation(): WorkflowHandle | undefined
}

/** A task that held the thread, so that nothing else could run. */
export interface BlockedTask {
  /** Undefined when only the types are known that one of them has. */
  readonly runId: RunId | undefined
  readonly task: string | undefined
  readonly types: readonly string[]
  readonly tookMs: number
  /** It was not seen to begin: after awaiting something, a task, or other code of this process, held the thread while these ran. */
  readonly isSuspected: boolean
  readonly atMs: number
}

export interface ConductorMetrics {
  readonly decisions: number
  readonly invoked: number
  readonly recalled: number
  readonly retried: number
  readonly inFlight: number
  /** Results that came after their attempt had been given up, by a cancelled run or a timeout: refused. */
  readonly late: number
  /** The last tasks that held the thread too long, newest last. */
  readonly blocked: readonly BlockedTask[]
}

/** Brings workflows and components together: one loop for all runs. */
export interface Conductor extends Component, Startable {
  /** @throws SymphonyError of `defineWorkflow` and `startWorkflow` */
  orchestrate<Input, Output>(workflow: TypedWorkflowSpec<Input, Output>, ...start: StartArguments<Input, OrchestrateOptions>): Promise<WorkflowHandle<Output>>
  orchestrate(workflow: string | UntypedWorkflowSpec | Template, input?: Json, options?: OrchestrateOptions): Promise<WorkflowHandle>
  /** A run that exists, by its id. */
  handle(id: string): WorkflowHandle
  readonly policy: Policy
  setPolicy(policy: Policy): void
  /** Newest first. */
  decisions(limit?: number): readonly DecisionRecord[]
  metrics(): ConductorMetrics
  /**
   * Begins no more tasks, and resolves when none runs any more. Runs stay open, and new ones may be started: `resume` goes on
   * with them, or the next process does.
   * @throws SymphonyError `TIMEOUT`, `ABORTED`: it goes on draining all the same
   */
  drain(options?: WaitOptions): Promise<void>
  /** Ends draining. */
  resume(): void
  health(): ComponentHealth
  close(): Promise<void>
}
