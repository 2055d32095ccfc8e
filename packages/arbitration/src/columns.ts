import type { Region } from '@symphony/shared-memory'
import type { ArbitrationLayout } from './layout.ts'

type Tables = Region<ArbitrationLayout>['tables']
export type RequestColumns = Tables['requests']['columns']
export type TenantColumns = Tables['tenants']['columns']
export type DecisionColumns = Tables['decisions']['columns']
export type FlowColumns = Tables['flows']['columns']

// Objects that grew key by key beyond a dozen keys are dictionaries to the engine that runs them, and each access a look-up
// by name. Written out, the same columns have fixed places; deciding is twice as fast.

export function requestColumns(region: Region<ArbitrationLayout>): RequestColumns {
  const { columns } = region.tables.requests
  return {
    ticket: columns.ticket,
    tag: columns.tag,
    state: columns.state,
    flow: columns.flow,
    tenant: columns.tenant,
    model: columns.model,
    priority: columns.priority,
    score: columns.score,
    cost: columns.cost,
    memoryBytes: columns.memoryBytes,
    submittedAtMs: columns.submittedAtMs,
    admittedAtMs: columns.admittedAtMs,
    charged: columns.charged,
    decision: columns.decision,
    place: columns.place,
    chain: columns.chain,
  }
}

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

export function decisionColumns(region: Region<ArbitrationLayout>): DecisionColumns {
  const { columns } = region.tables.decisions
  return {
    ticket: columns.ticket,
    outcome: columns.outcome,
    reason: columns.reason,
    tenant: columns.tenant,
    model: columns.model,
    priority: columns.priority,
    score: columns.score,
    submittedAtMs: columns.submittedAtMs,
    decidedAtMs: columns.decidedAtMs,
    alternatives: columns.alternatives,
    a: columns.a,
    b: columns.b,
    other: columns.other,
    skipped: columns.skipped,
    lower: columns.lower,
    own: columns.own,
    ending: columns.ending,
    cost: columns.cost,
    durationMs: columns.durationMs,
  }
}
