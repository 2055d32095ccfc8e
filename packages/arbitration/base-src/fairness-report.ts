import type { FairnessReport, TenantShare } from '@symphony/interface'
import type { TenantColumns } from './columns.ts'
import { giniCoefficient, jainIndex } from './fairness.ts'
import { EVERYONE } from './tenant-directory.ts'
import type { TenantDirectory } from './tenant-directory.ts'

/** Service below this counts as forgotten, ms. */
const FORGOTTEN_MS = 1e-6

/**
 * Who got how much, with the engine's half-life, and what each is entitled to. Only tenants that want something now or were
 * served lately count: who asks for nothing is not treated unfairly.
 *
 * @param factor what a millisecond of service counts now
 */
export function fairnessReport(columns: TenantColumns, directory: TenantDirectory, factor: number): FairnessReport {
  const { weight, served, waiting, running } = columns
  let servedSum = 0
  let weightSum = 0
  const rows: number[] = []
  for (let row = EVERYONE + 1; row < directory.count; row++) {
    const servedMs = (served[row] as number) / factor
    if (servedMs < FORGOTTEN_MS && waiting[row] === 0 && running[row] === 0) continue
    rows.push(row)
    servedSum += servedMs
    weightSum += weight[row] as number
  }
  const byWeight = new Float64Array(rows.length)
  const tenants = rows.map((row, at): TenantShare => {
    const servedMs = (served[row] as number) / factor
    const own = weight[row] as number
    byWeight[at] = servedMs / own
    return {
      tenant: directory.nameOf(row),
      weight: own,
      servedMs,
      share: servedSum === 0 ? 0 : servedMs / servedSum,
      entitled: own / weightSum,
      waiting: waiting[row] as number,
      running: running[row] as number,
    }
  })
  const jain = jainIndex(byWeight, rows.length)
  return { tenants, jain, gini: giniCoefficient(byWeight, rows.length) }
}
