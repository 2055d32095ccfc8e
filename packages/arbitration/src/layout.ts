import { defineLayout } from '@symphony/shared-memory'
import type { Layout } from '@symphony/shared-memory'

/** States of a request's row. */
export const REQUEST = { FREE: 0, WAITING: 1, RUNNING: 2 } as const

/** States of a flow: nothing waits, in its group's heap, or set aside until its tenant may go on. */
export const FLOW = { IDLE: 0, QUEUED: 1, PARKED: 2 } as const

/**
 * A request is so many words in a row, two lines of the cache, and not a place in each of as many columns: a decision looks
 * at one old request among many thousands, and every column of it would be a line to fetch. With 10,000 waiting this makes
 * a decision about a tenth faster.
 */
export const REQUEST_WORDS = 16
export const REQUEST_WORD = {
  TICKET: 0,
  TAG: 1,
  /** Row of its flow, which tells tenant, model and priority. */
  FLOW: 2,
  STATE: 3,
  SCORE: 4,
  /** Nanodollars, whole. */
  COST: 5,
  MEMORY_BYTES: 6,
  SUBMITTED_AT_MS: 7,
  /** In the clock's monotonicMs, like every time that is compared. */
  ADMITTED_AT_MS: 8,
  /** Virtual time booked at admission, taken back when the real one is known. */
  CHARGED: 9,
  /** Number of the decision that admitted it. */
  DECISION: 10,
} as const

/**
 * A decision in the ring, in the same way. What `A`, `B` and `OTHER` mean depends on the reason. Of one that nothing was in the way of
 * only the first line is written: the others follow from the reason. As long as its grant has no row of its own (see
 * `InstantGrants`), what that would hold stands where it will say how it ended.
 */
export const DECISION_WORDS = 16
export const DECISION_WORD = {
  TICKET: 0,
  OUTCOME: 1,
  REASON: 2,
  FLOW: 3,
  SCORE: 4,
  DECIDED_AT_MS: 5,
  COST: 6,
  ADMITTED_AT_MS: 6,
  DURATION_MS: 7,
  CHARGED: 7,
  SUBMITTED_AT_MS: 8,
  ALTERNATIVES: 9,
  A: 10,
  B: 11,
  OTHER: 12,
  SKIPPED: 13,
  LOWER: 14,
  OWN: 15,
} as const

const declaration = {
  name: 'arbitration',
  version: 1,
  words: {
    memoryUsedBytes: 'f64',
    memoryLimitBytes: 'f64',
    /** Decisions ever recorded; the ring's head. */
    decided: 'f64',
    /** Tickets ever given. */
    tickets: 'f64',
  },
  tables: {
    requests: {
      rows: 65_536,
      columns: {
        /** Place in the flow's heap; the allocator's link while the row is free. */
        place: 'i32',
        /** Next row with the same ticket hash, plus one. */
        chain: 'i32',
      },
    },
    requestWords: { rows: 1_048_576, columns: { word: 'f64' } },
    /** One flow for each tenant, model and priority: the lines that fairness chooses between. */
    flows: {
      rows: 65_536,
      columns: {
        tenant: 'i32',
        model: 'i32',
        priority: 'i32',
        state: 'i32',
        place: 'i32',
        passedOver: 'i32',
        virtualTime: 'f64',
        headTicket: 'f64',
        wakeAtMs: 'f64',
      },
    },
    /** Row 0 is `*`, the sum over all. */
    tenants: {
      rows: 16_384,
      columns: {
        weight: 'f64',
        served: 'f64',
        waiting: 'i32',
        running: 'i32',
        /** Money in whole nanodollars; a limit of -1 is none. */
        limit: 'f64',
        spent: 'f64',
        reserved: 'f64',
        windowMs: 'f64',
        windowStartMs: 'f64',
        /** 1 when the budget was set by a command, not by the init. */
        isDurable: 'u8',
        /** 0 means no limit on calls. */
        callsPerMs: 'f64',
        burst: 'f64',
        tokens: 'f64',
        refilledAtMs: 'f64',
      },
    },
    /** A ring: numbers only, sentences are made from them when somebody asks. */
    decisionWords: { rows: 278_528, columns: { word: 'f64' } },
    /** Who has a ticket with these low bits: the first row of a chain, plus one; or -1 - the decision's slot of a grant without a row. */
    ticketHeads: { rows: 65_536, columns: { row: 'i32' } },
  },
} as const

/** The region of an arbitration engine. */
export const ARBITRATION_LAYOUT: Layout<typeof declaration> = defineLayout(declaration)
export type ArbitrationLayout = typeof declaration
