/** Slots of one gate word: bit 31 says that the instance is closed, so that "open with a free slot" is one comparison with 0. */
export const SLOTS_PER_GATE = 31

/** The tables a pool reserves unless told otherwise. Untouched pages cost no memory. */
export const INSTANCES_MAX = 4_096
/** Gate words reserved for each instance of the limit: most instances need one, a few wide ones may need dozens. */
export const GATES_PER_INSTANCE = 2
export const GATES_MIN = 1_024

/** One instance may be as wide as a thousand-odd gates; more calls at once than that are a queue, not a slot. */
export const SLOTS_PER_INSTANCE_MAX = 32_768

export const WAITERS_MAX = 10_000
export const LOAD_TIMEOUT_MS = 60_000
/** An orderly unload gets so long before the instance is terminated. */
export const UNLOAD_TIMEOUT_MS = 10_000
/** A health probe gets so long before it counts as a no. */
export const HEALTH_TIMEOUT_MS = 5_000

/** Without any rest for so long, and seen so at so many looks, a thread that nobody asks anything of is stuck: found within a second. */
export const STUCK_AFTER_MS = 750
export const STUCK_LOOKS = 5

/** Before the n-th load in a row that failed is repeated: the first waits so long, each further one twice as long. */
export const BACK_OFF_MS = 100
export const BACK_OFF_MAX_MS = 30_000

/** Calls of one instance that failed in a row before it is asked for its health. One failure is the caller's, three are a pattern. */
export const CALL_FAILURES_BEFORE_PROBE = 3
