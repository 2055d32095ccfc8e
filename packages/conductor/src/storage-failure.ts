import { isSymphonyError, SymphonyError } from '@symphony/interface'

/** Tells a refusal of the log or the disk from everything a task may do wrong, such as to leave more than one record can hold. */
export function isStorageFailure(error: unknown): error is SymphonyError {
  return isSymphonyError(error) && error.code !== 'JOURNAL_RECORD_TOO_LARGE' && (error.code.startsWith('JOURNAL_') || error.code.startsWith('STORAGE_'))
}

/** What who wants to start something is told after the log or the disk refused a change. */
export function readOnlyError(cause: SymphonyError): SymphonyError {
  const isFull = cause.code === 'STORAGE_FULL' || cause.details['storageCode'] === 'STORAGE_FULL'
  const next = isFull ? 'Free some space' : 'Check the disk'
  return new SymphonyError({
    code: isFull ? 'STORAGE_FULL' : cause.code,
    component: 'conductor',
    message: `Nothing new is started, because the log or the disk refused a change: ${cause.message} What runs may end, and everything can be read. ${next}, and open the runtime again: what was acknowledged is kept, and open runs go on.`,
    details: cause.details,
    cause,
  })
}

/** Tells a neighbour that failed inside, and may be restored, from a failure of whoever called it. */
export function isPanic(error: unknown): error is SymphonyError {
  return isSymphonyError(error, 'BACKEND_PANIC')
}

/** Gives back what nobody used. An engine that has failed inside forgets it anyway, and says so to its listeners. */
export function giveBack(back: () => void): void {
  try {
    back()
  } catch (error) {
    if (!isPanic(error)) throw error
  }
}

/** What goes wrong around a task and says nothing about it: the task must not fail for it. */
export function isNoFaultOfTask(error: unknown): error is SymphonyError {
  return isStorageFailure(error) || isPanic(error)
}
