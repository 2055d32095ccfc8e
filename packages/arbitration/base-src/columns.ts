import type { Region } from '@symphony/shared-memory'
import type { ArbitrationLayout } from './layout.ts'

type Tables = Region<ArbitrationLayout>['tables']
export type TenantColumns = Tables['tenants']['columns']
export type FlowColumns = Tables['flows']['columns']

// Objects that grew key by key beyond a dozen keys are dictionaries to the engine that runs them, and each access a look-up
// by name. Written out, the same columns have fixed places.

export function tenantColumns(region: Region<ArbitrationLayout>): TenantColumns {
  const { columns } = region.tables.tenants
  return {
    weight: columns.weight,
    served: columns.served,
    waiting: columns.waiting,
    running: columns.running,
    limit: columns.limit,
    spent: columns.spent,
    reserved: columns.reserved,
    windowMs: columns.windowMs,
    windowStartMs: columns.windowStartMs,
    isDurable: columns.isDurable,
    callsPerMs: columns.callsPerMs,
    burst: columns.burst,
    tokens: columns.tokens,
    refilledAtMs: columns.refilledAtMs,
  }
}
