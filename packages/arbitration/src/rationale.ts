import { VERDICT } from './admission.ts'
import type { DecisionColumns } from './columns.ts'
import { ENDINGS, OUTCOME, REASON } from './decision-ring.ts'
import { toUsd } from './ledger.ts'

/** The words for a decision in the ring, made from its numbers when somebody asks. */
export function rationaleOf(columns: DecisionColumns, slot: number, nameOf: (tenant: number) => string): string {
  const outcome = columns.outcome[slot]
  if (outcome === OUTCOME.WITHDRAWN) return `withdrawn by its owner among ${columns.alternatives[slot]} waiting`
  if (outcome === OUTCOME.REFUSED) return refusal(columns, slot, nameOf)
  const admitted = admission(columns, slot, nameOf)
  if (outcome !== OUTCOME.SETTLED) return admitted
  return `${admitted}; ${ENDINGS[columns.ending[slot] as number]} after ${seconds(columns.durationMs[slot] as number)} s for ${toUsd(columns.cost[slot] as number)} US dollars`
}

/** The words for why a request still waits. */
export function waitingRationale(verdict: number, position: number, waiting: number, tenant: string): string {
  return `place ${position} of ${waiting}; ${VERDICT_WORDS[verdict]?.(tenant) ?? 'waits for its turn'}`
}

/** The words for why a verdict keeps the head of a tenant's line from being admitted. */
const VERDICT_WORDS: Readonly<Record<number, (tenant: string) => string>> = {
  [VERDICT.FITS]: () => 'would fit now, waits for a free slot and its turn',
  [VERDICT.MEMORY]: () => 'not enough memory is free',
  [VERDICT.MEMORY_KEPT]: () => 'memory is kept free for a request that was passed over too often',
  [VERDICT.TENANT_BUDGET]: (tenant) => `the budget of tenant "${tenant}" has not enough left`,
  [VERDICT.BUDGET]: () => 'the budget of all tenants has not enough left',
  [VERDICT.TENANT_RATE]: (tenant) => `tenant "${tenant}" has used up its calls for now`,
  [VERDICT.RATE]: () => 'the calls of all tenants are used up for now',
}

function admission(columns: DecisionColumns, slot: number, nameOf: (tenant: number) => string): string {
  const tenant = nameOf(columns.tenant[slot] as number)
  const parts = [choice(columns, slot, tenant, nameOf)]
  const own = columns.own[slot] as number
  if (own > 1) parts.push(`best score (${columns.score[slot]}), then age, of its ${own} waiting`)
  const lower = columns.lower[slot] as number
  if (lower > 0) parts.push(`priority ${columns.priority[slot]} goes before ${lower} of lower priority`)
  const skipped = columns.skipped[slot] as number
  if (skipped > 0) parts.push(`${skipped} before it did not fit`)
  return parts.join('; ')
}

function choice(columns: DecisionColumns, slot: number, tenant: string, nameOf: (tenant: number) => string): string {
  const reason = columns.reason[slot]
  if (reason === REASON.ALONE) return columns.alternatives[slot] === 1 ? 'the only one waiting' : `tenant "${tenant}" was the only one in line`
  const other = nameOf(columns.other[slot] as number)
  const service = `${seconds(columns.a[slot] as number)} of ${seconds(columns.b[slot] as number)} s`
  if (reason === REASON.LEAST_SERVED) return `tenant "${tenant}" had the least service per weight (${service}; next is "${other}")`
  return `tenants "${tenant}" and "${other}" had equal service per weight; the older ticket goes first`
}

function refusal(columns: DecisionColumns, slot: number, nameOf: (tenant: number) => string): string {
  const asked = columns.a[slot] as number
  const limit = columns.b[slot] as number
  if (columns.reason[slot] === REASON.MEMORY) return `asks for ${asked} bytes; all running grants together may hold ${limit}`
  return `asks for ${toUsd(asked)} US dollars; the budget of "${nameOf(columns.other[slot] as number)}" can have at most ${toUsd(limit)} left`
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(3)
}
