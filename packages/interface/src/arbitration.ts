import type { ModelNumber, Ticket } from './brands.ts'
import type { Component, ComponentHealth, Recoverable, Startable } from './component.ts'

/** A wish for one call of a model. */
export interface AdmissionRequest {
  readonly model: ModelNumber
  readonly tenant: string
  /** Strict classes: a higher one always goes first. Default 0. */
  readonly priority?: number
  /** Order within a tenant and priority, as the policy scored it: higher first. Default 0. Must be finite. */
  readonly score?: number
  /** Money reserved until settled, US dollars. Default 0. */
  readonly costUsd?: number
  /** Memory held until settled, bytes. Default 0. */
  readonly memoryBytes?: number
  /** Handed back with the grant: the caller's own number for it, e.g. a task row. */
  readonly tag: number
}

/** Leave to go ahead. Everything it needs has been reserved together; settle it exactly once. */
export interface Grant {
  readonly ticket: Ticket
  readonly model: ModelNumber
  readonly tenant: string
  readonly tag: number
}

/** What a granted call really took. */
export interface Settlement {
  readonly costUsd?: number
  readonly durationMs?: number
  readonly outcome: 'succeeded' | 'failed' | 'cancelled'
}

/** Outcomes of a settlement by number, for columns of them. */
export const SETTLEMENT_OUTCOMES = { SUCCEEDED: 0, FAILED: 1, CANCELLED: 2 } as const

/**
 * Wishes for calls of one model in columns, without cost and memory: row n of each column is one wish. Rows from `count` on
 * do not matter. The caller keeps the columns and uses them again.
 */
export interface AdmissionBatch {
  readonly model: ModelNumber
  readonly count: number
  /** The caller's own numbers for them, e.g. task rows. */
  readonly tags: Int32Array
  /** From `tenantNumber`. */
  readonly tenants: Int32Array
  readonly priorities: Int32Array
  /** Must be finite. */
  readonly scores: Float64Array
  /** Filled in: the ticket of each request that was admitted. */
  readonly tickets: Float64Array
}

/** A limit on money over a window. `tenant: '*'` is the sum over all. */
export interface BudgetSpec {
  readonly tenant: string
  readonly limitUsd: number
  /** The budget is full again after each window. Default: never. */
  readonly windowMs?: number
}

/** A token bucket on calls. */
export interface RateSpec {
  readonly tenant: string
  readonly callsPerSecond: number
  /** Default: one second's worth. */
  readonly burst?: number
}

export interface BudgetReport {
  readonly tenant: string
  readonly limitUsd: number
  readonly spentUsd: number
  readonly reservedUsd: number
  readonly resetsAtMs: number | undefined
}

export interface TenantShare {
  readonly tenant: string
  readonly weight: number
  /** Served seconds, forgotten with the engine's half-life. */
  readonly servedMs: number
  /** Part of all service, 0 to 1, and the part its weight entitles it to. */
  readonly share: number
  readonly entitled: number
  readonly waiting: number
  readonly running: number
}

export interface FairnessReport {
  readonly tenants: readonly TenantShare[]
  /** Jain's index of service by weight: 1 is perfectly fair. */
  readonly jain: number
  /** Gini coefficient of service by weight: 0 is perfectly even. */
  readonly gini: number
}

/** Why a request was decided as it was, in words and in numbers. */
export interface Decision {
  readonly ticket: Ticket
  readonly outcome: 'waiting' | 'admitted' | 'refused' | 'withdrawn' | 'settled'
  readonly tenant: string
  readonly model: ModelNumber
  readonly priority: number
  readonly score: number
  readonly submittedAtMs: number
  readonly decidedAtMs: number | undefined
  /** Waiting requests of the model when it was decided. */
  readonly alternatives: number
  /** E.g. `tenant "b" had the least service per weight (0.20 of 0.50 s)`. */
  readonly rationale: string
}

export interface ArbitrationMetrics {
  readonly submitted: number
  readonly admitted: number
  readonly refused: number
  readonly withdrawn: number
  readonly settled: number
  readonly waiting: number
  readonly running: number
}

/**
 * Decides who goes next, and says why.
 *
 * Admission takes a slot, memory, money and rate together or not at all. Within a priority, tenants share by weight
 * (start-time fair queueing over service with a half-life); within a tenant the policy's score decides, then age.
 *
 * With feature `supervision` it is also `Supervised`. While it is quarantined nothing waits and nothing is granted (`next` answers
 * undefined, `waiting` 0, `position` undefined, `withdraw` false, `admitNow`, `submitMany` and `nextMany` 0); whatever would be taken note of (`submit`, `settle`,
 * `budget`), and whoever asks for what was decided, gets `BACKEND_PANIC`. Numbers of tenants, weights, rates, rests and the limit on
 * memory are settings, and stay. Rebuilt, it knows what was spent; requests in line are submitted again, and grants under way are
 * handed in by `resume`.
 */
