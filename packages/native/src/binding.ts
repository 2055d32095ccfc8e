/**
 * What the binary exports: the twin of `crates/symphony-binding`, in the same order. Raise `BRIDGE_VERSION` on both sides when a
 * signature changes.
 */
export const BRIDGE_VERSION = 2

export interface NativeBinding {
  describe(): BindingDescription
  liveHandles(): number
  panicNext(): void
  lastPanic(): string | null
  readonly DagHandle: new (region: Uint8Array, outbox: Uint8Array, addedConditionHolds: (task: number) => boolean) => DagHandle
  readonly PoolHandle: new (region: Uint8Array, outbox: Uint8Array, holder: number) => PoolHandle
}

export interface BindingDescription {
  readonly version: string
  readonly bridge: number
  readonly dagLayout: string
  readonly poolLayout: string
}

/** Changes return how many numbers the trace has. */
export interface DagHandle {
  detach(): void
  fetch(into: Int32Array): void
  start(
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
  free(run: number): number
  take(into: Int32Array): number
  begin(task: number, token: number, nowMs: number): number
  beginMany(tasks: Int32Array, count: number, tokens: Float64Array, token: number, nowMs: number): number
  complete(task: number, nowMs: number): number
  completeMany(tasks: Int32Array, count: number, nowMs: number): number
  fail(task: number, nowMs: number): number
  postpone(task: number, dueAtMs: number): number
  wake(task: number, nowMs: number): number
  skip(task: number, nowMs: number): number
  cancel(first: number, count: number, nowMs: number): number
}

/** The word of the lease that began last is left in the outbox. */
export interface PoolHandle {
  detach(): void
  takeSlot(model: number): number
  takeSlots(model: number, slots: Int32Array, words: Int32Array, count: number): number
  endLease(slot: number, word: number): boolean
  takeBack(slot: number): number
  freeSlot(slot: number): boolean
  freeGateSlots(gate: number, bits: number): boolean
  relet(slot: number): void
  openInstance(instance: number): void
  closeInstance(instance: number): void
  usedSlots(instance: number): number
  freeSlots(model: number): number
}
