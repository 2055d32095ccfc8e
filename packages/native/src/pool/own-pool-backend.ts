/** What a native backend needs to know of a pool's region. */
export interface PoolBytes {
  readonly buffer: SharedArrayBuffer
}

/** The signature of a pool's backend; what the functions do is said at `PoolBackend` of `@symphony/pool`. */
export interface OwnPoolBackend {
  readonly name: string
  /** 0 for the thread that runs the pool. */
  readonly holder: number
  readonly taken: number
  takeSlot(model: number): number
  takeSlots(model: number, slots: Int32Array, words: Int32Array, count: number): number
  word(slot: number): number
  token(slot: number, word: number): number
  endLease(slot: number, word: number): boolean
  takeBack(slot: number): number
  freeSlot(slot: number): boolean
  freeGateSlots(gate: number, bits: number): boolean
  relet(slot: number): void
  openInstance(instance: number): void
  closeInstance(instance: number): void
  isIdle(instance: number): boolean
  usedSlots(instance: number): number
  freeSlots(model: number): number
}