export interface ArbitrationEngine extends Component, Startable, Recoverable {
  /** @throws SymphonyError `INVALID_ARGUMENT` (NaN score, negative cost), `REQUEST_REFUSED` (can never fit), `CAPACITY_EXCEEDED` */
  submit(request: AdmissionRequest): Ticket
  /** The next request of the model that fits now, with everything reserved; undefined when none waits or none fits. */
  next(model: ModelNumber): Grant | undefined
  /** Ends a grant: reservations become what was really used. A second call does nothing and returns false. */
  settle(grant: Grant, actual: Settlement): boolean
  /**
   * Counts a call that is under way although the engine knows nothing of its grant any more, because its inside was set up anew
   * meanwhile (feature `supervision`): its reservations are taken, whatever the limits, and it is settled as any other. False when what
   * it spent is known already: it is settled.
   *
   * @param grant from before; @param request what it was granted for
   * @throws SymphonyError `INVALID_ARGUMENT` for a request `submit` would not take and a ticket that was never given, `BACKEND_PANIC`
   * @example
   * for (const { grant, request } of running) if (!arbitration.resume(grant, request)) settled.add(grant.ticket)
   */
  resume?(grant: Grant, request: AdmissionRequest): boolean
  /** Number of a tenant: small, dense, valid for the life of the engine. @throws SymphonyError `INVALID_ARGUMENT` (no name, or `*`), `CAPACITY_EXCEEDED` */
  tenantNumber(name: string): number
  /**
   * Admits wishes in their order as long as nothing is in the way, and returns how many: as if each were handed to `submit` and
   * its model then asked for the `next` one, at one moment. It stops at the first that would wait, or be turned away: because
   * others wait for the model, the model rests, a rate has no call left, or the engine is full. That one and those after it
   * leave no trace; hand them to `submit`, which says what the matter is.
   *
   * Slots are the caller's: hand over no more wishes than it has slots for. Every admission is a decision like any other, in
   * `explain`, `history`, `fairness`, `metrics` and the events. Its grant is ended by its ticket, or by `settle`.
   *
   * @throws SymphonyError `INVALID_ARGUMENT` before any is admitted: a count beyond the columns, a tenant nobody knows, a score that is no number
   */
  admitNow(batch: AdmissionBatch): number
  /**
   * Puts wishes in line in their order, as `submit` does with each, at one moment, and returns how many. It stops where the
   * engine is full; that one and those after it leave no trace, and `submit` says what the matter is.
   * @throws SymphonyError `INVALID_ARGUMENT` before any is in line, as `admitNow` does
   */
  submitMany(batch: AdmissionBatch): number
  /**
   * Up to `count` grants of a model, as from `next` again and again, at one moment: tickets and tags are written to the columns.
   * Returns how many; end them by their tickets.
   * @throws SymphonyError `INVALID_ARGUMENT` for a count beyond the columns
   */
  nextMany(model: ModelNumber, count: number, tickets: Float64Array, tags: Float64Array): number
  /**
   * Ends grants by their tickets and returns how many it ended: each as by `settle` with this outcome and duration, and the cost
   * that was reserved. Tickets that do not run are passed over.
   *
   * @param outcomes numbers of `SETTLEMENT_OUTCOMES`, one for each ticket or one for all
   * @param durationsMs one for each ticket, or one for all
   * @throws SymphonyError `INVALID_ARGUMENT` before any is ended
   */
  settleNow(tickets: Float64Array, count: number, outcomes: Uint8Array | number, durationsMs: Float64Array | number): number
  /** The same for one grant. False when it does not run. */
  settleTicket(ticket: Ticket, outcome: Settlement['outcome'], durationMs: number): boolean
  /** Takes back a request that still waits. */
  withdraw(ticket: Ticket): boolean
  waiting(model: ModelNumber): number
  /** 1-based place in the line of its model if nothing else comes, or undefined. */
  position(ticket: Ticket): number | undefined

  /** Share of a tenant; must be > 0. Default 1. */
  setWeight(tenant: string, weight: number): void
  /** Sets or replaces a budget. */
  budget(spec: BudgetSpec): void
  budgets(): readonly BudgetReport[]
  rate(spec: RateSpec): void
  /** Memory all running grants may hold together. */
  setMemoryLimit(bytes: number): void

  fairness(): FairnessReport
  /** @throws SymphonyError `TICKET_UNKNOWN` */
  explain(ticket: Ticket): Decision
  /** Newest first, as far back as the ring of decisions reaches. */
  history(query?: { readonly tenant?: string; readonly outcome?: Decision['outcome']; readonly limit?: number }): readonly Decision[]
  /** Earliest time, in the clock's `monotonicMs`, at which a request that does not fit now may fit by the mere passing of time, or undefined. */
  nextChangeMs(): number | undefined
  metrics(): ArbitrationMetrics
  health(): ComponentHealth
  close(): Promise<void>
}
