import { TABLE_LINE } from '@symphony/shared-memory'
import type { Region } from '@symphony/shared-memory'
import { full, invalid } from './init.ts'
import type { ArbitrationLayout } from './layout.ts'

/** Row of `*`: the sum over all tenants. */
export const EVERYONE = 0
export const EVERYONE_NAME = '*'

/** Names of tenants and their rows. A tenant keeps its row for the life of the engine. */
export class TenantDirectory {
  readonly #rows = new Map<string, number>()
  readonly #names: string[] = []
  readonly #table: Region<ArbitrationLayout>['tables']['tenants']

  constructor(table: Region<ArbitrationLayout>['tables']['tenants']) {
    this.#table = table
    this.rowOf(EVERYONE_NAME)
  }

  get count(): number {
    return this.#names.length
  }

  nameOf(row: number): string {
    return this.#names[row] as string
  }

  find(name: string): number | undefined {
    return this.#rows.get(name)
  }

  /** The row of a name, a new one if need be. @throws SymphonyError `INVALID_ARGUMENT`, `CAPACITY_EXCEEDED` */
  rowOf(name: string): number {
    const known = this.#rows.get(name)
    if (known !== undefined) return known
    if (typeof name !== 'string' || name.length === 0) throw invalid(`A tenant is named by a string that is not empty, not ${String(name)}.`)
    const { columns, rows } = this.#table
    const row = this.#names.length
    if (row === rows) throw full('tenants', rows, 'tenantsMax')
    columns.weight[row] = 1
    columns.limit[row] = -1
    this.#rows.set(name, row)
    this.#names.push(name)
    this.#count()
    return row
  }

  /**
   * Writes the rows of all tenants anew, as if nothing were known of them but their names. Calls that were used up stay so, as far as
   * what is there can be true.
   */
  writeRows(): void {
    const { columns } = this.#table
    const { count } = this
    for (const column of [columns.served, columns.waiting, columns.running, columns.spent, columns.reserved, columns.windowMs, columns.windowStartMs, columns.isDurable]) column.fill(0, 0, count)
    columns.callsPerMs.fill(0, 0, count)
    columns.weight.fill(1, 0, count)
    columns.limit.fill(-1, 0, count)
    this.#count()
  }

  #count(): void {
    const { line } = this.#table
    line[TABLE_LINE.USED] = line[TABLE_LINE.LIVE] = this.#names.length
  }
}
