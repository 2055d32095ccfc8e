import { fromErrorData, isSymphonyError, SymphonyError, toErrorData } from '@symphony/interface'
import type { ErrorCode, Json } from '@symphony/interface'

type Details = { readonly [key: string]: Json }

/** An error of this component. */
export function journalError(code: ErrorCode, message: string, details: Details = {}, cause?: unknown): SymphonyError {
  return new SymphonyError({ code, component: 'journal', message, details, ...(cause === undefined ? {} : { cause }) })
}

/** The error of the file system that ended the journal, whatever was thrown. */
export function asStorageError(thrown: unknown): SymphonyError {
  return isSymphonyError(thrown) ? thrown : fromErrorData(toErrorData(thrown, 'journal', 'STORAGE_FAILED'))
}

/** What every caller is told after a failed write or fsync. The failure itself is the cause; its code is in the details. */
export function poisonedError(cause: SymphonyError, durableLsn: number): SymphonyError {
  const hint = cause.code === 'STORAGE_FULL' ? 'Free some space' : 'Check the disk'
  const kept = `everything acknowledged, up to record ${durableLsn}, is kept`
  const message = `The journal could not write (${cause.message}) and accepts nothing more. ${hint}, then open it again: ${kept}.`
  return journalError('JOURNAL_POISONED', message, { storageCode: cause.code, durableLsn, ...cause.details }, cause)
}

/** Damage that cannot be the trace of an interrupted write. */
export function corruptError(path: string, offset: number, lastGoodLsn: number, what: string): SymphonyError {
  const next = 'Restore the folder from a copy, or see what can be saved of it: symphony doctor --salvage (planSalvage of @symphony/journal).'
  const message = `${path} is damaged at byte ${offset}: ${what}. Records up to ${lastGoodLsn} are intact. ${next}`
  return journalError('JOURNAL_CORRUPT', message, { path, offset, lastGoodLsn })
}

/** A file that a later release has written. */
export function otherVersionError(path: string, version: number, ours: number): SymphonyError {
  const message = `${path} has format version ${version}; this release reads ${ours}. Open it with the release that wrote it.`
  return journalError('LAYOUT_MISMATCH', message, { path, version })
}
