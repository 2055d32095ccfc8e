import { isSymphonyError } from '@symphony/interface'

/** The code a call fails with. */
export function codeOf(call: () => unknown): string {
  try {
    call()
    return 'none'
  } catch (error) {
    return isSymphonyError(error) ? error.code : `not ours: ${String(error)}`
  }
}
