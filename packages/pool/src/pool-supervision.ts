import { SymphonyError } from '@symphony/interface'
import { SlotBackend } from './backend.ts'
import type { MakePoolBackend, PoolBackend } from './backend.ts'
import { GuardedBackend } from './guarded-backend.ts'
import type { PoolCore } from './pool-core.ts'
import { COMPONENT, poolError } from './pool-error.ts'
import { gateCount, repairSlots, slotProblem } from './slot-repair.ts'

/** Gates that are looked at in one go, however many there are: a fraction of a millisecond. */
const GATES_AT_ONCE = 1_024

/** What lets a pool whose backend has failed be found out and put right. Everybody is served meanwhile, by the pool's own backend. */
export class PoolSupervision {
  readonly #core: PoolCore
  readonly #hasOthers: () => boolean
  readonly #listeners = new Set<(error: SymphonyError) => void>()
  #panic: SymphonyError | undefined
  /** The backend that was brought last. */
  #brought: PoolBackend | undefined
  /** Gate that is looked at next. */
  #next = 0

  constructor(core: PoolCore, hasOthers: () => boolean) {
    this.#core = core
    this.#hasOthers = hasOthers
  }

  get panic(): SymphonyError | undefined {
    return this.#panic
  }

  /**
   * Has another backend work from now on; the pool's own steps in when it fails.
   * @throws SymphonyError `INVALID_ARGUMENT`
   */
  attach(make: PoolBackend | MakePoolBackend): void {
    const { region } = this.#core
    const own = new SlotBackend(region)
    const backend = typeof make === 'function' ? make(region, own) : make
    if (typeof (backend as Partial<PoolBackend> | undefined)?.takeSlot !== 'function') throw poolError('INVALID_ARGUMENT', 'A backend of the pool has the functions of PoolBackend; begin with SlotBackend.')
    this.#core.backend = backend.constructor === SlotBackend ? backend : new GuardedBackend(backend, region, own, (error) => this.fail(error))
    this.#letGo(backend)
  }

  /** Leases that are over go on being so, under the pool's own backend. */
  close(): void {
    this.#core.backend = new SlotBackend(this.#core.region)
    this.#letGo(undefined)
  }

  /** The one before is asked nothing any more. */
  #letGo(next: PoolBackend | undefined): void {
    const former = this.#brought
    this.#brought = next
    if (former === next) return
    try {
      former?.detach?.()
    } catch {
      // It has nothing more to do here, and may be replaced for the very reason that it fails.
    }
  }

  onPanic(listener: (error: SymphonyError) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  check(parts: number): string | undefined {
    if (this.#panic !== undefined) return undefined
    const { region } = this.#core
    const gates = gateCount(region)
    const count = Math.max(GATES_AT_ONCE, Math.ceil(gates / parts))
    if (this.#next >= gates) this.#next = 0
    const problem = slotProblem(region, this.#next, count)
    this.#next += count
    if (problem !== undefined) this.fail(`what must always hold does not: ${problem}`)
    return problem
  }

  fail(cause: unknown): void {
    if (this.#panic !== undefined) return
    const why = cause instanceof Error ? cause.message : String(cause)
    this.#panic = new SymphonyError({
      code: 'BACKEND_PANIC',
      component: COMPONENT,
      message: `The pool's backend failed: ${why}. Its own one goes on in its place; slots that were lost with the call come back when the pool is put right.`,
      details: { reason: why },
      cause,
    })
    for (const listener of this.#listeners) listener(this.#panic)
  }

  /** Puts gates and slots in order, under the pool's own backend. */
  repair(): void {
    const { backend, region } = this.#core
    const repaired = repairSlots(region, backend instanceof GuardedBackend ? backend.handedOut : undefined, this.#hasOthers())
    this.#core.backend = new SlotBackend(region)
    this.#letGo(undefined)
    this.#panic = undefined
    if (repaired > 0) this.#core.logger.warn('Slots that were lost when a backend failed are back.', { slots: repaired })
  }
}
