const KIB = 1024
const MIB = 1024 * KIB

/** Largest record, command headers included. Bounds every allocation recovery makes before it has checked a single byte. */
export const RECORD_BYTES_MAX: number = MIB

/**
 * Largest payload of one frame, hence of one commit. One fsync of a MiB costs about as much as four of 64 KiB; beyond that,
 * waiting longer for company no longer buys throughput.
 */
export const FRAME_PAYLOAD_BYTES_MAX: number = MIB

/** Segments are sparse, so a large one costs no space; each new one costs three fsyncs, so small ones cost time. */
export const SEGMENT_BYTES: number = 64 * MIB
/**
 * A segment begins as this part of a whole one and doubles when it is full: opening a log reads all of its last segment, also what
 * is behind the last frame, so a small log has to have a small one.
 */
export const SEGMENT_START_PART: number = 1 / 16
export const SEGMENT_BYTES_MIN: number = 4 * KIB
export const SEGMENT_BYTES_MAX: number = 1024 * MIB

/** Bytes between the threads: what the main thread can log while one slow fsync is under way, before it has to wait. */
export const RING_BYTES: number = 4 * MIB

/** Commits made by who logs before a thread is started for them: so few are sooner done than the thread is there. */
export const CALLER_COMMITS = 16
/** And as many bytes, or as much time spent on them, whichever comes first. */
export const CALLER_COMMITS_BYTES: number = MIB
export const CALLER_COMMITS_MS = 25
/** A state this large when it is opened is going to be written like one: the thread is there from the beginning. */
export const LARGE_STATE_BYTES: number = 4 * MIB

/** Without a second thread the ring only collects what one commit writes. */
export const INLINE_RING_BYTES: number = 64 * KIB

/**
 * So much is complete that the writer gets it at once instead of at the end of the turn, so that it works while more is logged. Less
 * would make one more fsync of what is logged within some hundred microseconds.
 */
export const PUBLISH_BYTES: number = 128 * KIB

/** Zeroes written ahead of the log in quiet moments, anew when half of them is used: an fsync inside written space is two to three times cheaper than in a hole. */
export const FILL_AHEAD_BYTES: number = 32 * MIB
/** One step of filling: short enough that a commit which arrives meanwhile waits about a millisecond. */
export const FILL_STEP_BYTES: number = MIB
/** Nothing was logged for this long: the writer may do housekeeping. */
export const QUIET_MS = 5

/** A checkpoint is written in pieces of this size, with commits in between. */
export const CHECKPOINT_STEP_BYTES: number = MIB
/** Forced to the device this often while it is written, so that no single fsync is long. */
export const CHECKPOINT_SYNC_BYTES: number = 8 * MIB
/** The newest checkpoint and the one to fall back to. */
export const CHECKPOINTS_KEPT = 2

/** How long the main thread waits for room in the ring without any progress before it gives the writer thread up for dead. */
export const STALLED_MS = 60_000
/** A commit slower than this is reported to the logger: the disk, not the program, sets the pace. */
export const SLOW_COMMIT_MS = 1_000

/** How often a reader looks again when a log seems damaged: a writer beside it may have been in the middle of a change. */
export const READ_ATTEMPTS = 5
