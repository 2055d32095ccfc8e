import type { ArtifactRef, Json, RunId } from './brands.ts'
import type { ErrorData } from './errors.ts'
import type { StandardSchema } from './standard-schema.ts'

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

/**
 * How many of a task's needs have to be met before it may start; optional ones do not count.
 * - `all` (default): every one.
 * - `any`: the first that is met; the rest are not waited for.
 * - `atLeast`: so many of them. As soon as too many have failed for that, the task is skipped.
 *
 * A hard need is met by success, a soft one by any end. Needs that are fed to the task at run time count among them.
 */
export type Join = 'all' | 'any' | { readonly atLeast: number }

/**
 * A condition over how other tasks have ended, as plain data. The text form that may stand for it has `&&`, `||`, `!` and
 * parentheses over `id.succeeded`, `id.failed`, `id.skipped`, `id.cancelled` and `id.ended`; the id alone means succeeded, and
 * an id with other characters than letters, digits, `_` and `-` is put in quotes.
 *
 * @example
 * const when: Condition = { all: [{ task: 'build', is: 'succeeded' }, { not: { task: 'lint', is: 'failed' } }] }
 * const text = 'build && !lint.failed'
 */
export type Condition =
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  | { readonly not: Condition }
  | { readonly task: string; readonly is: 'succeeded' | 'failed' | 'skipped' | 'cancelled' | 'ended' }

/** When a failed attempt is made again. */
export interface RetryPolicy {
  /** Attempts in all, the first included. Default 1: no retry. */
  readonly attempts: number
  readonly backoff?: 'constant' | 'linear' | 'exponential'
  /** Wait before the second attempt, ms. Default 1,000. */
  readonly delayMs?: number
  /** Default 60,000. */
  readonly delayMsMax?: number
  /** Part of each wait that chance decides, 0 to 1: 1 waits anything between nothing and the whole. Default 0. */
  readonly jitter?: number
  /** Only failures with one of these codes are tried again. Default: all that say they are retryable. */
  readonly on?: readonly string[]
  /** Failures with one of these codes are not. */
  readonly notOn?: readonly string[]
}

/** Another way to the result of a task, when all attempts at the first have failed: a function, or another model. */
export interface Fallback {
  readonly run?: TaskFunction
  readonly model?: string
  readonly input?: TaskFunction
  readonly output?: (answer: unknown, context: TaskContext) => unknown
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

/** Stands for content that is stored already; made by {@link TaskContext.output}. */
export interface StoredOutput {
  readonly type: 'stored-output'
  readonly ref: ArtifactRef
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
  /** Of a task that was made for an element of a list: the element, and its place. Undefined for other tasks. */
  readonly item: unknown
  readonly index: number | undefined
  readonly signal: AbortSignal
  /** When the attempt or its run will be given up, in the clock's `nowMs`; undefined without a limit. */
  readonly deadlineMs: number | undefined
  readonly inputs: TaskInputs
  /** Content by its address. @throws SymphonyError `ARTIFACT_UNKNOWN`, `ARTIFACT_CORRUPT` */
  read(ref: ArtifactRef): Uint8Array
  readJson(ref: ArtifactRef): Json
  /** Content in chunks, for what should not be in memory at once. @throws SymphonyError `ARTIFACT_UNKNOWN`, `ARTIFACT_CORRUPT` */
  open(ref: ArtifactRef): AsyncIterable<Uint8Array>
  /** Stores content and returns its address: for results that are better referred to than copied. */
  store(content: Uint8Array | string | Json, mediaType?: string): ArtifactRef
  /** The same for a stream of any length, in bounded memory. Ends early, with the reason, when the attempt is given up. */
  storeStream(content: AsyncIterable<Uint8Array>, mediaType?: string): Promise<ArtifactRef>
  /**
   * What to return so that content which is stored already becomes the task's output, without being read or copied.
   *
   * @throws SymphonyError `ARTIFACT_UNKNOWN`
   * @example
   * const run = async ({ storeStream, output }: TaskContext) => output(await storeStream(render()))
   */
  output(ref: ArtifactRef): StoredOutput
  /** Adds tasks to the run when this task succeeds, in the same commit. */
  expand(expansion: Expansion): void
  /**
   * Names the dependents this task goes on to when it succeeds; for the others it is as if it had been skipped. Called more than
   * once, it adds to them; called with none, it goes on to nobody.
   */
  route(...tasks: readonly string[]): void
  /**
   * Tells something at once: a token, a row, a picture. Whoever follows the run's stream gets it; what the task returns counts. It is
   * progress too. False when nobody may listen any more.
   */
  emit(value: Json | Uint8Array): boolean
  /** Tells how far the task is, 0 to 1. */
  progress(fraction: number): void
}

/** A plain function; what it returns is stored as the task's output. */
export type TaskFunction = (context: TaskContext) => unknown

/**
 * What a task does and how it is treated. One of `run`, `model` (with optional `input` and `output`), `workflow` (with optional
 * `input`), `waitFor`, `delayMs`, `untilMs` and `cron`.
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
  /** An attempt that has told no progress for so long is given up. Default: no limit. */
  readonly idleTimeoutMs?: number
  /** When the last attempt has failed for good, the task is tried once more in this way. */
  readonly fallback?: Fallback
  /**
   * Undoes what the task did, given what it left: called when the run fails or is cancelled after the task has succeeded, for one
   * task after the other, last first, until it succeeds or its retries are over.
   */
  readonly compensate?: (output: unknown, context: TaskContext) => unknown
  /** When everything has failed, the task succeeds with this value, and is counted as defaulted. */
  readonly default?: Json
  /**
   * So many tasks may run at once: of this type in this workflow, over all its runs; with `key`, of all tasks that have the same key,
   * whatever their type. The others wait in order and hold nothing.
   */
  readonly concurrency?: { readonly max: number; readonly key?: string | ((context: TaskContext) => string) }
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
  /**
   * The task is completed from outside by `signalWorkflow` with this name, or failed by `rejectSignal`, not by running anything. With `timeoutMs` it fails
   * with `TIMEOUT` when no signal comes within that time; the time is then part of the workflow's shape.
   */
  readonly waitFor?: string
  /** The task is to let so much time pass after it became ready, ms, and runs nothing. A function computes it. */
  readonly delayMs?: number | TaskFunction
  /** The task is to wait until this time, ms since 1970, and runs nothing. A function computes it. */
  readonly untilMs?: number | TaskFunction
  /** The task is to wait for the next time after it became ready that matches: minute, hour, day, month, weekday, in UTC. */
  readonly cron?: string
  /** What `params` must be like. `checkDefinition` of the tracker's package tells which tasks of a definition break it. */
  readonly paramsSchema?: StandardSchema
  /**
   * What its output must be like. The task leaves what the schema makes of it, or fails with `OUTPUT_INVALID`, which is tried again only
   * where `retry.on` names it; a fallback and a default come after it as after any failure. A signal that does not fit is refused.
   * Content that a task only names, by `output(ref)`, is not read for it. Gives the output of a `model` its type in a typed builder.
   */
  readonly outputSchema?: StandardSchema
}

