import type { Region } from '@symphony/shared-memory'
import { requestColumns } from './columns.ts'
import type { RequestColumns } from './columns.ts'
import type { EngineTime } from './engine-time.ts'
import type { ArbitrationLayout } from './layout.ts'
import type { Ledger } from './ledger.ts'
import type { RateLimits } from './rate-limits.ts'
import { EVERYONE } from './tenant-directory.ts'

/** What keeps a request from being admitted now. The order is the order in which it is looked for. */
export const VERDICT = { FITS: 0, MEMORY: 1, MEMORY_KEPT: 2, TENANT_BUDGET: 3, BUDGET: 4, TENANT_RATE: 5, RATE: 6 } as const

/** True for what lies with the tenant alone: others may be admitted meanwhile, and it gains no credit by waiting. */
export function isOwnLimit(verdict: number): boolean {
  return verdict === VERDICT.TENANT_BUDGET || verdict === VERDICT.TENANT_RATE
}

/** Takes memory, money and rate together or not at all. */
export class Admission {
  readonly #requests: RequestColumns
  readonly #memoryUsed: Float64Array
  readonly #memoryLimit: Float64Array
  readonly #ledger: Ledger
  readonly #rates: RateLimits
  /** The flow that memory is kept free for, or -1. */
  keptForFlow = -1

  constructor(region: Region<ArbitrationLayout>, ledger: Ledger, rates: RateLimits) {
    this.#requests = requestColumns(region)
    this.#memoryUsed = region.words.memoryUsedBytes
    this.#memoryLimit = region.words.memoryLimitBytes
    this.#ledger = ledger
    this.#rates = rates
  }

  get memoryLimitBytes(): number {
    return this.#memoryLimit[0] as number
  }

  verdict(row: number, time: EngineTime): number {
    const { memoryBytes, cost, tenant, flow } = this.#requests
    const bytes = memoryBytes[row] as number
    if (bytes > 0) {
      if ((this.#memoryUsed[0] as number) + bytes > (this.#memoryLimit[0] as number)) return VERDICT.MEMORY
      if (this.keptForFlow >= 0 && this.keptForFlow !== flow[row]) return VERDICT.MEMORY_KEPT
    }
    const owner = tenant[row] as number
    const nanos = cost[row] as number
    if (nanos > 0) {
      if (!this.#ledger.fits(owner, nanos, time.wallMs)) return VERDICT.TENANT_BUDGET
      if (!this.#ledger.fits(EVERYONE, nanos, time.wallMs)) return VERDICT.BUDGET
    }
    if (!this.#rates.fits(owner, time.monotonicMs)) return VERDICT.TENANT_RATE
    return this.#rates.fits(EVERYONE, time.monotonicMs) ? VERDICT.FITS : VERDICT.RATE
  }

  /** Call only after `VERDICT.FITS` at the same time. */
  reserve(row: number, time: EngineTime): void {
    const owner = this.#requests.tenant[row] as number
    this.#memoryUsed[0]! += this.#requests.memoryBytes[row] as number
    this.#ledger.reserve(owner, this.#requests.cost[row] as number)
    this.#rates.take(owner, time.monotonicMs)
    this.#rates.take(EVERYONE, time.monotonicMs)
  }

  /** Gives memory and reserved money back. Called once for each `reserve`. */
  release(row: number): void {
    this.#memoryUsed[0]! -= this.#requests.memoryBytes[row] as number
    this.#ledger.unreserve(this.#requests.tenant[row] as number, this.#requests.cost[row] as number)
  }

  reset(): void {
    this.#memoryUsed[0] = 0
    this.keptForFlow = -1
    this.#ledger.dropReservations()
  }

  /** Whether memory alone could ever be enough for the request. */
  memoryCanFit(row: number): boolean {
    return (this.#requests.memoryBytes[row] as number) <= (this.#memoryLimit[0] as number)
  }

  /** When the mere passing of time may end a verdict, in monotonicMs; Infinity when it takes an event. */
  mayChangeAtMs(verdict: number, row: number, time: EngineTime): number {
    const owner = this.#requests.tenant[row] as number
    if (verdict === VERDICT.TENANT_RATE) return this.#rates.nextAtMs(owner, time.monotonicMs)
    if (verdict === VERDICT.RATE) return this.#rates.nextAtMs(EVERYONE, time.monotonicMs)
    if (verdict !== VERDICT.TENANT_BUDGET && verdict !== VERDICT.BUDGET) return Infinity
    const resetsAtMs = this.#ledger.resetsAtMs(verdict === VERDICT.BUDGET ? EVERYONE : owner, time.wallMs)
    return resetsAtMs === undefined ? Infinity : time.monotonicMs + (resetsAtMs - time.wallMs)
  }
}
