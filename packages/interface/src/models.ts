import type { Json } from './brands.ts'

/** What a model gets with each call. */
export interface InvokeContext {
  /** Fires when the caller no longer wants the answer, or its deadline has passed. */
  readonly signal: AbortSignal
  /** The same for every attempt at the same task: hand it to services that deduplicate. */
  readonly idempotencyKey: string
  readonly attempt: number
  /** Tells how far the call is, 0 to 1, and that it is alive. */
  progress(fraction: number): void
}

/** A model loaded and ready. One per pool instance. */
export interface LoadedModel {
  /** May answer at once or by a promise. Throwing is a failure of this call, not of the instance. */
  invoke(input: unknown, context: InvokeContext): unknown
  /** What the instance really occupies, if the runner can tell. */
  memoryBytes?(): number
  /** Rejects or answers false when the instance should be replaced. */
  health?(signal: AbortSignal): boolean | Promise<boolean>
  /**
   * How long what it runs on has been at rest so far, ms: told from outside, so that asking neither wakes nor disturbs it. Undefined
   * while a call is under way. A thread that does not come to rest although nothing is asked of it is stuck.
   */
  restedMs?(): number | undefined
  /** Orderly release; running calls have ended. */
  unload(): void | Promise<void>
  /** Immediate release; running calls are lost and reject. Without it, `unload` is called. */
  terminate?(): void
}

/** What a runner gets to load an instance. */
export interface LoadContext {
  readonly signal: AbortSignal
  /** Number of the instance within its model, from 0. */
  readonly instance: number
  /**
   * For what happens between calls: the instance is lost (its thread died, its connection is gone) and has to be replaced.
   * Its running calls reject by themselves. Says nothing after `unload` or `terminate` was called.
   */
  fail?(reason: unknown): void
}

/**
 * How a kind of model is loaded and invoked: a function in this thread, a worker thread, later a child process or a service.
 * The pool owns life cycle, slots and leases; the runner only knows its craft.
 */
export interface Runner {
  /** Kind for people: `function`, `worker-thread`. */
  readonly kind: string
  load(context: LoadContext): LoadedModel | Promise<LoadedModel>
}

/** What a module loaded by the worker-thread runner exports as `load`. */
export interface WorkerModel {
  invoke(input: unknown, context: { readonly signal: AbortSignal; progress(fraction: number): void }): unknown
  unload?(): void | Promise<void>
}

/** The type of that export. `options` is what the runner was created with, structured-cloned. */
export type LoadWorkerModel = (options: Json | undefined) => WorkerModel | Promise<WorkerModel>
