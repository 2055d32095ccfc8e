import { SymphonyError } from '@symphony/interface'
import type { ErrorCode, Json } from '@symphony/interface'

/** An error of this component. */
export function journalError(code: ErrorCode, message: string, details: { readonly [key: string]: Json } = {}, cause?: unknown): SymphonyError {
  return new SymphonyError({ code, component: 'journal', message, details, ...(cause === undefined ? {} : { cause }) })
}

/** What every caller is told after a failed write or fsync. The failure itself is the cause; its code is in the details. */
export function poisonedError(cause: SymphonyError, durableLsn: number): SymphonyError {
  const hint = cause.code === 'STORAGE_FULL' ? 'Free some space' : 'Check the disk'
  return journalError(
    'JOURNAL_POISONED',
    `The journal could not write (${cause.message}) and accepts nothing more. ${hint}, then open it again: everything acknowledged, up to record ${durableLsn}, is kept.`,
    { storageCode: cause.code, durableLsn, ...cause.details },
    cause,
  )
}

/** Damage that cannot be the trace of an interrupted write. */
export function corruptError(path: string, offset: number, lastGoodLsn: number, what: string): SymphonyError {
  return journalError(
    'JOURNAL_CORRUPT',
    `${path} is damaged at byte ${offset}: ${what}. Records up to ${lastGoodLsn} are intact. Restore the folder from a copy, or move it away to start anew.`,
    { path, offset, lastGoodLsn },
  )
}
