import type { FencingToken, InstanceRow, ModelNumber } from './brands.ts'
import type { Component, ComponentHealth, Startable, WaitOptions } from './component.ts'
import type { InvokeContext, Runner } from './models.ts'

/** States of an instance. Legal moves: cold → warming → hot ⇄ (leases), hot → cooling → cold; warming or hot → failed → cold. */
export const INSTANCE_STATES = { COLD: 0, WARMING: 1, HOT: 2, COOLING: 3, FAILED: 4 } as const
export type InstanceStateName = 'cold' | 'warming' | 'hot' | 'cooling' | 'failed'

/** A model as its user registers it. */
export interface ModelSpec {
  readonly id: string
  readonly runner: Runner
  /** Version of the model's behaviour. Part of every cache key: results of another version are not reused. Default `1`. */
  readonly version?: string
  /** Instances kept loaded even when idle. Default 0. */
  readonly instancesMin?: number
  /** Instances at most. Default 1. */
  readonly instancesMax?: number
  /** Calls one instance takes at once. Default 1. */
  readonly slotsPerInstance?: number
  /** Memory an instance is expected to occupy, for the pool's budget. Default 0: not counted. */
  readonly memoryBytes?: number
  /** An instance idle for so long is unloaded. Default: never. */
  readonly idleMs?: number
  /** Never evict to make room for another model. Default false. */
  readonly pinned?: boolean
  /** Loading may take so long before it counts as failed. Default 60,000. */
  readonly loadTimeoutMs?: number
  /** Money one call is expected to cost, in US dollars. Default 0. */
  readonly costUsdPerCall?: number
}

/** One request for a slot of a model. */
export interface AllocateRequest {
  readonly model: string
  /** Higher goes first among those who wait. Default 0. */
  readonly priority?: number
  /** The pool takes the lease back after so long without release or renewal. Default: no limit. */
  readonly leaseMs?: number
}

/**
 * The right to use one slot of one instance. Must be released; `await using` does it. After release or expiry every call
 * throws `LEASE_EXPIRED`; releasing twice does nothing.
 */
export interface Lease extends AsyncDisposable {
  readonly model: string
  readonly instance: InstanceRow
  /** Rises with every lease of the slot: a late holder can be told apart. */
  readonly token: FencingToken
  readonly isLive: boolean
  /** @throws SymphonyError `LEASE_EXPIRED`, `MODEL_FAILED` (cause: what the model threw) */
  invoke(input: unknown, context?: Partial<InvokeContext>): unknown
  /** Returns the slot. True when this call did it. */
  release(): boolean
}

/** A model and its instances at one moment. */
export interface ModelReport {
  readonly id: string
  readonly number: ModelNumber
  readonly version: string
  readonly runner: string
  readonly slotsTotal: number
  readonly slotsUsed: number
  readonly waiting: number
  readonly instances: readonly InstanceReport[]
}

export interface InstanceReport {
  readonly row: InstanceRow
  readonly state: InstanceStateName
  readonly slotsUsed: number
  readonly leasesTotal: number
  readonly failures: number
  readonly memoryBytes: number
  /** How long the last load took; 0 before the first. */
  readonly loadMs: number
  readonly idleSinceMs: number
  readonly lastError?: string
}

/** Figures of the whole pool since it was made. */
export interface PoolMetrics {
  readonly models: number
  readonly leasesGranted: number
  readonly leasesReleased: number
  readonly leasesExpired: number
  readonly loads: number
  readonly loadFailures: number
  readonly evictions: number
  readonly waiting: number
  readonly memoryBytes: number
  readonly memoryBytesMax: number
  /** Leases granted at once divided by all leases granted, 0 to 1. */
  readonly hitRate: number
  readonly waitMsP50: number
  readonly waitMsP99: number
  readonly loadMsP50: number
}

/**
 * Keeps models ready and hands out the right to use them.
 *
 * A cold model is loaded when it is asked for or prewarmed; when memory is short, the idle instance that is cheapest to lose
 * goes first. Other threads may take and return slots of hot instances on the same region by compare-and-swap.
 */
