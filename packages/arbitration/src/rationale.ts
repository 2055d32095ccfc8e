import { VERDICT } from './admission.ts'
import { ENDINGS, OUTCOME, REASON } from './decision-ring.ts'
import { DECISION_WORD } from './layout.ts'
import { toUsd } from './ledger.ts'

/** Whose request it was, and how urgent. */
interface Line {
  readonly tenant: string
  readonly priority: number
}

/** The sentence for a decision in the ring, made from its numbers when somebody asks. @param at its first word */
export function rationaleOf(words: Float64Array, at: number, line: Line, nameOf: (tenant: number) => string): string {
  const outcome = words[at + DECISION_WORD.OUTCOME] as number
  if (outcome === OUTCOME.WITHDRAWN) return `withdrawn by its owner among ${words[at + DECISION_WORD.ALTERNATIVES]} waiting`
  if (outcome === OUTCOME.REFUSED) return refusal(words, at, nameOf)
  const admitted = admission(words, at, line, nameOf)
  if (outcome < OUTCOME.SETTLED) return admitted
  const ending = ENDINGS[outcome - OUTCOME.SETTLED]
  const tookSeconds = seconds(words[at + DECISION_WORD.DURATION_MS] as number)
  return `${admitted}; ${ending} after ${tookSeconds} s for ${toUsd(words[at + DECISION_WORD.COST] as number)} US dollars`
}

/** The sentence for why a request still waits. */
export function waitingRationale(verdict: number, position: number, waiting: number, tenant: string): string {
  return `place ${position} of ${waiting}; ${VERDICT_WORDS[verdict]?.(tenant) ?? 'waits for its turn'}`
}

/** The sentence for why a verdict keeps the head of a tenant's line from being admitted. */
const VERDICT_WORDS: Readonly<Record<number, (tenant: string) => string>> = {
  [VERDICT.FITS]: () => 'would fit now, waits for a free slot and its turn',
  [VERDICT.MEMORY]: () => 'not enough memory is free',
  [VERDICT.MEMORY_KEPT]: () => 'memory is kept free for a request that was passed over too often',
  [VERDICT.TENANT_BUDGET]: (tenant) => `the budget of tenant "${tenant}" has not enough left`,
  [VERDICT.BUDGET]: () => 'the budget of all tenants has not enough left',
  [VERDICT.TENANT_RATE]: (tenant) => `tenant "${tenant}" has used up its calls for now`,
  [VERDICT.RATE]: () => 'the calls of all tenants are used up for now',
}

function admission(words: Float64Array, at: number, { tenant, priority }: Line, nameOf: (tenant: number) => string): string {
  if (words[at + DECISION_WORD.REASON] === REASON.UNCONTENDED) return 'nothing was in the way'
  if (words[at + DECISION_WORD.REASON] === REASON.RESUMED) return 'was under way already when the engine was set up anew'
  const parts = [choice(words, at, tenant, nameOf)]
  const own = words[at + DECISION_WORD.OWN] as number
  if (own > 1) parts.push(`best score (${words[at + DECISION_WORD.SCORE]}), then age, of its ${own} waiting`)
  const lower = words[at + DECISION_WORD.LOWER] as number
  if (lower > 0) parts.push(`priority ${priority} goes before ${lower} of lower priority`)
  const skipped = words[at + DECISION_WORD.SKIPPED] as number
  if (skipped > 0) parts.push(`${skipped} before it did not fit`)
  return parts.join('; ')
}

function choice(words: Float64Array, at: number, tenant: string, nameOf: (tenant: number) => string): string {
  const reason = words[at + DECISION_WORD.REASON]
  if (reason === REASON.ALONE) return words[at + DECISION_WORD.ALTERNATIVES] === 1 ? 'the only one waiting' : `tenant "${tenant}" was the only one in line`
  const other = nameOf(words[at + DECISION_WORD.OTHER] as number)
  const service = `${seconds(words[at + DECISION_WORD.A] as number)} of ${seconds(words[at + DECISION_WORD.B] as number)} s`
  if (reason === REASON.LEAST_SERVED) return `tenant "${tenant}" had the least service per weight (${service}; next is "${other}")`
  return `tenants "${tenant}" and "${other}" had equal service per weight; the older ticket goes first`
}

function refusal(words: Float64Array, at: number, nameOf: (tenant: number) => string): string {
  const asked = words[at + DECISION_WORD.A] as number
  const limit = words[at + DECISION_WORD.B] as number
  if (words[at + DECISION_WORD.REASON] === REASON.MEMORY) return `asks for ${asked} bytes; all running grants together may hold ${limit}`
  return `asks for ${toUsd(asked)} US dollars; the budget of "${nameOf(words[at + DECISION_WORD.OTHER] as number)}" can have at most ${toUsd(limit)} left`
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(3)
}
