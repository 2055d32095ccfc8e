/**
 * The native backend of the pool.
 *
 * @example
 * symphony.swapBackend('pool', nativePool())
 *
 * @packageDocumentation
 */
import type { NativeBinding, PoolHandle } from './binding.ts'
import { nativeBinding } from './loader.ts'
import type { OwnPoolBackend, PoolBytes } from './pool/own-pool-backend.ts'

export type { OwnPoolBackend, PoolBytes } from './pool/own-pool-backend.ts'

/** A pool's backend in Rust; what is one read of a column is left to the pool's own one, over the same bytes. */
export interface NativePoolBackend extends Omit<OwnPoolBackend, 'holder'> {
  readonly name: 'native'
  detach(): void
}

/**
 * Makes a backend for `runtime.swapBackend('pool', …)`, for `attachBackend` or the setting `backend` of a pool, and for
 * `attachPoolLeases` of another thread. It lets go of the region when another one takes its place.
 *
 * @throws SymphonyError `CAPABILITY_MISSING` when there is no binary for this platform; `nativeStatus()` says beforehand
 */
export function nativePool(): (region: PoolBytes, own: OwnPoolBackend) => NativePoolBackend {
  const rust = nativeBinding()
  return (region, own) => {
    const taken = new Int32Array(new SharedArrayBuffer(4))
    return new RustPool(rust, new rust.PoolHandle(new Uint8Array(region.buffer), new Uint8Array(taken.buffer), own.holder), taken, own)
  }
}

class RustPool implements NativePoolBackend {
  readonly name = 'native'
  readonly #rust: NativeBinding
  readonly #handle: PoolHandle
  readonly #number: number
  /** Where Rust leaves the word of the lease that began last. It may be anybody's in the region before we look. */
  readonly #taken: Int32Array
  readonly #own: OwnPoolBackend

  constructor(rust: NativeBinding, handle: PoolHandle, taken: Int32Array, own: OwnPoolBackend) {
    this.#rust = rust
    this.#handle = handle
    this.#number = handle.number()
    this.#taken = taken
    this.#own = own
  }

  get taken(): number {
    return this.#taken[0] as number
  }

  detach(): void {
    this.#handle.detach()
  }

  takeSlot(model: number): number {
    return this.#rust.poolTakeSlot(this.#number, model)
  }

  takeSlots(model: number, slots: Int32Array, words: Int32Array, count: number): number {
    return this.#rust.poolTakeSlots(this.#number, model, slots, words, count)
  }

  word(slot: number): number {
    return this.#own.word(slot)
  }

  token(slot: number, word: number): number {
    return this.#own.token(slot, word)
  }

  endLease(slot: number, word: number): boolean {
    return this.#rust.poolEndLease(this.#number, slot, word)
  }

  takeBack(slot: number): number {
    return this.#rust.poolTakeBack(this.#number, slot)
  }

  freeSlot(slot: number): boolean {
    return this.#rust.poolFreeSlot(this.#number, slot)
  }

  freeGateSlots(gate: number, bits: number): boolean {
    return this.#rust.poolFreeGateSlots(this.#number, gate, bits)
  }

  relet(slot: number): void {
    this.#rust.poolRelet(this.#number, slot)
  }

  openInstance(instance: number): void {
    this.#rust.poolOpenInstance(this.#number, instance)
  }

  closeInstance(instance: number): void {
    this.#rust.poolCloseInstance(this.#number, instance)
  }

  isIdle(instance: number): boolean {
    return this.#rust.poolUsedSlots(this.#number, instance) === 0
  }

  usedSlots(instance: number): number {
    return this.#rust.poolUsedSlots(this.#number, instance)
  }

  freeSlots(model: number): number {
    return this.#rust.poolFreeSlots(this.#number, model)
  }
}
