import type { RateSpec } from '@symphony/interface'
import type { Backend } from './backend.ts'

/** What was set and is not logged, by rows of tenants: it holds as long as the engine lives, whatever happens to its region. */
export class EngineSettings {
  readonly #weights = new Map<number, number>()
  readonly #rates = new Map<number, RateSpec>()
  #memoryBytesMax: number

  constructor(memoryBytesMax: number) {
    this.#memoryBytesMax = memoryBytesMax
  }

  setWeight({ tenants }: Backend, tenant: number, weight: number): void {
    this.#weights.set(tenant, weight)
    tenants.weight[tenant] = weight
  }

  setRate({ rates, time }: Backend, tenant: number, spec: RateSpec): void {
    this.#rates.set(tenant, spec)
    rates.set(tenant, spec, time.read().monotonicMs)
  }

  setMemoryLimit({ region }: Backend, bytes: number): void {
    this.#memoryBytesMax = bytes
    region.words.memoryLimitBytes[0] = bytes
  }

  /** Sets everything in a backend that begins anew. */
  restore({ tenants, rates, time, region }: Backend): void {
    region.words.memoryLimitBytes[0] = this.#memoryBytesMax
    for (const [tenant, weight] of this.#weights) tenants.weight[tenant] = weight
    for (const [tenant, spec] of this.#rates) rates.restore(tenant, spec, time.read().monotonicMs)
  }
}
