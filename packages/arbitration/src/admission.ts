import type { Region } from '@symphony/shared-memory'
import type { EngineTime } from './engine-time.ts'
import { REQUEST_WORD, REQUEST_WORDS } from './layout.ts'
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
  readonly #requests: Float64Array
  readonly #tenantOfFlow: Int32Array
  readonly #memoryUsed: Float64Array
  readonly #memoryLimit: Float64Array
  readonly #ledger: Ledger
  readonly #rates: RateLimits
  /** The flow that memory is kept free for, or -1. */
  keptForFlow = -1

  constructor(region: Region<ArbitrationLayout>, ledger: Ledger, rates: RateLimits) {
    this.#requests = region.tables.requestWords.columns.word
    this.#tenantOfFlow = region.tables.flows.columns.tenant
    this.#memoryUsed = region.words.memoryUsedBytes
    this.#memoryLimit = region.words.memoryLimitBytes
    this.#ledger = ledger
    this.#rates = rates
  }

  get memoryLimitBytes(): number {
    return this.#memoryLimit[0] as number
  }

  verdict(row: number, time: EngineTime): number {
    const words = this.#requests
    const at = row * REQUEST_WORDS
    const flow = words[at + REQUEST_WORD.FLOW] as number
    const bytes = words[at + REQUEST_WORD.MEMORY_BYTES] as number
    if (bytes > 0) {
      if ((this.#memoryUsed[0] as number) + bytes > (this.#memoryLimit[0] as number)) return VERDICT.MEMORY
      if (this.keptForFlow >= 0 && this.keptForFlow !== flow) return VERDICT.MEMORY_KEPT
    }
    const owner = this.#tenantOfFlow[flow] as number
    const nanos = words[at + REQUEST_WORD.COST] as number
    if (nanos > 0) {
      if (!this.#ledger.fits(owner, nanos, time.wallMs)) return VERDICT.TENANT_BUDGET
      if (!this.#ledger.fits(EVERYONE, nanos, time.wallMs)) return VERDICT.BUDGET
    }
    if (!this.#rates.fits(owner, time.monotonicMs)) return VERDICT.TENANT_RATE
    return this.#rates.fits(EVERYONE, time.monotonicMs) ? VERDICT.FITS : VERDICT.RATE
  }

  /** Call only after `VERDICT.FITS` at the same time. */
  reserve(row: number, time: EngineTime): void {
    const owner = this.#ownerOf(row)
    this.hold(row)
    this.#rates.take(owner, time.monotonicMs)
    this.#rates.take(EVERYONE, time.monotonicMs)
  }

  /** The same for one whose call has been counted: memory and money, whatever the limits. */
  hold(row: number): void {
    const bytes = this.#requests[row * REQUEST_WORDS + REQUEST_WORD.MEMORY_BYTES] as number
    const nanos = this.#requests[row * REQUEST_WORDS + REQUEST_WORD.COST] as number
    if (bytes > 0) this.#memoryUsed[0]! += bytes
    if (nanos > 0) this.#ledger.reserve(this.#ownerOf(row), nanos)
  }

  /** Gives memory and reserved money back. Called once for each `reserve` or `hold`. */
  release(row: number): void {
    const bytes = this.#requests[row * REQUEST_WORDS + REQUEST_WORD.MEMORY_BYTES] as number
    const nanos = this.#requests[row * REQUEST_WORDS + REQUEST_WORD.COST] as number
    if (bytes > 0) this.#memoryUsed[0]! -= bytes
    if (nanos > 0) this.#ledger.unreserve(this.#ownerOf(row), nanos)
  }

  reset(): void {
    this.#memoryUsed[0] = 0
    this.keptForFlow = -1
    this.#ledger.dropReservations()
  }

  /** Whether memory alone could ever be enough for the request. */
  memoryCanFit(row: number): boolean {
    return (this.#requests[row * REQUEST_WORDS + REQUEST_WORD.MEMORY_BYTES] as number) <= (this.#memoryLimit[0] as number)
  }

  /** When the mere passing of time may end a verdict, in monotonicMs; Infinity when it takes an event. */
  mayChangeAtMs(verdict: number, row: number, time: EngineTime): number {
    const owner = this.#ownerOf(row)
    if (verdict === VERDICT.TENANT_RATE) return this.#rates.nextAtMs(owner, time.monotonicMs)
    if (verdict === VERDICT.RATE) return this.#rates.nextAtMs(EVERYONE, time.monotonicMs)
    if (verdict !== VERDICT.TENANT_BUDGET && verdict !== VERDICT.BUDGET) return Infinity
    const resetsAtMs = this.#ledger.resetsAtMs(verdict === VERDICT.BUDGET ? EVERYONE : owner, time.wallMs)
    return resetsAtMs === undefined ? Infinity : time.monotonicMs + (resetsAtMs - time.wallMs)
  }

  #ownerOf(row: number): number {
    return this.#tenantOfFlow[this.#requests[row * REQUEST_WORDS + REQUEST_WORD.FLOW] as number] as number
  }
}
