import { isSymphonyError } from '@symphony/interface'
import type { ModelNumber } from '@symphony/interface'
import type { ConductorPorts } from './conductor-ports.ts'

/** Has models loaded that more is asked of than their hot instances can take; withdraws the wish when nobody waits any more. */
export class ModelWarmer {
  readonly #pool: ConductorPorts['pool']
  readonly #loads = new Map<ModelNumber, AbortController>()
  readonly #onFailure: (model: ModelNumber, error: unknown) => void

  /** @param onFailure told when a load failed that was not withdrawn */
  constructor(pool: ConductorPorts['pool'], onFailure: (model: ModelNumber, error: unknown) => void) {
    this.#pool = pool
    this.#onFailure = onFailure
  }

  warm(model: ModelNumber, id: string, waiting: number): void {
    if (this.#loads.has(model)) return
    const { instances, slotsTotal } = this.#pool.inspect(id)
    const hot = instances.filter((instance) => instance.state === 'hot').length
    const wanted = Math.min(instances.length, hot + Math.ceil((waiting * instances.length) / slotsTotal))
    if (wanted <= hot) return
    const controller = new AbortController()
    this.#loads.set(model, controller)
    this.#pool.prewarm(model, wanted, { signal: controller.signal }).then(
      () => this.#loads.delete(model),
      (error: unknown) => {
        this.#loads.delete(model)
        if (!isSymphonyError(error, 'ABORTED')) this.#onFailure(model, error)
      },
    )
  }

  withdraw(model: ModelNumber): void {
    this.#loads.get(model)?.abort()
  }
}
