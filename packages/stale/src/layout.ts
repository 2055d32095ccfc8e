import { defineLayout } from '@symphony/shared-memory'
import type { Layout } from '@symphony/shared-memory'

/** Levels of the wheel. Four of 256 slots span 2^32 ticks: 49 days at 1 ms. What is later waits in the far list. */
export const LEVELS = 4
export const SLOTS = 256
export const SLOT_BITS = 8

/**
 * Every list is circular around a sentinel node, so that linking and unlinking have no special cases. List 0 to 1,023 are
 * the slots, level by level; these are the lists beside the wheel.
 */
export const LISTS = {
  /** Watched when already due: told about in the next sweep, so that a handler cannot keep a sweep going for ever. */
  LATE: 1024,
  /** Due, being told about. */
  DUE: 1025,
  /** On the way down from a higher level. */
  CASCADE: 1026,
  /** Beyond the last level. */
  FAR: 1027,
} as const

/** Lists in all. The node of a watch has the number of its row; the sentinel of list L is node `rows + L`. */
export const LIST_COUNT = 1028

const declaration = {
  name: 'stale',
  version: 1,
  words: {
    /** The first tick that has not been told about. */
    cursor: 'f64',
    expired: 'f64',
    handlerErrors: 'f64',
  },
  tables: {
    watches: {
      rows: 1_048_576,
      columns: {
        /** The handle of the present or next user of the row; it rises with every reuse. */
        handle: 'f64',
        deadlineMs: 'f64',
        /** -1 for a deadline given as such. */
        ttlMs: 'f64',
        id: 'f64',
        /** Number of its kind, plus one; 0 while nothing is watched in the row. This alone tells, whatever became of the links. */
        kind: 'i32',
      },
    },
    /** The links of a free row belong to the allocator. */
    nodes: { rows: 1_049_604, columns: { next: 'i32', previous: 'i32' } },
    /** One bit a list: set while its list has entries. */
    occupied: { rows: 33, columns: { bits: 'i32' } },
    /** Lateness in microseconds. */
    lateness: { rows: 592, columns: { count: 'i32' } },
  },
} as const

/** The region of a stale manager. */
export const STALE_LAYOUT: Layout<typeof declaration> = defineLayout(declaration)
export type StaleLayout = typeof declaration
