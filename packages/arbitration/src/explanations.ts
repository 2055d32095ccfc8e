import { SymphonyError } from '@symphony/interface'
import type { Decision, ModelNumber, Ticket } from '@symphony/interface'
import type { Region } from '@symphony/shared-memory'
import { requestColumns } from './columns.ts'
import type { RequestColumns } from './columns.ts'
import { OUTCOME, OUTCOMES } from './decision-ring.ts'
import type { DecisionRing } from './decision-ring.ts'
import { COMPONENT } from './init.ts'
import { REQUEST } from './layout.ts'
import type { ArbitrationLayout } from './layout.ts'
import { rationaleOf } from './rationale.ts'
import type { TenantDirectory } from './tenant-directory.ts'

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

/** Turns numbers into decisions that people read, when they ask. */
export class Explanations {
  readonly #requests: RequestColumns
  readonly #ring: DecisionRing
  readonly #directory: TenantDirectory
  readonly #factsOf: (row: number) => WaitingFacts

  constructor(region: Region<ArbitrationLayout>, ring: DecisionRing, directory: TenantDirectory, factsOf: (row: number) => WaitingFacts) {
    this.#requests = requestColumns(region)
    this.#ring = ring
    this.#directory = directory
    this.#factsOf = factsOf
  }

  /** @param row the request's row, or -1 when it is over. @throws SymphonyError `TICKET_UNKNOWN` */
  explain(ticket: Ticket, row: number): Decision {
    if (row >= 0 && this.#requests.state[row] === REQUEST.WAITING) return this.#fromRow(row, 'waiting', undefined, this.#factsOf(row))
    const decision = row < 0 ? -1 : (this.#requests.decision[row] as number)
    if (decision >= this.#ring.oldest) return this.#fromSlot(this.#ring.slotOf(decision))
    if (row >= 0) return this.#fromRow(row, 'admitted', undefined, { alternatives: 0, rationale: 'admitted so long ago that the reasons have left the record' })
    const slot = this.#ring.find(ticket)
    if (slot >= 0) return this.#fromSlot(slot)
    throw new SymphonyError({
      code: 'TICKET_UNKNOWN',
      component: COMPONENT,
      message: `Nothing is known about ticket ${String(ticket)}: it was never given, or its record has been overwritten. Raise decisionsKept to remember more.`,
      details: { ticket: typeof ticket === 'number' ? ticket : null },
    })
  }

  /** @param live rows that may hold waiting requests: those below this number */
  history(query: HistoryQuery, live: number): readonly Decision[] {
    const { tenant, outcome, limit = 100 } = query
    const row = tenant === undefined ? -1 : this.#directory.find(tenant)
    if (row === undefined) return []
    if (outcome === 'waiting') return this.#waiting(row, limit, live)
    const { columns } = this.#ring
    const wanted = outcome === undefined ? -1 : OUTCOMES.indexOf(outcome)
    const found: Decision[] = []
    for (let decision = this.#ring.head - 1; decision >= this.#ring.oldest && found.length < limit; decision--) {
      const slot = this.#ring.slotOf(decision)
      if ((row < 0 || columns.tenant[slot] === row) && (wanted < 0 || columns.outcome[slot] === wanted)) found.push(this.#fromSlot(slot))
    }
    return found
  }

  #waiting(tenant: number, limit: number, live: number): readonly Decision[] {
    const { state, tenant: tenants, ticket } = this.#requests
    const rows: number[] = []
    for (let row = 0; row < live; row++) {
      if (state[row] === REQUEST.WAITING && (tenant < 0 || tenants[row] === tenant)) rows.push(row)
    }
    rows.sort((a, b) => (ticket[b] as number) - (ticket[a] as number))
    return rows.slice(0, limit).map((row) => this.#fromRow(row, 'waiting', undefined, this.#factsOf(row)))
  }

  #fromSlot(slot: number): Decision {
    const { columns } = this.#ring
    return {
      ticket: columns.ticket[slot] as Ticket,
      outcome: OUTCOMES[columns.outcome[slot] ?? OUTCOME.WAITING] as Decision['outcome'],
      tenant: this.#directory.nameOf(columns.tenant[slot] as number),
      model: columns.model[slot] as ModelNumber,
      priority: columns.priority[slot] as number,
      score: columns.score[slot] as number,
      submittedAtMs: columns.submittedAtMs[slot] as number,
      decidedAtMs: columns.decidedAtMs[slot] as number,
      alternatives: columns.alternatives[slot] as number,
      rationale: rationaleOf(columns, slot, (tenant) => this.#directory.nameOf(tenant)),
    }
  }

  #fromRow(row: number, outcome: Decision['outcome'], decidedAtMs: number | undefined, facts: WaitingFacts): Decision {
    const requests = this.#requests
    return {
      ticket: requests.ticket[row] as Ticket,
      outcome,
      tenant: this.#directory.nameOf(requests.tenant[row] as number),
      model: requests.model[row] as ModelNumber,
      priority: requests.priority[row] as number,
      score: requests.score[row] as number,
      submittedAtMs: requests.submittedAtMs[row] as number,
      decidedAtMs,
      ...facts,
    }
  }
}
