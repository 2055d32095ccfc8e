import { isSymphonyError } from '@symphony/interface'
import type { SymphonyError } from '@symphony/interface'

/** Tells a refusal of the log or the disk from everything a task may do wrong, such as to leave more than one record can hold. */
export function isStorageFailure(error: unknown): error is SymphonyError {
  return isSymphonyError(error) && error.code !== 'JOURNAL_RECORD_TOO_LARGE' && (error.code.startsWith('JOURNAL_') || error.code.startsWith('STORAGE_'))
}

/** Tells a neighbour that failed inside, and may be restored, from a failure of whoever called it. */
export function isPanic(error: unknown): error is SymphonyError {
  return isSymphonyError(error, 'BACKEND_PANIC')
}

/** What goes wrong around a task and says nothing about it: the task must not fail for it. */
export function isNoFaultOfTask(error: unknown): error is SymphonyError {
  return isStorageFailure(error) || isPanic(error)
}
