import { INSTANCE_STATES } from '@symphony/interface'
import type { Deadlines, Due } from './deadlines.ts'
import type { Fleet } from './fleet.ts'
import { HEALTH_TIMEOUT_MS } from './limits.ts'
import type { PoolCore } from './pool-core.ts'
import { poolError } from './pool-error.ts'

/** Asks instances for their health, and has those that do not feel well, or do not answer, replaced. */
export class HealthWatch {
  readonly #core: PoolCore
  readonly #deadlines: Deadlines
  readonly #fleet: Fleet
  readonly #everyMs: number
  readonly #asked = new Set<number>()
  #cancel: (() => void) | undefined

  constructor(core: PoolCore, deadlines: Deadlines, fleet: Fleet, everyMs: number) {
    this.#core = core
    this.#deadlines = deadlines
    this.#fleet = fleet
    this.#everyMs = everyMs
  }

  /** Begins to ask all idle instances again and again. A busy one is not asked: it may have good reasons to be slow. */
  start(): void {
    if (this.#everyMs === 0 || this.#cancel !== undefined) return
    this.#cancel = this.#core.clock.schedule(this.#everyMs, () => {
      this.#cancel = undefined
      const { state } = this.#core.region.tables.instances.columns
      this.#core.loaded.forEach((model, instance) => {
        if (model !== undefined && state[instance] === INSTANCE_STATES.HOT && this.#core.backend.isIdle(instance)) this.probe(instance)
      })
      this.start()
    })
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  /** Asks one instance now, if its runner can tell. */
  probe(instance: number): void {
    const model = this.#core.loaded[instance]
    if (model?.health === undefined || this.#asked.has(instance)) return
    this.#asked.add(instance)
    const controller = new AbortController()
    let isWaiting = true
    const end = (isWell: boolean, reason: unknown, isDue = false): void => {
      if (!isWaiting) return
      isWaiting = false
      this.#asked.delete(instance)
      if (!isDue) this.#deadlines.over()
      // It may have been replaced while it was thinking.
      if (!isWell && this.#core.loaded[instance] === model) this.#fleet.replace(instance, reason)
    }
    const { backend } = this.#core
    const limit: Due = {
      dueAtMs: this.#core.clock.monotonicMs() + HEALTH_TIMEOUT_MS,
      get isWaiting() {
        return isWaiting
      },
      onDue() {
        const error = poolError('TIMEOUT', `The instance did not tell its health within ${HEALTH_TIMEOUT_MS} ms.`)
        // It was idle when it was asked. One that has a call by now may have good reasons to be slow, and the call has a limit of its own.
        end(!backend.isIdle(instance), error, true)
        controller.abort(error)
      },
    }
    this.#deadlines.add(limit)
    const unwell = (): Error => poolError('MODEL_FAILED', 'The instance says it is not healthy.')
    // In a promise of its own, so that throwing and rejecting are the same.
    void new Promise<boolean>((resolve) => resolve(model.health?.(controller.signal) ?? true)).then(
      (isWell) => end(isWell !== false, unwell()),
      (error: unknown) => end(false, error),
    )
  }
}
