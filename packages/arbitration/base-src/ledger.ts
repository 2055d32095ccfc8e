import { SymphonyError } from '@symphony/interface'
import type { BudgetReport, BudgetSpec } from '@symphony/interface'
import { ByteReader, ByteWriter } from '@symphony/shared-memory'
import type { Region } from '@symphony/shared-memory'
import { tenantColumns } from './columns.ts'
import type { TenantColumns } from './columns.ts'
import { COMPONENT, invalid } from './init.ts'
import type { ArbitrationLayout } from './layout.ts'
import { EVERYONE } from './tenant-directory.ts'
import type { TenantDirectory } from './tenant-directory.ts'

const NANO = 1e9
/** 2^53 nanodollars: up to here sums are exact. */
export const USD_MAX = 9_000_000
const SNAPSHOT_VERSION = 1

/** Money as whole nanodollars: sums are exact, and what was reserved comes back to the last digit. */
export function toNanos(usd: number): number {
  return Math.round(usd * NANO)
}

export function toUsd(nanos: number): number {
  return nanos / NANO
}

/** @throws SymphonyError `INVALID_ARGUMENT` */
export function checkUsd(name: string, usd: number): void {
  if (typeof usd === 'number' && usd >= 0 && usd <= USD_MAX) return
  throw invalid(`"${name}" has to be a number of US dollars from 0 to ${USD_MAX}, not ${String(usd)}.`)
}

/**
 * Budgets: what was spent in the window under way, what is reserved, and the limit. Spending is durable and changes by
 * commands alone, which carry their time; that a window is over is worked out whenever somebody looks. Reservations are not
 * durable.
 */
export class Ledger {
  readonly #columns: TenantColumns
  readonly #directory: TenantDirectory

  constructor(region: Region<ArbitrationLayout>, directory: TenantDirectory) {
    this.#columns = tenantColumns(region)
    this.#directory = directory
  }

