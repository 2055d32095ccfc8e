import type { Decision, Settlement } from '@symphony/interface'
import type { Region } from '@symphony/shared-memory'
import { decisionColumns, requestColumns } from './columns.ts'
import type { DecisionColumns, RequestColumns } from './columns.ts'
import type { ArbitrationLayout } from './layout.ts'

/** Outcomes by number, as the ring keeps them. */
export const OUTCOMES: readonly Decision['outcome'][] = ['waiting', 'admitted', 'refused', 'withdrawn', 'settled']
export const OUTCOME = { WAITING: 0, ADMITTED: 1, REFUSED: 2, WITHDRAWN: 3, SETTLED: 4 } as const

export const ENDINGS: readonly Settlement['outcome'][] = ['succeeded', 'failed', 'cancelled']

/** Number of an ending, or -1 for what is none. */
export function endingOf(outcome: Settlement['outcome']): number {
  return outcome === 'succeeded' ? 0 : outcome === 'failed' ? 1 : outcome === 'cancelled' ? 2 : -1
}

/** Reasons by number. What `a`, `b` and `other` of a decision mean depends on it. */
export const REASON = {
  NONE: 0,
  /** No other tenant had a request in line in this class. */
  ALONE: 1,
  /** a: virtual service of the chosen tenant, ms; b, other: of the one that would have been next */
  LEAST_SERVED: 2,
  /** As much service as the next one, but the older ticket. */
  OLDEST: 3,
  /** a: bytes asked for; b: limit */
  MEMORY: 4,
  /** a: nanodollars asked for; b: what can be left at most; other: whose budget */
  BUDGET: 5,
} as const

/** Numbers behind a decision, filled in while it is made. One object is used again and again. */
export class Why {
  reason = 0
  a = 0
  b = 0
  /** Row of the tenant that comes second, or -1. */
  other = -1
  /** Flows that were before it but did not fit. */
  skipped = 0
  /** Requests waiting in lower classes. */
  lower = 0
  /** Requests waiting in its own line, itself included. */
  own = 0
}

/** The newest decisions, as numbers in a ring. Decision n lies in slot n modulo what is kept. */
export class DecisionRing {
  readonly columns: DecisionColumns
  readonly #requests: RequestColumns
  readonly #head: Float64Array
  readonly #kept: number
  /** Slot of the next decision. */
  #slot = 0

  /** @param kept decisions to remember; at most as many as the table has rows */
  constructor(region: Region<ArbitrationLayout>, kept: number) {
    this.columns = decisionColumns(region)
    this.#requests = requestColumns(region)
    this.#head = region.words.decided
    this.#kept = kept
  }

  /** Decisions ever recorded: the number of the next one. */
  get head(): number {
    return this.#head[0] as number
  }

  /** The oldest decision that is still there. */
  get oldest(): number {
    return Math.max(0, this.head - this.#kept)
  }

  slotOf(decision: number): number {
    const slot = this.#slot - (this.head - decision)
    return slot < 0 ? slot + this.#kept : slot
  }

  /** Records a decision about a request's row and returns its number. */
  record(row: number, outcome: number, decidedAtMs: number, alternatives: number, why: Why): number {
    const { columns } = this
    const requests = this.#requests
    const decision = this.#head[0] as number
    const slot = this.#slot
    this.#slot = slot + 1 === this.#kept ? 0 : slot + 1
    columns.ticket[slot] = requests.ticket[row] as number
    columns.outcome[slot] = outcome
    columns.reason[slot] = why.reason
    columns.tenant[slot] = requests.tenant[row] as number
    columns.model[slot] = requests.model[row] as number
    columns.priority[slot] = requests.priority[row] as number
    columns.score[slot] = requests.score[row] as number
    columns.submittedAtMs[slot] = requests.submittedAtMs[row] as number
    columns.decidedAtMs[slot] = decidedAtMs
    columns.alternatives[slot] = alternatives
    columns.a[slot] = why.a
    columns.b[slot] = why.b
    columns.other[slot] = why.other
    columns.skipped[slot] = why.skipped
    columns.lower[slot] = why.lower
    columns.own[slot] = why.own
    columns.cost[slot] = requests.cost[row] as number
    this.#head[0] = decision + 1
    return decision
  }

  /** Adds how it ended to the decision that admitted a request, if the ring still has it. */
  settle(decision: number, ending: number, cost: number, durationMs: number): void {
    if (decision < this.oldest) return
    const slot = this.slotOf(decision)
    this.columns.outcome[slot] = OUTCOME.SETTLED
    this.columns.ending[slot] = ending
    this.columns.cost[slot] = cost
    this.columns.durationMs[slot] = durationMs
  }

  /** Slot of the newest decision about a ticket, or -1. Looks from the newest to the oldest. */
  find(ticket: number): number {
    for (let decision = this.head - 1; decision >= this.oldest; decision--) {
      const slot = this.slotOf(decision)
      if (this.columns.ticket[slot] === ticket) return slot
    }
    return -1
  }
}
