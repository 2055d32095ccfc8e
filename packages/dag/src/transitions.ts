import { TASK_STATE_NAMES } from '@symphony/interface'

const bit = (...states: readonly number[]): number => states.reduce((bits, state) => bits | (1 << state), 0)
// The numbers of TASK_STATES as constants of their own: the hot path compares with literals.
export const PENDING = 0
export const READY = 1
export const RUNNING = 2
export const WAITING = 3
export const SUCCEEDED = 4
export const FAILED = 5
export const SKIPPED = 6
export const CANCELLED = 7

/**
 * Which state may follow which, as bits indexed by the state before. Final states allow nothing: only `retryFrom`, which is no
 * transition but a new beginning, sets a task back.
 */
export const LEGAL_MOVES: readonly number[] = [
  bit(READY, WAITING, SKIPPED, CANCELLED),
  // READY ends at once when its result is recalled, or when it can never be admitted.
  bit(RUNNING, SUCCEEDED, FAILED, WAITING, SKIPPED, CANCELLED),
  // RUNNING becomes READY again after a restart.
  bit(SUCCEEDED, FAILED, WAITING, SKIPPED, CANCELLED, READY),
  // WAITING succeeds by a signal or by time, fails when no signal came in time, and ends either way with the run it waits for.
  bit(READY, SUCCEEDED, FAILED, SKIPPED, CANCELLED),
  0,
  0,
  0,
  0,
]

/** The first final state; every state from here on is final. */
export const FIRST_FINAL: number = SUCCEEDED


/** The states of a move as text, for messages. */
export function describeMove(from: number, to: number): string {
  return `${TASK_STATE_NAMES[from] ?? from} to ${TASK_STATE_NAMES[to] ?? to}`
}
