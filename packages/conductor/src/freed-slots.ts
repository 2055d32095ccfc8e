import { SETTLEMENT_OUTCOMES } from '@symphony/interface'
import type { ModelNumber } from '@symphony/interface'
import type { ConductorPorts } from './conductor-ports.ts'
import { END_BATCH, INLINE_MODEL } from './limits.ts'
import { giveBack } from './storage-failure.ts'

/**
 * What attempts on slots of this thread hold when they have ended: grants to be settled, and slots. It goes on to attempts that begin
 * in the same step, as far as there are any, and back to whom it belongs otherwise.
 */
export class FreedSlots {
  readonly #ports: Pick<ConductorPorts, 'pool' | 'arbitration'>
  /** The model of this thread's functions; looked up when the first of them ends. */
  #model: ModelNumber | undefined
  readonly #tickets = new Float64Array(END_BATCH)
  readonly #durationsMs = new Float64Array(END_BATCH)
  readonly #slots = new Int32Array(END_BATCH)
  readonly #words = new Int32Array(END_BATCH)
  #count = 0

  constructor(ports: Pick<ConductorPorts, 'pool' | 'arbitration'>) {
    this.#ports = ports
  }

  /** Takes what an attempt that succeeded held. */
  add(ticket: number, durationMs: number, slot: number, word: number): void {
    if (this.#count === END_BATCH) this.giveBack()
    const at = this.#count++
    this.#tickets[at] = ticket
    this.#durationsMs[at] = durationMs
    this.#slots[at] = slot
    this.#words[at] = word
  }

  /** Gives back all of it. */
  giveBack(): void {
    if (this.#count > 0) this.#release(0)
  }

  /** Returns the slot of an attempt whose grant is settled already. */
  releaseSlot(slot: number, word: number): void {
    this.#ports.pool.releaseSlots((this.#model ??= this.#ports.pool.modelNumber(INLINE_MODEL)), Int32Array.of(slot), Int32Array.of(word), 1)
  }

  /** Passes up to `count` slots on to attempts that begin, gives back the rest, and returns how many there were. */
  passOn(slots: Int32Array, words: Int32Array, count: number): number {
    if (this.#count === 0) return 0
    const { pool } = this.#ports
    this.#model ??= pool.modelNumber(INLINE_MODEL)
    const renewed = pool.renewSlots?.(this.#model, this.#slots, this.#words, Math.min(count, this.#count)) ?? 0
    for (let at = 0; at < renewed; at++) {
      slots[at] = this.#slots[at] as number
      words[at] = this.#words[at] as number
    }
    this.#release(renewed)
    return renewed
  }

  /**
   * Settles all grants, and returns the slots from a place on. With an engine that fails nothing begins on the others either, so they go back
   * with them; its grants are its own.
   */
  #release(from: number): void {
    const count = this.#count
    const { pool, arbitration } = this.#ports
    this.#model ??= pool.modelNumber(INLINE_MODEL)
    this.#count = 0
    let first = 0
    try {
      giveBack(() => arbitration.settleNow(this.#tickets, count, SETTLEMENT_OUTCOMES.SUCCEEDED, this.#durationsMs))
      first = from
    } finally {
      if (first === 0) pool.releaseSlots(this.#model, this.#slots, this.#words, count)
      else if (first < count) pool.releaseSlots(this.#model, this.#slots.subarray(first, count), this.#words.subarray(first, count), count - first)
    }
  }
}
