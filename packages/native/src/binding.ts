/**
 * What the binary exports: the twin of `crates/symphony-binding`, in the same order. Raise `BRIDGE_VERSION` on both sides when a
 * signature changes.
 */
export const BRIDGE_VERSION = 2

/** Hot calls are functions and name what they work on by its number: a method has to find out first what it was called on. */
export interface NativeBinding {
  describe(): BindingDescription
  liveHandles(): number
  panicNext(): void
  lastPanic(): string | null
  readonly DagHandle: new (region: Uint8Array, outbox: Uint8Array, addedConditionHolds: (task: number) => boolean) => DagHandle
  readonly PoolHandle: new (region: Uint8Array, outbox: Uint8Array, holder: number) => PoolHandle
  /** Copies the trace to a place in one array, and ended runs to the beginning of the other. */
  dagFetch(handle: number, trace: Int32Array, at: number, ended: Int32Array): void
  dagStart(
    handle: number,
    taskCount: number,
    pending: Int32Array,
    slack: Int32Array | null,
    outStart: Int32Array,
    outCount: Int32Array,
    flags: Int32Array,
    nodes: Int32Array,
    types: Int32Array,
    ranks: Float64Array,
    timeouts: Float64Array,
    template: number,
    tenant: number,
    priority: number,
    nowMs: number,
  ): number
  // Changes return how many numbers the trace has.
  dagFree(handle: number, run: number): number
  dagTake(handle: number, into: Int32Array): number
  dagBegin(handle: number, task: number, token: number, nowMs: number): number
  dagBeginMany(handle: number, tasks: Int32Array, count: number, tokens: Float64Array, token: number, nowMs: number): number
  dagComplete(handle: number, task: number, nowMs: number): number
  dagCompleteMany(handle: number, tasks: Int32Array, count: number, nowMs: number): number
  dagFail(handle: number, task: number, nowMs: number): number
  dagPostpone(handle: number, task: number, dueAtMs: number): number
  dagWake(handle: number, task: number, nowMs: number): number
  dagSkip(handle: number, task: number, nowMs: number): number
  dagCancel(handle: number, first: number, count: number, nowMs: number): number
  // The word of the lease that began last is left in the outbox.
  poolTakeSlot(handle: number, model: number): number
  poolTakeSlots(handle: number, model: number, slots: Int32Array, words: Int32Array, count: number): number
  poolEndLease(handle: number, slot: number, word: number): boolean
  poolTakeBack(handle: number, slot: number): number
  poolFreeSlot(handle: number, slot: number): boolean
  poolFreeGateSlots(handle: number, gate: number, bits: number): boolean
  poolRelet(handle: number, slot: number): void
  poolOpenInstance(handle: number, instance: number): void
  poolCloseInstance(handle: number, instance: number): void
  poolUsedSlots(handle: number, instance: number): number
  poolFreeSlots(handle: number, model: number): number
}

export interface BindingDescription {
  readonly version: string
  readonly bridge: number
  readonly dagLayout: string
  readonly poolLayout: string
}

export interface DagHandle {
  number(): number
  detach(): void
}

export interface PoolHandle {
  number(): number
  detach(): void
}
