import { SymphonyError } from '@symphony/interface'
import type { ErrorCode } from '@symphony/interface'

/** How this component calls itself in errors and reports. */
export const COMPONENT = '@symphony/template'

/** Every expected failure is a SymphonyError: a code for programs, a message that tells people what to do next. */
export function failure(code: ErrorCode, message: string): SymphonyError {
  return new SymphonyError({ code, component: COMPONENT, message })
}
