import type { PoolBackend, SlotBackend } from './backend.ts'
import type { PoolRegion } from './layout.ts'

/**
 * Another backend than the pool's own, as long as it works. When it throws, that call and all later ones go to the pool's own over the
 * same bytes: nobody who asks for a slot or gives one back notices. What the failed call may have left behind is a slot that belongs to
 * nobody; so it is noted which leases were handed out, for `repairSlots` to tell.
 */
export class GuardedBackend implements PoolBackend {
  readonly name: string
  readonly own: SlotBackend
  taken = 0
  /** By slot: the word of the lease that somebody of this thread got, 0 for none. */
  readonly handedOut: Int32Array
  #inner: PoolBackend
  readonly #failed: (error: unknown) => void

  /** @param failed told once, within the call that fails */
  constructor(inner: PoolBackend, region: PoolRegion, own: SlotBackend, failed: (error: unknown) => void) {
    this.#inner = inner
    this.name = inner.name
    this.own = own
    this.#failed = failed
    const { token, holder } = region.tables.slots.columns
    this.handedOut = token.map((word, slot) => ((word & 1) === 1 && holder[slot] === own.holder ? word : 0))
  }

  get hasFailed(): boolean {
    return this.#inner === this.own
  }

  takeSlot(model: number): number {
    let slot: number
    try {
      slot = this.#inner.takeSlot(model)
      this.taken = this.#inner.taken
    } catch (error) {
      this.#fail(error)
      slot = this.own.takeSlot(model)
      this.taken = this.own.taken
    }
    if (slot >= 0) this.handedOut[slot] = this.taken
    return slot
  }

  takeSlots(model: number, slots: Int32Array, words: Int32Array, count: number): number {
    let taken: number
    try {
      taken = this.#inner.takeSlots(model, slots, words, count)
    } catch (error) {
      this.#fail(error)
      taken = this.own.takeSlots(model, slots, words, count)
    }
    for (let at = 0; at < taken; at++) this.handedOut[slots[at] as number] = words[at] as number
    return taken
  }

  word(slot: number): number {
    return this.#call(() => this.#inner.word(slot), () => this.own.word(slot))
  }

  token(slot: number, word: number): number {
    return this.#call(() => this.#inner.token(slot, word), () => this.own.token(slot, word))
  }

  endLease(slot: number, word: number): boolean {
    const wasOurs = this.handedOut[slot] === word
    // It may have ended before the backend failed: then the token has moved on.
    const hasEnded = this.#call(() => this.#inner.endLease(slot, word), () => this.own.endLease(slot, word) || (wasOurs && this.own.word(slot) === ((word + 1) | 0)))
    if (hasEnded && wasOurs) this.handedOut[slot] = 0
    return hasEnded
  }

  takeBack(slot: number): number {
    const before = this.own.word(slot)
    const word = this.#call(() => this.#inner.takeBack(slot), () => this.own.takeBack(slot) || ((before & 1) === 1 ? before : 0))
    if (word !== 0) this.handedOut[slot] = 0
    return word
  }

  freeSlot(slot: number): boolean {
    return this.#call(() => this.#inner.freeSlot(slot), () => this.own.freeSlot(slot))
  }

  freeGateSlots(gate: number, bits: number): boolean {
    return this.#call(() => this.#inner.freeGateSlots(gate, bits), () => this.own.freeGateSlots(gate, bits))
  }

  relet(slot: number): void {
    try {
      this.#inner.relet(slot)
      this.taken = this.#inner.taken
    } catch (error) {
      this.#fail(error)
      if ((this.own.word(slot) & 1) === 0) this.own.relet(slot)
      this.taken = this.own.word(slot)
    }
    this.handedOut[slot] = this.taken
  }

  openInstance(instance: number): void {
    this.#call(() => this.#inner.openInstance(instance), () => this.own.openInstance(instance))
  }

  closeInstance(instance: number): void {
    this.#call(() => this.#inner.closeInstance(instance), () => this.own.closeInstance(instance))
  }

  isIdle(instance: number): boolean {
    return this.#call(() => this.#inner.isIdle(instance), () => this.own.isIdle(instance))
  }

  usedSlots(instance: number): number {
    return this.#call(() => this.#inner.usedSlots(instance), () => this.own.usedSlots(instance))
  }

  freeSlots(model: number): number {
    return this.#call(() => this.#inner.freeSlots(model), () => this.own.freeSlots(model))
  }

  #call<R>(call: () => R, instead: () => R): R {
    try {
      return call()
    } catch (error) {
      this.#fail(error)
      return instead()
    }
  }

  #fail(error: unknown): void {
    if (this.hasFailed) throw error
    this.#inner = this.own
    this.#failed(error)
  }
}
