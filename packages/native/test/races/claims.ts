import type { PoolBackend } from '@symphony/pool'

/** Who holds what, kept beside the pool by all threads: the pool is right as long as nobody finds a contradiction here. */
export class Claims {
  readonly #holders: Int32Array
  readonly #tokens: Float64Array

  /** @param buffer 16 bytes a slot */
  constructor(buffer: SharedArrayBuffer) {
    const slots = buffer.byteLength / 16
    this.#holders = new Int32Array(buffer, 0, slots)
    this.#tokens = new Float64Array(buffer, slots * 8, slots)
  }

  /** Returns 1 if somebody else holds the slot, or if its token did not rise; else 0. */
  claim(slot: number, token: number): number {
    if (Atomics.add(this.#holders, slot, 1) !== 0) return 1
    // Whoever holds it is alone here.
    const hasRisen = token > (this.#tokens[slot] as number)
    this.#tokens[slot] = token
    return hasRisen ? 0 : 1
  }

  unclaim(slot: number): void {
    Atomics.sub(this.#holders, slot, 1)
  }
}

export interface Race {
  readonly models: readonly number[]
  readonly leases: number
  /** The backend to go on with, asked every so often. */
  readonly every?: () => PoolBackend
}

const slots = new Int32Array(3)
const words = new Int32Array(3)

/** Leases and releases so many times, one by one and in batches, and counts contradictions. */
export function race(backend: PoolBackend, claims: Claims, { models, leases, every }: Race): number {
  let errors = 0
  for (let done = 0, turn = 0; done < leases; turn++) {
    if (every !== undefined && turn % 500 === 0) backend = every()
    const model = models[turn % models.length] as number
    const most = Math.min(1 + (turn % 3), leases - done)
    let taken = most
    if (most === 1) {
      slots[0] = backend.takeSlot(model)
      words[0] = backend.taken
      if (slots[0] < 0) taken = 0
    } else taken = backend.takeSlots(model, slots, words, most)
    for (let at = 0; at < taken; at++) errors += claims.claim(slots[at] as number, backend.token(slots[at] as number, words[at] as number))
    for (let at = 0; at < taken; at++) errors += giveBack(backend, claims, slots[at] as number, words[at] as number, turn)
    done += taken
  }
  return errors
}

/** Now and then the slot goes on to the next lease of the same thread first. */
function giveBack(backend: PoolBackend, claims: Claims, slot: number, word: number, turn: number): number {
  let errors = 0
  let last = word
  if (turn % 7 === 0) {
    if (!backend.endLease(slot, last)) errors++
    backend.relet(slot)
    last = backend.taken
    if (last !== ((word + 2) | 0) || backend.endLease(slot, word)) errors++
  }
  claims.unclaim(slot)
  if (!backend.endLease(slot, last) || backend.endLease(slot, last)) errors++
  backend.freeSlot(slot)
  return errors
}
