/** Tasks drained from the ready list and scored together. Large enough to amortise the calls, small enough to stay in the cache. */
export const READY_BATCH = 512

/**
 * Tasks that may stand in the arbitration engine's line: half of what it takes by default. Enough that one tenant who is held up
 * rarely keeps others out; the rest waits in the ready list, which costs nothing.
 */
export const SUBMITTED_MAX = 32_768

/** How long the loop may hold the thread before timers and input/output are served, in ms. */
export const SLICE_MS = 4

/** How often it is looked whether the wall's clock was set while something waits for a time, in ms. */
export const CLOCK_LOOK_MS = 500

/** Tasks between two looks at the clock: reading it costs as much as a short task. */
export const TASKS_PER_CLOCK_READ = 64

/** Attempts that succeeded and are ended together at most: what waits longer would hold up those who depend on it. */
export const END_BATCH = 512

/** Of these, so many share a record of the log: a record has to fit into a frame, and one task needs some hundred bytes. */
export const ENDS_PER_RECORD = 64

/** A function that holds the thread for so long is told. Long enough for a slow parse, short enough that people notice. */
export const BLOCKED_MS = 50
/** How often it is noted that the thread is free, while tasks run, in ms: half the least limit that makes sense. */
export const HEARTBEAT_MS = 25
/** Calls of a type that are all timed, before only some are. */
export const TIMED_AT_FIRST = 64
/** Later every so many calls one is timed. */
export const TIMED_EVERY = 32
/** Tasks that held the thread, kept to be asked about. */
export const BLOCKS_KEPT = 32

/** Lists of fan-outs that are kept parsed. */
export const ITEM_LISTS_KEPT = 16

/** Decisions kept for later judgement. A power of two. */
export const DECISIONS_KEPT = 4096

/** The model behind which tasks that are plain functions run: in this thread, with slots of their own. */
export const INLINE_MODEL = '@inline'

/** What undoes a run is started in the same record as the run's end, if its input is no larger: the rest of the record is the end's. */
export const UNDOING_BYTES_AT_ONCE: number = 64 * 1024

/** Attempts of a task that may come upon a neighbour that has failed inside before that counts as its own failure. */
export const PANICS_MAX = 10
