/** Tasks of all runs that are kept at once. Untouched rows cost no memory: 2^20 rows reserve about 110 MB of address space. */
export const TASKS_MAX: number = 1 << 20
/** Edges of all stored templates, and, counted apart, edges added at run time. */
export const EDGES_MAX: number = 1 << 22
export const RUNS_MAX: number = 1 << 18
/** Definitions that are stored because a run uses or used them. Unused ones make room when the table is full. */
export const TEMPLATES_MAX = 4096
/** Task types whose durations are learned. Types beyond that keep their declared `expectedMs`. */
export const TYPES_MAX: number = 1 << 16
/** Ended runs that can still be asked about. */
export const KEEP_ENDED_RUNS = 1000
/**
 * Memory, roughly, of the ended runs that can still be asked about, in bytes: their inputs may be of any size. Generous for a thousand
 * runs with a hundred tasks each, and a part of what a process has.
 */
export const KEEP_ENDED_BYTES: number = 256 * 1024 * 1024
/** Signals of one run that arrived before anyone waited for them. Enough for any protocol, small enough to bound a mistake. */
export const KEPT_SIGNALS_MAX = 1024
/** Runs within runs. Deeper is a workflow that starts itself without end. */
export const RUN_DEPTH_MAX = 64
/** Attributes of one run, and characters of their names and texts: facts to search by, not content. */
export const ATTRIBUTES_MAX = 64
export const ATTRIBUTE_NAME_MAX = 128
export const ATTRIBUTE_TEXT_MAX = 1024
/** Runs in one answer of a search. */
export const FOUND_RUNS_MAX = 1000
/** Ended runs looked at for one that nobody needs any more, when there are more than should be kept. Bounds what an end costs. */
export const FORGET_LOOK_MAX = 64
/** Schedules. All of them are looked at in memory. */
export const SCHEDULES_MAX = 10_000
/** Shortest interval of a schedule, ms: each firing is a run and a record of the log. */
export const EVERY_MS_MIN = 100
/** Runs that schedules start in one call of `wakeDue`; the next call goes on. Bounds how long a catch-up holds the thread. */
export const FIRINGS_MAX = 1000
/** How late a firing may be and still be on time, ms, for a schedule that catches nothing up. */
export const ON_TIME_MS = 60_000
/** When a schedule is tried again that found no room for its run, ms. */
export const SCHEDULE_RETRY_MS = 1000
/** Transitions that are kept of a watched run, for slow readers and for those that come back. */
export const WATCH_LOG_MAX = 4096
/** Watched runs whose transitions are kept while nobody reads them, some 100 bytes a transition. The longest watched goes first. */
export const WATCHED_RUNS_MAX = 256
/** Chunks and bytes that are kept of the streams of one run, and bytes of all runs. Enough for the text of a long answer. */
export const STREAM_ENTRIES_MAX = 16_384
export const STREAM_BYTES_MAX: number = 4 * 1024 * 1024
export const STREAMS_BYTES_MAX: number = 64 * 1024 * 1024
/** Problems listed by one validation error; a wrong generator otherwise makes an error of megabytes. */
export const PROBLEMS_MAX = 1000
/** Rows of the smallest range for tasks added at run time. */
export const CHUNK_ROWS_MIN = 8
/** Rows up to which ranges for added tasks double, so that many small expansions need few ranges. */
export const CHUNK_ROWS_DOUBLED_MAX = 1024
/**
 * Fencing tokens are `epoch * 2^36 + count`: 2^17 restarts of 6.8e10 attempts each stay below 2^53, and a token of a former
 * process is always lower.
 */
export const TOKENS_PER_EPOCH: number = 2 ** 36
/**
 * Largest piece of anything in one command. A journal bounds its records (ours to a MiB), and a piece of a
 * quarter of that still leaves room for what shares its record.
 */
export const PART_BYTES: number = 256 * 1024
/** Tasks of one range: as many as the largest table of tasks has rows. */
export const RANGE_MAX: number = 2 ** 28