/**
 * One task for each element of a list that is only known at run time. The mapping task succeeds with an array of what they left, in
 * the order of the list; each element is a task of its own, `id[0]`, `id[1]` and so on, tried again, remembered and shown by itself.
 *
 * @example
 * { id: 'pages', needs: ['split'], map: { over: 'split', run: ({ item }) => read(item as string) } }
 */
export interface MapSpec extends Partial<Omit<TaskType, 'name'>> {
  /** The need whose output is the list, or a function that makes it. */
  readonly over: string | ((context: TaskContext) => readonly unknown[])
  /** One of the workflow's types; or what to do with an element is said here. */
  readonly type?: string
  /** The same for every element. */
  readonly params?: Json
  /**
   * What an element that failed means for the whole: `raise` skips it (default), `drop` leaves the element out, `keep` puts null in
   * its place.
   */
  readonly failures?: 'raise' | 'drop' | 'keep'
}

/** A task of a definition: its place in the graph, and what it does. `type` names one of the workflow's types; or it is given inline. */
export interface TaskSpec extends Partial<Omit<TaskType, 'name'>> {
  readonly id: string
  readonly type?: string
  readonly needs?: readonly (string | Need)[]
  /** How many of the needs have to be met. Default `all`. */
  readonly join?: Join
  /**
   * Looked at when all needs have ended: if it does not hold, the task is skipped. Tasks it names that are not among the needs
   * become soft ones. Not together with `join`.
   */
  readonly when?: Condition | string
  readonly params?: Json
  /** Does something for each element of a list, instead of once. */
  readonly map?: MapSpec
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
  /** A run that takes longer is cancelled, with the reason. Default: no limit. */
  readonly timeoutMs?: number
  /** Retries of all tasks of a run together; what fails after that is not tried again. Default: no limit. */
  readonly retriesMax?: number
  /** What a run's input must be like. A run starts with what the schema makes of its input: defaults filled in, for one. */
  readonly inputSchema?: StandardSchema
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
  /** How many of the needs have to be met, those fed by others of the expansion among them. Default `all`. */
  readonly join?: Join
  /** As in a definition. It may name tasks of the run and of the same expansion. */
  readonly when?: Condition | string
  /** Tasks of the run that are still PENDING and now need this one too. */
  readonly feeds?: readonly (string | Need)[]
  /** A task of that id that exists is used instead; its `feeds` are added to it. Default false: an error. */
  readonly reuse?: boolean
}

/**
 * Many tasks at once that differ in their number: `prefix[0]`, `prefix[1]` and so on. Task i gets the params
 * `{ index: i, of: params }`. However many they are, they cost one entry in the log.
 */
export interface DynamicRange {
  /** Unique among the ranges of its run. */
  readonly prefix: string
  readonly count: number
  /** Name of one of the workflow's types. */
  readonly type: string
  readonly params?: Json
  /** What each of them needs: tasks of the run or of the same expansion. */
  readonly needs?: readonly (string | Need)[]
  readonly join?: Join
  /** The same for each of them: it cannot name tasks of the range itself. */
  readonly when?: Condition | string
  /** Tasks of the run that are still PENDING, or of the same expansion, and now need each of them too. */
  readonly feeds?: readonly (string | Need)[]
}

export interface Expansion {
  readonly tasks: readonly DynamicTask[]
  readonly ranges?: readonly DynamicRange[]
}
