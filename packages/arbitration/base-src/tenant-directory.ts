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
    const { columns, rows, line } = this.#table
    const row = this.#names.length
    if (row === rows) throw full('tenants', rows, 'tenantsMax')
    line[TABLE_LINE.USED] = line[TABLE_LINE.LIVE] = row + 1
    columns.weight[row] = 1
    columns.limit[row] = -1
    this.#rows.set(name, row)
    this.#names.push(name)
    return row
  }
}
