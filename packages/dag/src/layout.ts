import { defineLayout } from '@symphony/shared-memory'
import type { Layout } from '@symphony/shared-memory'

// Rows are overridden by what a tracker is created with; see limits.ts for the defaults and their reasons.
// Links and list heads hold "row + 1", so that zeroed bytes mean "none". Columns marked (e) are ephemeral: they are rebuilt
// after recovery and are no part of a snapshot.
const declaration = {
  name: 'dag',
  version: 1,
  words: {
    readyHead: 'i32',
    readyTail: 'i32',
    readyCount: 'i32',
    dueCount: 'i32',
    endedHead: 'i32',
    endedTail: 'i32',
    endedCount: 'i32',
    lateResults: 'i32',
    /** 1 when freed ranges of rows are merged; logs from before begin without. */
    merging: 'i32',
    epoch: 'f64',
    runsStarted: 'f64',
  },
  tables: {
    tasks: {
      rows: 1_048_576,
      columns: {
        state: 'i32',
        /** Run row; -1 while the task row is free. */
        run: 'i32',
        /** (e) Number of the task's type in this process. */
        type: 'i32',
        /** (e) Attempts begun. */
        attempt: 'i32',
        /** Attempts whose end is recorded. */
        attemptsEnded: 'i32',
        /** Needs that have yet to be met. */
        pending: 'i32',
        /** Hard needs that may still fail before the task cannot be started any more. */
        slack: 'i32',
        /** First edge row of the template. */
        outStart: 'i32',
        outCount: 'i32',
        /** First link to a dependent that was added at run time. */
        extraOut: 'i32',
        /** First link from a need that was added at run time. */
        extraIn: 'i32',
        /** Node of the template, or -1 - index among the run's added tasks. */
        node: 'i32',
        flags: 'i32',
        /** (e) Next in the ready queue; place in the heap of due tasks + 1 while WAITING. */
        queueNext: 'i32',
        /** (e) In the ready queue: 2 for the first, else the row of the previous one + 3. 0 in no queue, 1 taken. */
        queuePrev: 'i32',
        /** (e) Fencing token of the attempt, while it runs. */
        token: 'f64',
        /** (e) Upward rank. */
        rankMs: 'f64',
        readyAtMs: 'f64',
        startedAtMs: 'f64',
        endedAtMs: 'f64',
        /** Before a wait for a signal begins: how long it may take, negative. */
        dueAtMs: 'f64',
      },
    },
    /** Edges of templates: target node * 4 + kind; behind those of a task, its condition. Shared by all runs of a template. */
    edges: { rows: 4_194_304, columns: { target: 'i32' } },
    /** Edges added at run time, on two linked lists each. */
    links: { rows: 4_194_304, columns: { from: 'i32', to: 'i32', kind: 'i32', nextOut: 'i32', nextIn: 'i32' } },
    runs: {
      rows: 262_144,
      columns: {
        /** (e) What readers see: `durableState`, or QUARANTINED. */
        state: 'i32',
        durableState: 'i32',
        taskBase: 'i32',
        taskCapacity: 'i32',
        /** Tasks in the first range; further ones are in chunks. */
        taskCount: 'i32',
        chunkHead: 'i32',
        chunkTail: 'i32',
        /** Tasks that count: all but those a retry dropped. */
        tasksTotal: 'i32',
        tasksOpen: 'i32',
        /** FAILED tasks that fail the run. */
        failures: 'i32',
        recalled: 'i32',
        defaulted: 'i32',
        template: 'i32',
        tenant: 'i32',
        priority: 'i32',
        /** Neighbours on the list of ended runs, oldest first; -1 when not on it. `endedNext` links free rows. */
        endedNext: 'i32',
        endedPrev: 'i32',
        order: 'f64',
        startedAtMs: 'f64',
        endedAtMs: 'f64',
        /** (e) Transitions so far: what a watcher's sequence numbers count. */
        transitions: 'f64',
      },
    },
    /** Tasks of run r in state s, at row r * 8 + s. */
    counts: { rows: 2_097_152, columns: { tasks: 'i32' } },
    /** Further task ranges of runs. `next` links free rows. */
    chunks: { rows: 262_144, columns: { base: 'i32', capacity: 'i32', count: 'i32', next: 'i32' } },
    /** Learned durations of task types. */
    types: { rows: 65_536, columns: { meanMs: 'f64', samples: 'i32' } },
    /** (e) Binary heap of WAITING tasks by due time. */
    due: { rows: 1_048_576, columns: { task: 'i32' } },
    /** (e) Which rows are taken: the trees of the allocators. */
    taskRanges: { rows: 2_097_152, columns: { taken: 'u8' } },
    edgeRanges: { rows: 8_388_608, columns: { taken: 'u8' } },
  },
} as const

/** The dag region. */
export const DAG_LAYOUT: Layout<typeof declaration> = defineLayout(declaration)
export type DagDeclaration = typeof declaration

/** Bits of a task's `flags`. */
export const FLAGS = {
  ALLOW_FAILURE: 1,
  /** Waits for a signal instead of running. */
  WAITS: 2,
  RECALLED: 4,
  /** FAILED, but somebody goes on without it. */
  ABSORBED: 8,
  /** Was added by a task that was set back; does not count any more. */
  DROPPED: 16,
  /** Needs only some of its needs: one more of them is one more that may fail. */
  JOINS: 32,
  /** Has a condition, which lies behind its out-edges. */
  WHEN: 64,
  /** SUCCEEDED, and did not take all its out-edges; those not taken are marked by a link of kind UNTAKEN. */
  ROUTED: 128,
  /** Lets time pass: succeeds when it is due. */
  TIMED: 256,
  /** SUCCEEDED in place of a failure. */
  DEFAULTED: 512,
  /** WAITING for a run that was started for it. */
  AWAITS_CHILD: 65_536,
  /** SUCCEEDED, and a run was started that undoes it. */
  UNDONE: 131_072,
} as const

/** Flags that come from the definition and survive a retry. */
export const DEFINED_FLAGS: number = FLAGS.ALLOW_FAILURE | FLAGS.WAITS | FLAGS.JOINS | FLAGS.WHEN

/** UNTAKEN is no need: such a link only marks that the edges between two tasks were not taken. */
export const KINDS = { HARD: 0, SOFT: 1, OPTIONAL: 2, UNTAKEN: 3 } as const
/** Names of the kinds of needs, by number. */
export const KIND_NAMES = ['hard', 'soft', 'optional'] as const

/** Values of `queuePrev` that are no link. Zeroed bytes mean: not queued. */
export const NOT_QUEUED = 0
export const TAKEN = 1
/** The first of the queue; behind it are rows + 3. */
export const FIRST_QUEUED = 2
