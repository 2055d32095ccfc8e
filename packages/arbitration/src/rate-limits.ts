import type { RateSpec } from '@symphony/interface'
import type { Region } from '@symphony/shared-memory'
import { tenantColumns } from './columns.ts'
import type { TenantColumns } from './columns.ts'
import { checkNumber } from './init.ts'
import type { ArbitrationLayout } from './layout.ts'
import { EVERYONE } from './tenant-directory.ts'

/** Token buckets on calls, refilled when somebody looks. Rounding may not keep back a token that is all but there. */
const ALMOST = 1e-9

export class RateLimits {
  readonly #columns: TenantColumns
  /** Whether anybody has a limit. */
  #isUsed = false

  constructor(region: Region<ArbitrationLayout>) {
    this.#columns = tenantColumns(region)
  }

  /** @throws SymphonyError `INVALID_ARGUMENT` */
  static check(spec: RateSpec): void {
    checkNumber('callsPerSecond', spec.callsPerSecond, Number.MIN_VALUE, 1e9, false)
    if (spec.burst !== undefined) checkNumber('burst', spec.burst, 1, 1e12, false)
  }

  /** A bucket begins full; one that is replaced keeps what it has, as far as it still fits. */
  set(tenant: number, spec: RateSpec, nowMs: number): void {
    this.#isUsed = true
    const { callsPerSecond } = spec
    const burst = burstOf(spec)
    const columns = this.#columns
    const tokens = columns.callsPerMs[tenant] === 0 ? burst : this.#tokens(tenant, nowMs)
    columns.callsPerMs[tenant] = callsPerSecond / 1_000
    columns.burst[tenant] = burst
    columns.tokens[tenant] = Math.min(burst, tokens)
    columns.refilledAtMs[tenant] = nowMs
  }

  /** The same after a failure: a bucket that cannot be believed begins empty, so that no call is let through twice. */
  restore(tenant: number, spec: RateSpec, nowMs: number): void {
    const { tokens, refilledAtMs, callsPerMs } = this.#columns
    const isLikely = (tokens[tenant] as number) >= 0 && (tokens[tenant] as number) <= burstOf(spec) && (refilledAtMs[tenant] as number) <= nowMs
    if (!isLikely) tokens[tenant] = 0
    if (!isLikely) refilledAtMs[tenant] = nowMs
    callsPerMs[tenant] = spec.callsPerSecond / 1_000
    this.#columns.burst[tenant] = burstOf(spec)
    this.set(tenant, spec, nowMs)
  }

  fits(tenant: number, nowMs: number): boolean {
    return !this.#isUsed || this.#columns.callsPerMs[tenant] === 0 || this.#tokens(tenant, nowMs) >= 1 - ALMOST
  }

  take(tenant: number, nowMs: number): void {
    if (!this.#isUsed || this.#columns.callsPerMs[tenant] === 0) return
    this.#columns.tokens[tenant] = Math.max(0, this.#tokens(tenant, nowMs) - 1)
    this.#columns.refilledAtMs[tenant] = nowMs
  }

  /** Takes up to `count` calls of a tenant, and returns how many there were. */
  takeMany(tenant: number, count: number, nowMs: number): number {
    if (!this.#isUsed) return count
    let taken = 0
    for (; taken < count && this.fits(tenant, nowMs) && this.fits(EVERYONE, nowMs); taken++) {
      this.take(tenant, nowMs)
      this.take(EVERYONE, nowMs)
    }
    return taken
  }

  /** When the next token is there. */
  nextAtMs(tenant: number, nowMs: number): number {
    const missing = 1 - this.#tokens(tenant, nowMs)
    return missing <= 0 ? nowMs : nowMs + missing / (this.#columns.callsPerMs[tenant] as number)
  }

  #tokens(tenant: number, nowMs: number): number {
    const { callsPerMs, burst, tokens, refilledAtMs } = this.#columns
    return Math.min(burst[tenant] as number, (tokens[tenant] as number) + (nowMs - (refilledAtMs[tenant] as number)) * (callsPerMs[tenant] as number))
  }
}

function burstOf({ callsPerSecond, burst = Math.max(1, callsPerSecond) }: RateSpec): number {
  return burst
}