export interface PoolManager extends Component, Startable {
  /** @throws SymphonyError `ALREADY_EXISTS`, `INVALID_ARGUMENT`, `CAPACITY_EXCEEDED` */
  registerModel(spec: ModelSpec): ModelNumber
  /** Number of a model by its id, for the calls on the hot path. @throws `MODEL_UNKNOWN` */
  modelNumber(id: string): ModelNumber
  /**
   * A slot of the model, waiting for one if need be; the model is loaded meanwhile if it is cold.
   * @throws SymphonyError `MODEL_UNKNOWN`, `MODEL_LOAD_FAILED`, `POOL_EXHAUSTED`, `TIMEOUT`, `ABORTED`, `CLOSED`
   */
  allocateModel(request: AllocateRequest, options?: WaitOptions): Promise<Lease>
  /** All of the requests or none: nothing is held while waiting for the rest. */
  allocateModels(requests: readonly AllocateRequest[], options?: WaitOptions): Promise<readonly Lease[]>
  /** A slot if a hot instance has one free, at once; never loads, never waits. @throws `MODEL_UNKNOWN` */
  tryAllocateModel(model: string | ModelNumber): Lease | undefined
  /**
   * Takes up to `count` free slots of hot instances at once and returns how many: leases like those of `tryAllocateModel`, but
   * as numbers, for callers who lease by the thousand. Slot n and the word that names its lease are written to row n of the
   * columns. For who claims `slotLeases`.
   * @throws SymphonyError `MODEL_UNKNOWN`, `INVALID_ARGUMENT` (a count beyond the columns), `NOT_SUPPORTED`
   */
  tryAllocateSlots(model: ModelNumber, slots: Int32Array, words: Int32Array, count: number): number
  /**
   * Returns the first `count` slots of the columns and tells how many it was that returned them: a lease that is over, because
   * it was returned before or taken back, is passed over. Listeners are called after all of them are back. For who claims
   * `slotLeases`.
   * @throws SymphonyError `MODEL_UNKNOWN`, `INVALID_ARGUMENT` (a count beyond the columns), `NOT_SUPPORTED`
   */
  releaseSlots(model: ModelNumber, slots: Int32Array, words: Int32Array, count: number): number
  /**
   * Ends the leases of the first `count` rows of the columns and begins the next ones on the same slots: each as if it had been
   * returned, and leased again before anybody else could come. The words of the new leases take the place of the old ones. It goes from
   * the first row on as far as it can, and returns how far: it stops at a lease that is over, at one whose instance takes nothing new,
   * and at once when somebody waits for the model. The rows from there on are as they were. Optional; for who claims `slotLeases`.
   * @throws SymphonyError `MODEL_UNKNOWN`, `INVALID_ARGUMENT` (a count beyond the columns), `CLOSED`
   * @example
   * const renewed = pool.renewSlots?.(model, slots, words, count) ?? 0
   * pool.releaseSlots(model, slots.subarray(renewed), words.subarray(renewed), count - renewed)
   */
  renewSlots?(model: ModelNumber, slots: Int32Array, words: Int32Array, count: number): number
  /** Free slots on hot instances now. */
  freeSlots(model: ModelNumber): number
  /** Makes sure that `instances` are hot or warming (at most the model's maximum). Resolves when they are hot. */
  prewarm(model: string | ModelNumber, instances?: number, options?: Pick<WaitOptions, 'signal'>): Promise<void>
  /** Unloads idle instances of the model (or all models) beyond their minimum; busy ones after their last lease. */
  drain(model?: string): Promise<void>
  /** Unloads one idle instance now. False when it is busy, pinned by its minimum, or not hot. */
  cool(instance: InstanceRow): boolean
  inspect(model: string): ModelReport
  models(): readonly ModelReport[]
  metrics(): PoolMetrics
  health(): ComponentHealth
  /** Called whenever a slot may have become free. Returns a function that ends it. One call may stand for many slots. */
  onSlotFree(listener: (model: ModelNumber) => void): () => void
  /** Called when an instance has been idle since now: a composer arms its deadline. Returns a function that ends it. */
  onIdle(listener: (instance: InstanceRow, idleMs: number) => void): () => void
  close(): Promise<void>
}
