import { isSymphonyError } from '@symphony/interface'
import type { SymphonyError } from '@symphony/interface'

/** Tells a refusal of the log or the disk from everything a task may do wrong, such as to leave more than one record can hold. */
export function isStorageFailure(error: unknown): error is SymphonyError {
  return isSymphonyError(error) && error.code !== 'JOURNAL_RECORD_TOO_LARGE' && (error.code.startsWith('JOURNAL_') || error.code.startsWith('STORAGE_'))
}
