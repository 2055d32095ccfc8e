import { defineLayout } from '@symphony/shared-memory'
import type { Layout } from '@symphony/shared-memory'

/** States of a request's row. */
export const REQUEST = { FREE: 0, WAITING: 1, RUNNING: 2 } as const

/** States of a flow: nothing waits, in its group's heap, or set aside until its tenant may go on. */
export const FLOW = { IDLE: 0, QUEUED: 1, PARKED: 2 } as const

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
        ticket: 'f64',
        tag: 'f64',
        state: 'i32',
        flow: 'i32',
        tenant: 'i32',
        model: 'i32',
        priority: 'i32',
        score: 'f64',
        /** Nanodollars, whole. */
        cost: 'f64',
        memoryBytes: 'f64',
        submittedAtMs: 'f64',
        /** In the clock's monotonicMs, like every time that is compared. */
        admittedAtMs: 'f64',
        /** Virtual time booked at admission, taken back when the real one is known. */
        charged: 'f64',
        /** Number of the decision that admitted it. */
        decision: 'f64',
        /** Place in the flow's heap; the allocator's link while the row is free. */
        place: 'i32',
        /** Next row with the same ticket hash, plus one. */
        chain: 'i32',
      },
    },
    /** One flow for each tenant, model and priority: the lines that fairness chooses between. */
    flows: {
      rows: 65_536,
      columns: { tenant: 'i32', model: 'i32', priority: 'i32', state: 'i32', place: 'i32', passedOver: 'i32', virtualTime: 'f64', headTicket: 'f64', wakeAtMs: 'f64' },
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
    /** A ring: numbers only, words are made from them when somebody asks. */
    decisions: {
      rows: 16_384,
      columns: {
        ticket: 'f64',
        outcome: 'u8',
        reason: 'u8',
        tenant: 'i32',
        model: 'i32',
        priority: 'i32',
        score: 'f64',
        submittedAtMs: 'f64',
        decidedAtMs: 'f64',
        alternatives: 'f64',
        a: 'f64',
        b: 'f64',
        other: 'i32',
        skipped: 'i32',
        lower: 'i32',
        own: 'i32',
        ending: 'u8',
        cost: 'f64',
        durationMs: 'f64',
      },
    },
    ticketHeads: { rows: 65_536, columns: { row: 'i32' } },
  },
} as const

/** The region of an arbitration engine. */
export const ARBITRATION_LAYOUT: Layout<typeof declaration> = defineLayout(declaration)
export type ArbitrationLayout = typeof declaration
