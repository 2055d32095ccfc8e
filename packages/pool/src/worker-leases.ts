import { assert } from '@symphony/interface'
import type { FencingToken, InstanceRow, ModelNumber, SymphonyError } from '@symphony/interface'
import { attachRegion } from '@symphony/shared-memory'
import { SlotBackend } from './backend.ts'
import type { MakePoolBackend, PoolBackend } from './backend.ts'
import { GuardedBackend } from './guarded-backend.ts'
import { POOL_LAYOUT } from './layout.ts'
import type { PoolRegion } from './layout.ts'
import { messageOf, poolError } from './pool-error.ts'
import { ring } from './thread-bell.ts'

/** A slot held by a thread that does not run the pool. */
export interface SlotHold {
  readonly instance: InstanceRow
  readonly token: FencingToken
  /** False once it was released, or taken back by the pool. */
  readonly isLive: boolean
  /** Returns the slot. True when this call did it. */
  release(): boolean
}

/** Leases for another thread, on the bytes of a pool that runs elsewhere. */
export interface WorkerLeases {
  /** The number by which the pool can take back what this thread held, should it end without releasing: `takeBackFrom(holder)`. */
  readonly holder: number
  /** A slot of a hot instance if one is free, at once. Loads nothing: only the pool's own thread can. */
  tryLease(model: ModelNumber): SlotHold | undefined
  freeSlots(model: ModelNumber): number
  /** Why the backend that was brought is out of use; the TypeScript one goes on in its place. Undefined while all is well. */
  readonly failure: SymphonyError | undefined
}

/**
 * Takes part in a pool from another thread: slots are taken and returned by compare-and-swap on the pool's own bytes.
 *
 * @param buffer the pool's `region.buffer`
 * @param make makes another backend than the TypeScript one
 * @throws SymphonyError `LAYOUT_MISMATCH`, `REGION_CORRUPT` for other bytes
 * @example
 * const leases = attachPoolLeases(workerData.buffer)
 * const hold = leases.tryLease(workerData.model)
 * try { work(hold?.instance) } finally { hold?.release() }
 */
export function attachPoolLeases(buffer: SharedArrayBuffer, make?: MakePoolBackend): WorkerLeases {
  const region = attachRegion(POOL_LAYOUT, buffer)
  const holder = Atomics.add(region.words.attachedThreads, 0, 1) + 1
  const own = new SlotBackend(region, holder)
  let failure: SymphonyError | undefined
  const backend = make === undefined ? own : new GuardedBackend(make(region, own), region, own, (error) => (failure = asFailure(error)))
  return {
    get failure() {
      return failure
    },
    holder,
    tryLease(model) {
      assert(model >= 0 && model < region.tables.models.rows, 'a model is asked for by its number')
      const slot = backend.takeSlot(model)
      return slot < 0 ? undefined : new ThreadHold(region, backend, slot)
    },
    freeSlots: (model) => backend.freeSlots(model),
  }
}

function asFailure(cause: unknown): SymphonyError {
  const reason = messageOf(cause)
  return poolError('BACKEND_PANIC', `The backend of this thread's leases failed: ${reason}. The TypeScript one goes on in its place.`, { reason }, cause)
}

class ThreadHold implements SlotHold {
  readonly #region: PoolRegion
  readonly #backend: PoolBackend
  readonly #slot: number
  readonly #word: number

  constructor(region: PoolRegion, backend: PoolBackend, slot: number) {
    this.#region = region
    this.#backend = backend
    this.#slot = slot
    this.#word = backend.taken
  }

  get instance(): InstanceRow {
    return this.#region.tables.gates.columns.instance[this.#slot >> 5] as InstanceRow
  }

  get token(): FencingToken {
    return this.#backend.token(this.#slot, this.#word) as FencingToken
  }

  get isLive(): boolean {
    return Atomics.load(this.#region.tables.slots.columns.token, this.#slot) === this.#word
  }

  release(): boolean {
    if (!this.#backend.endLease(this.#slot, this.#word)) return false
    this.#backend.freeSlot(this.#slot)
    ring(this.#region)
    return true
  }
}
