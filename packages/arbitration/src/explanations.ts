import { SymphonyError } from '@symphony/interface'
import type { Decision, ModelNumber, Ticket } from '@symphony/interface'
import type { Region } from '@symphony/shared-memory'
import type { FlowColumns } from './columns.ts'
import { OUTCOME, OUTCOMES, REASON } from './decision-ring.ts'
import type { DecisionRing } from './decision-ring.ts'
import { COMPONENT } from './init.ts'
import { DECISION_WORD, DECISION_WORDS, REQUEST, REQUEST_WORD, REQUEST_WORDS } from './layout.ts'
import type { ArbitrationLayout } from './layout.ts'
import { rationaleOf } from './rationale.ts'
import type { TenantDirectory } from './tenant-directory.ts'
import type { TicketIndex } from './ticket-index.ts'

export interface HistoryQuery {
  readonly tenant?: string
  readonly outcome?: Decision['outcome']
  readonly limit?: number
}

/** Facts about a waiting request that only the engine can work out. */
export interface WaitingFacts {
  readonly alternatives: number
  readonly rationale: string
}

const REASONS_GONE: WaitingFacts = { alternatives: 0, rationale: 'admitted so long ago that the reasons have left the record' }

/** Turns numbers into decisions that people read, when they ask. */
export class Explanations {
  readonly #requests: Float64Array
  readonly #flows: FlowColumns
  readonly #index: TicketIndex
  readonly #ring: DecisionRing
  readonly #directory: TenantDirectory
  readonly #factsOf: (row: number) => WaitingFacts

  constructor(region: Region<ArbitrationLayout>, index: TicketIndex, ring: DecisionRing, directory: TenantDirectory, factsOf: (row: number) => WaitingFacts) {
    this.#requests = region.tables.requestWords.columns.word
    this.#flows = region.tables.flows.columns
    this.#index = index
    this.#ring = ring
    this.#directory = directory
    this.#factsOf = factsOf
  }

  /** @throws SymphonyError `TICKET_UNKNOWN` */
  explain(ticket: Ticket): Decision {
    const row = this.#index.find(ticket)
    if (row >= 0 && this.#isWaiting(row)) return this.#fromRow(row, 'waiting', this.#factsOf(row))
    const decision = row < 0 ? -1 : (this.#requests[row * REQUEST_WORDS + REQUEST_WORD.DECISION] as number)
    if (decision >= this.#ring.oldest) return this.#fromSlot(this.#ring.slotOf(decision))
    if (row >= 0) return this.#fromRow(row, 'admitted', REASONS_GONE)
    const known = this.#index.slotOf(ticket)
    const slot = known >= 0 ? known : this.#ring.find(ticket)
    if (slot >= 0) return this.#fromSlot(slot)
    throw new SymphonyError({
      code: 'TICKET_UNKNOWN',
      component: COMPONENT,
      message: `Ticket ${String(ticket)} was never given, or its record has been overwritten. Raise decisionsKept to remember more.`,
      details: { ticket: typeof ticket === 'number' ? ticket : null },
    })
  }

  /** @param live rows that may hold waiting requests: those below this number */
  history(query: HistoryQuery, live: number): readonly Decision[] {
    const { tenant, outcome, limit = 100 } = query
    const row = tenant === undefined ? -1 : this.#directory.find(tenant)
    if (row === undefined) return []
    if (outcome === 'waiting') return this.#waiting(row, limit, live)
    const { words } = this.#ring
    const found: Decision[] = []
    for (let decision = this.#ring.head - 1; decision >= this.#ring.oldest && found.length < limit; decision--) {
      const slot = this.#ring.slotOf(decision)
      const at = slot * DECISION_WORDS
      if (row >= 0 && this.#flows.tenant[words[at + DECISION_WORD.FLOW] as number] !== row) continue
      if (outcome === undefined || OUTCOMES[words[at + DECISION_WORD.OUTCOME] as number] === outcome) found.push(this.#fromSlot(slot))
    }
    return found
  }

  #waiting(tenant: number, limit: number, live: number): readonly Decision[] {
    const requests = this.#requests
    const rows: number[] = []
    for (let row = 0; row < live; row++) {
      const flow = requests[row * REQUEST_WORDS + REQUEST_WORD.FLOW] as number
      if (this.#isWaiting(row) && (tenant < 0 || this.#flows.tenant[flow] === tenant)) rows.push(row)
    }
    const ticketOf = (row: number): number => requests[row * REQUEST_WORDS + REQUEST_WORD.TICKET] as number
    rows.sort((a, b) => ticketOf(b) - ticketOf(a))
    return rows.slice(0, limit).map((row) => this.#fromRow(row, 'waiting', this.#factsOf(row)))
  }

  #isWaiting(row: number): boolean {
    return this.#requests[row * REQUEST_WORDS + REQUEST_WORD.STATE] === REQUEST.WAITING
  }

  #fromSlot(slot: number): Decision {
    const { words } = this.#ring
    const at = slot * DECISION_WORDS
    const flow = words[at + DECISION_WORD.FLOW] as number
    const isUncontended = words[at + DECISION_WORD.REASON] === REASON.UNCONTENDED
    const decidedAtMs = words[at + DECISION_WORD.DECIDED_AT_MS] as number
    return {
      ticket: words[at + DECISION_WORD.TICKET] as Ticket,
      outcome: OUTCOMES[words[at + DECISION_WORD.OUTCOME] ?? OUTCOME.WAITING] as Decision['outcome'],
      ...this.#line(flow),
      score: words[at + DECISION_WORD.SCORE] as number,
      submittedAtMs: isUncontended ? decidedAtMs : (words[at + DECISION_WORD.SUBMITTED_AT_MS] as number),
      decidedAtMs,
      alternatives: isUncontended ? 1 : (words[at + DECISION_WORD.ALTERNATIVES] as number),
      rationale: rationaleOf(words, at, this.#line(flow), (tenant) => this.#directory.nameOf(tenant)),
    }
  }

  #fromRow(row: number, outcome: Decision['outcome'], facts: WaitingFacts): Decision {
    const requests = this.#requests
    return {
      ticket: requests[row * REQUEST_WORDS + REQUEST_WORD.TICKET] as Ticket,
      outcome,
      ...this.#line(requests[row * REQUEST_WORDS + REQUEST_WORD.FLOW] as number),
      score: requests[row * REQUEST_WORDS + REQUEST_WORD.SCORE] as number,
      submittedAtMs: requests[row * REQUEST_WORDS + REQUEST_WORD.SUBMITTED_AT_MS] as number,
      decidedAtMs: undefined,
      ...facts,
    }
  }

  #line(flow: number): Pick<Decision, 'tenant' | 'model' | 'priority'> {
    const { tenant, model, priority } = this.#flows
    return { tenant: this.#directory.nameOf(tenant[flow] as number), model: model[flow] as ModelNumber, priority: priority[flow] as number }
  }
}
