import type { Decision, Settlement } from '@symphony/interface'
import type { Region } from '@symphony/shared-memory'
import type { EngineTime } from './engine-time.ts'
import { DECISION_WORD, DECISION_WORDS, REQUEST_WORD, REQUEST_WORDS } from './layout.ts'
import type { ArbitrationLayout } from './layout.ts'

/** Outcomes by number, as the ring keeps them: settled, once for each ending. */
export const OUTCOMES: readonly Decision['outcome'][] = ['waiting', 'admitted', 'refused', 'withdrawn', 'admitted', 'settled', 'settled', 'settled']
/** INSTANT: admitted, and nothing but this decision says so. */
export const OUTCOME = { WAITING: 0, ADMITTED: 1, REFUSED: 2, WITHDRAWN: 3, INSTANT: 4, SETTLED: 5 } as const

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
  /** Nobody waited for the model, and no limit was in the way. */
  UNCONTENDED: 6,
  /** It was under way already when the engine was set up anew. */
  RESUMED: 7,
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
  /** Decisions, `DECISION_WORDS` words each. */
  readonly words: Float64Array
  readonly #requests: Float64Array
  readonly #head: Float64Array
  readonly #kept: number
  /** Called before the decision of a grant that has no row is written over. */
  displaced: (slot: number) => void = () => {}
  /** Slot of the next decision. */
  #slot = 0

  /** @param kept decisions to remember; no more than there is room for */
  constructor(region: Region<ArbitrationLayout>, kept: number) {
    this.words = region.tables.decisionWords.columns.word
    this.#requests = region.tables.requestWords.columns.word
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
    const slot = (this.#slot - (this.head - decision)) | 0
    return slot < 0 ? slot + this.#kept : slot
  }

  /** Number of the decision in a slot. */
  decisionIn(slot: number): number {
    const age = this.#slot - slot
    return this.head - (age > 0 ? age : age + this.#kept)
  }

  /** Records a decision about a request's row and returns its number. */
  record(row: number, outcome: number, decidedAtMs: number, alternatives: number, why: Why): number {
    const { words } = this
    const requests = this.#requests
    const decision = this.#head[0] as number
    const at = this.#nextSlot() * DECISION_WORDS
    const from = row * REQUEST_WORDS
    words[at + DECISION_WORD.TICKET] = requests[from + REQUEST_WORD.TICKET] as number
    words[at + DECISION_WORD.OUTCOME] = outcome
    words[at + DECISION_WORD.REASON] = why.reason
    words[at + DECISION_WORD.FLOW] = requests[from + REQUEST_WORD.FLOW] as number
    words[at + DECISION_WORD.SCORE] = requests[from + REQUEST_WORD.SCORE] as number
    words[at + DECISION_WORD.SUBMITTED_AT_MS] = requests[from + REQUEST_WORD.SUBMITTED_AT_MS] as number
    words[at + DECISION_WORD.DECIDED_AT_MS] = decidedAtMs
    words[at + DECISION_WORD.ALTERNATIVES] = alternatives
    words[at + DECISION_WORD.A] = why.a
    words[at + DECISION_WORD.B] = why.b
    words[at + DECISION_WORD.OTHER] = why.other
    words[at + DECISION_WORD.SKIPPED] = why.skipped
    words[at + DECISION_WORD.LOWER] = why.lower
    words[at + DECISION_WORD.OWN] = why.own
    words[at + DECISION_WORD.COST] = requests[from + REQUEST_WORD.COST] as number
    this.#head[0] = decision + 1
    return decision
  }

  /** Records that a request without cost was admitted as soon as it was there, and returns the decision's slot. */
  recordInstant(ticket: number, flow: number, score: number, charged: number, time: EngineTime): number {
    const { words } = this
    const slot = this.#nextSlot()
    const at = slot * DECISION_WORDS
    words[at + DECISION_WORD.TICKET] = ticket
    words[at + DECISION_WORD.OUTCOME] = OUTCOME.INSTANT
    words[at + DECISION_WORD.REASON] = REASON.UNCONTENDED
    words[at + DECISION_WORD.FLOW] = flow
    words[at + DECISION_WORD.SCORE] = score
    words[at + DECISION_WORD.DECIDED_AT_MS] = time.wallMs
    words[at + DECISION_WORD.ADMITTED_AT_MS] = time.monotonicMs
    words[at + DECISION_WORD.CHARGED] = charged
    this.#head[0]!++
    return slot
  }

  /** Adds how it ended to the decision that admitted a request, if the ring still has it. */
  settle(decision: number, ending: number, cost: number, durationMs: number): void {
    if ((this.#head[0] as number) - decision <= this.#kept) this.settleSlot(this.slotOf(decision), ending, cost, durationMs)
  }

  /** The same for a decision in a slot. */
  settleSlot(slot: number, ending: number, cost: number, durationMs: number): void {
    const { words } = this
    const at = slot * DECISION_WORDS
    words[at + DECISION_WORD.OUTCOME] = OUTCOME.SETTLED + ending
    words[at + DECISION_WORD.COST] = cost
    words[at + DECISION_WORD.DURATION_MS] = durationMs
  }

  /** Calls `visit` with the first word of the decision of each grant that has no row. */
  eachInstant(visit: (at: number) => void): void {
    for (let at = 0; at < this.words.length; at += DECISION_WORDS) if (this.words[at + DECISION_WORD.OUTCOME] === OUTCOME.INSTANT) visit(at)
  }

  /** Slot of the newest decision about a ticket, or -1. Looks from the newest to the oldest. */
  find(ticket: number): number {
    for (let decision = this.head - 1; decision >= this.oldest; decision--) {
      const slot = this.slotOf(decision)
      if (this.words[slot * DECISION_WORDS + DECISION_WORD.TICKET] === ticket) return slot
    }
    return -1
  }

  #nextSlot(): number {
    const slot = this.#slot
    if (this.words[slot * DECISION_WORDS + DECISION_WORD.OUTCOME] === OUTCOME.INSTANT) this.displaced(slot)
    this.#slot = slot + 1 === this.#kept ? 0 : slot + 1
    return slot
  }
}
