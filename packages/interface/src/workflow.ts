import type { ArtifactRef, Json, RunId } from './brands.ts'
import type { ErrorData } from './errors.ts'

/**
 * How strongly a task needs another.
 * - `hard`: the other must succeed; if it fails or is skipped, this one is skipped.
 * - `soft`: the other must have ended, no matter how.
 * - `optional`: its result is used if it is there when this task starts; nothing waits for it.
 */
export type NeedKind = 'hard' | 'soft' | 'optional'

export interface Need {
  readonly task: string
  readonly kind?: NeedKind
}

/** When a failed attempt is made again. */
export interface RetryPolicy {
  /** Attempts in all, the first included. Default 1: no retry. */
  readonly attempts: number
  readonly backoff?: 'constant' | 'linear' | 'exponential'
  /** Wait before the second attempt, ms. Default 1,000. */
  readonly delayMs?: number
  /** Default 60,000. */
  readonly delayMsMax?: number
}

/** Reads what the needs of a task have left. */
export interface TaskInputs {
  /** Ids of the needs, sorted. */
  readonly ids: readonly string[]
  /** The output of a need as a value: JSON parsed, bytes as `Uint8Array`. Undefined if it ended without one. */
  get(id: string): unknown
  /** The address of that output. */
  ref(id: string): ArtifactRef | undefined
  outcome(id: string): 'succeeded' | 'failed' | 'skipped' | 'cancelled' | 'open'
  /** Why a need failed; undefined if it did not. */
  error(id: string): ErrorData | undefined
  /** Every succeeded need with its output. */
  entries(): IterableIterator<readonly [id: string, value: unknown]>
}

/** What a task function gets. Nothing is ambient: what is not here does not exist for it. */
export interface TaskContext {
  readonly runId: RunId
  readonly taskId: string
  readonly params: Json
  /** The run's input. */
  readonly runInput: Json
  readonly attempt: number
  /** The same for every attempt at this task of this run. */
  readonly idempotencyKey: string
  readonly signal: AbortSignal
  readonly inputs: TaskInputs
  /** Content by its address. @throws SymphonyError `ARTIFACT_UNKNOWN`, `ARTIFACT_CORRUPT` */
  read(ref: ArtifactRef): Uint8Array
  readJson(ref: ArtifactRef): Json
  /** Stores content and returns its address: for results that are better referred to than copied. */
  store(content: Uint8Array | string | Json, mediaType?: string): ArtifactRef
  /** Adds tasks to the run when this task succeeds, in the same commit. */
  expand(expansion: Expansion): void
  /** Tells how far the task is, 0 to 1. */
  progress(fraction: number): void
}

/** A plain function; what it returns is stored as the task's output. */
export type TaskFunction = (context: TaskContext) => unknown

/**
 * What a task does and how it is treated. Either `run`, or `model` with optional `input` and `output`, or `workflow` with optional `input`,
 * or `waitFor`.
 */
export interface TaskType {
  readonly name: string
  /** Version of the code behind it: part of the cache key, so change it whenever the same input should give another result. Default `1`. */
  readonly version?: string
  readonly run?: TaskFunction
  /** Id of the pooled model to invoke. Without it, `run` runs in this thread. */
  readonly model?: string
  /** Name of a defined workflow: the task is a run of it, and ends as that run ends. */
  readonly workflow?: string
  /** Builds the input of the model or of the sub-workflow's run. Default: `{ params, inputs }`. */
  readonly input?: TaskFunction
  /** Makes the task's output of the model's answer, and may expand. Default: the answer itself. */
  readonly output?: (answer: unknown, context: TaskContext) => unknown
  /**
   * Reuse an earlier result of the same type, version, model, params, needs and run input. `without-run-input` leaves the run's
   * input out of it; the function is then refused to read it. A result that is remembered must not depend on `runId`, `taskId`,
   * `attempt` or `idempotencyKey`: they are not part of what it is remembered under. Default true for `model` without an outside
   * effect, else false.
   */
  readonly cache?: boolean | 'without-run-input'
  /**
   * `outside`: invoking it has an effect outside the process (a call that costs money, a message), so it waits until everything
   * it rests on is durable. Default `none`.
   */
  readonly effect?: 'none' | 'outside'
  readonly retry?: RetryPolicy
  /** An attempt may take so long. Default: no limit. */
  readonly timeoutMs?: number
  /** Added to the run's priority. Default 0. */
  readonly priority?: number
  /** Expected duration before anything is learned, ms. Default 1. */
  readonly expectedMs?: number
  /** Money one attempt is expected to cost, US dollars. Default 0. */
  readonly costUsd?: number
  /** Memory one attempt is expected to hold, bytes. Default 0. */
  readonly memoryBytes?: number
  /** A failure of such a task does not fail the run. Default false. */
  readonly allowFailure?: boolean
  /** The task is completed from outside by `signalWorkflow` with this name, not by running anything. */
  readonly waitFor?: string
}

/** A task of a definition: its place in the graph, and what it does. `type` names one of the workflow's types; or it is given inline. */
export interface TaskSpec extends Partial<Omit<TaskType, 'name'>> {
  readonly id: string
  readonly type?: string
  readonly needs?: readonly (string | Need)[]
  readonly params?: Json
}

/** A workflow as plain data and plain functions. */
export interface WorkflowSpec {
  readonly name: string
  /** Default `1`. A run keeps the version it was started with. */
  readonly version?: string
  readonly tasks: readonly TaskSpec[]
  /** Types that tasks may name, among them those that only come to be at run time. */
  readonly types?: readonly TaskType[]
  /** The task whose output is the run's result. Default: all tasks nothing depends on. */
  readonly output?: string
}

/** A task that comes to be at run time. */
export interface DynamicTask {
  /** Unique in its run. */
  readonly id: string
  /** Name of one of the workflow's types. */
  readonly type: string
  readonly params?: Json
  /** Tasks of the run or of the same expansion. */
  readonly needs?: readonly (string | Need)[]
  /** Tasks of the run that are still PENDING and now need this one too. */
  readonly feeds?: readonly (string | Need)[]
  /** A task of that id that exists is used instead; its `feeds` are added to it. Default false: an error. */
  readonly reuse?: boolean
}

export interface Expansion {
  readonly tasks: readonly DynamicTask[]
}