  /** Whether a cost fits into what a tenant's budget has left. */
  fits(tenant: number, cost: number, wallMs: number): boolean {
    const limit = this.#columns.limit[tenant] as number
    return limit < 0 || this.spent(tenant, wallMs) + (this.#columns.reserved[tenant] as number) + cost <= limit
  }

  /** Whether it could ever fit, if nothing but time passed and everything reserved came back. */
  canEverFit(tenant: number, cost: number, wallMs: number): boolean {
    return (this.#columns.limit[tenant] as number) < 0 || cost <= this.mostLeft(tenant, wallMs)
  }

  /** What a budget can have left at most: its limit; without a window, less what is spent. */
  mostLeft(tenant: number, wallMs: number): number {
    const limit = this.#columns.limit[tenant] as number
    return this.#columns.windowMs[tenant] === 0 ? Math.max(0, limit - this.spent(tenant, wallMs)) : limit
  }

  spent(tenant: number, wallMs: number): number {
    return this.#isOver(tenant, wallMs) ? 0 : (this.#columns.spent[tenant] as number)
  }

  reserve(tenant: number, cost: number): void {
    if (cost === 0) return
    this.#columns.reserved[tenant]! += cost
    this.#columns.reserved[EVERYONE]! += cost
  }

  unreserve(tenant: number, cost: number): void {
    if (cost === 0) return
    this.#columns.reserved[tenant]! -= cost
    this.#columns.reserved[EVERYONE]! -= cost
  }

  dropReservations(): void {
    this.#columns.reserved.fill(0, 0, this.#directory.count)
  }

  /** When the window ends, in `nowMs`; undefined for a budget that is never full again, or none. */
  resetsAtMs(tenant: number, wallMs: number): number | undefined {
    const windowMs = this.#columns.windowMs[tenant] as number
    if ((this.#columns.limit[tenant] as number) < 0 || windowMs === 0) return undefined
    return (Math.floor(Math.max(wallMs, this.#columns.windowStartMs[tenant] as number) / windowMs) + 1) * windowMs
  }

  /** Part of a command: deterministic in state and arguments. */
  applySpend(tenant: number, cost: number, wallMs: number): void {
    this.#spendOne(tenant, cost, wallMs)
    this.#spendOne(EVERYONE, cost, wallMs)
  }

  /** Part of a command. What was spent stays spent when a budget is replaced; a first budget begins empty. */
  applyBudget(tenant: number, limit: number, windowMs: number, wallMs: number, isDurable: boolean): void {
    const columns = this.#columns
    if ((columns.limit[tenant] as number) < 0) columns.spent[tenant] = 0
    else columns.spent[tenant] = this.spent(tenant, wallMs)
    columns.limit[tenant] = limit
    columns.windowMs[tenant] = windowMs
    // Settings are read again at each start, before older spending is replayed: their first window begins with what comes.
    columns.windowStartMs[tenant] = windowMs === 0 || !isDurable ? 0 : Math.floor(wallMs / windowMs) * windowMs
    columns.isDurable[tenant] = isDurable ? 1 : 0
  }

  reports(wallMs: number): readonly BudgetReport[] {
    const reports: BudgetReport[] = []
    for (let tenant = 0; tenant < this.#directory.count; tenant++) {
      const limit = this.#columns.limit[tenant] as number
      if (limit < 0) continue
      reports.push({
        tenant: this.#directory.nameOf(tenant),
        limitUsd: toUsd(limit),
        spentUsd: toUsd(this.spent(tenant, wallMs)),
        reservedUsd: toUsd(this.#columns.reserved[tenant] as number),
        resetsAtMs: this.resetsAtMs(tenant, wallMs),
      })
    }
    return reports
  }

  /** Everything durable, sorted by name: rows depend on who came first, which is not durable. */
  snapshot(): Uint8Array {
    const columns = this.#columns
    const rows: number[] = []
    for (let row = 0; row < this.#directory.count; row++) {
      if (columns.isDurable[row] === 1 || (columns.spent[row] as number) > 0) rows.push(row)
    }
    const nameOf = (row: number): string => this.#directory.nameOf(row)
    rows.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
    const writer = new ByteWriter().u32(SNAPSHOT_VERSION).u32(rows.length)
    for (const row of rows) {
      writer.string(nameOf(row)).u8(columns.isDurable[row] as number).f64(columns.limit[row] as number)
      writer.f64(columns.windowMs[row] as number).f64(columns.windowStartMs[row] as number).f64(columns.spent[row] as number)
    }
    return writer.copy()
  }

  /** @param settings budgets of the init: they hold where the snapshot has none of its own */
  restore(snapshot: Uint8Array, settings: readonly BudgetSpec[], wallMs: number): void {
    const reader = new ByteReader(snapshot)
    const version = reader.u32()
    if (version !== SNAPSHOT_VERSION) {
      const message = `The snapshot has version ${version}, this engine reads ${SNAPSHOT_VERSION}. Open it with the version that wrote it.`
      throw new SymphonyError({ code: 'LAYOUT_MISMATCH', component: COMPONENT, message })
    }
    const columns = this.#columns
    columns.spent.fill(0, 0, this.#directory.count)
    columns.limit.fill(-1, 0, this.#directory.count)
    columns.isDurable.fill(0, 0, this.#directory.count)
    this.applySettings(settings, wallMs)
    for (let left = reader.u32(); left > 0; left--) {
      const row = this.#directory.rowOf(reader.string())
      const isDurable = reader.u8()
      const [limit, windowMs, windowStartMs, spent] = [reader.f64(), reader.f64(), reader.f64(), reader.f64()]
      columns.spent[row] = spent
      if (isDurable === 1) {
        columns.isDurable[row] = 1
        columns.limit[row] = limit
        columns.windowMs[row] = windowMs
      }
      columns.windowStartMs[row] = windowStartMs
    }
  }

  applySettings(settings: readonly BudgetSpec[], wallMs: number): void {
    for (const { tenant, limitUsd, windowMs = 0 } of settings) {
      this.applyBudget(this.#directory.rowOf(tenant), toNanos(limitUsd), windowMs, wallMs, false)
    }
  }

  #spendOne(tenant: number, cost: number, wallMs: number): void {
    const columns = this.#columns
    if (this.#isOver(tenant, wallMs)) {
      const windowMs = columns.windowMs[tenant] as number
      columns.spent[tenant] = 0
      columns.windowStartMs[tenant] = Math.floor(wallMs / windowMs) * windowMs
    }
    columns.spent[tenant]! += cost
  }

  #isOver(tenant: number, wallMs: number): boolean {
    const windowMs = this.#columns.windowMs[tenant] as number
    return windowMs > 0 && wallMs >= (this.#columns.windowStartMs[tenant] as number) + windowMs
  }
}
