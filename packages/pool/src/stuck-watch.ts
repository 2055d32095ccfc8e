import { INSTANCE_STATES } from '@symphony/interface'
import type { Fleet } from './fleet.ts'
import { SLOTS_PER_GATE, STUCK_LOOKS } from './limits.ts'
import type { PoolCore } from './pool-core.ts'
import { entryOf } from './pool-core.ts'
import { poolError } from './pool-error.ts'

/** What was seen of an instance that had not come to rest since the look before. */
interface Restless {
  readonly restedMs: number
  /** Changes with every lease that begins or ends. */
  readonly uses: number
  readonly sinceMs: number
  looks: number
}

/**
 * Finds instances whose thread is stuck while nobody has a lease on them: it would be found out by a call otherwise, which fails for it.
 * Looking costs a microsecond and wakes nobody: how long a thread has waited for something to do is known outside of it. One with a
 * lease may have good reasons not to rest; its call has a limit of its own.
 */
export class StuckWatch {
  readonly #core: PoolCore
  readonly #fleet: Fleet
  readonly #afterMs: number
  readonly #restless = new Map<number, Restless>()

  constructor(core: PoolCore, fleet: Fleet, afterMs: number) {
    this.#core = core
    this.#fleet = fleet
    this.#afterMs = afterMs
  }

  look(): void {
    if (this.#afterMs === 0) return
    const { loaded, clock } = this.#core
    for (let instance = 0; instance < loaded.length; instance++) {
      if (loaded[instance]?.restedMs === undefined) this.#restless.delete(instance)
      else this.#lookAt(instance, clock.monotonicMs())
    }
  }

  #lookAt(instance: number, nowMs: number): void {
    const { loaded, backend, region } = this.#core
    const isIdle = region.tables.instances.columns.state[instance] === INSTANCE_STATES.HOT && backend.isIdle(instance)
    const restedMs = isIdle ? loaded[instance]?.restedMs?.() : undefined
    if (restedMs === undefined) return void this.#restless.delete(instance)
    const seen = this.#restless.get(instance)
    const uses = this.#usesOf(instance)
    if (seen?.restedMs !== restedMs || seen.uses !== uses) return void this.#restless.set(instance, { restedMs, uses, sinceMs: nowMs, looks: 0 })
    // Looks are counted as well: a process that was stopped has not seen anything meanwhile.
    if (++seen.looks < STUCK_LOOKS || nowMs - seen.sinceMs < this.#afterMs) return
    this.#restless.delete(instance)
    const message = `The thread of the instance has not come to rest for ${Math.round(nowMs - seen.sinceMs)} ms, although nobody asks anything of it: it is stuck. Raise stuckAfterMs for a model that computes on after it has answered.`
    this.#fleet.replace(instance, poolError('MODEL_FAILED', message))
  }

  #usesOf(instance: number): number {
    const { backend, region } = this.#core
    const firstGate = region.tables.instances.columns.gateFirst[instance] as number
    const { slotsPerInstance } = entryOf(this.#core, instance)
    let uses = 0
    for (let index = 0; index < slotsPerInstance; index++) uses += backend.word(((firstGate + Math.floor(index / SLOTS_PER_GATE)) << 5) | (index % SLOTS_PER_GATE))
    return uses
  }
}
