import { SymphonyError } from '@symphony/interface'
import type { ErrorCode, Json } from '@symphony/interface'

export const COMPONENT = '@symphony/pool'

/** A failure of the pool: what happened, and what to do next. */
export function poolError(code: ErrorCode, message: string, details: { readonly [key: string]: Json } = {}, cause?: unknown): SymphonyError {
  return new SymphonyError({ code, component: COMPONENT, message, details, ...(cause === undefined ? {} : { cause }) })
}

export function closedError(): SymphonyError {
  return poolError('CLOSED', 'The pool was closed. Create a new one; its models have to be registered again.')
}

/** What anything thrown says, for reports and messages. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message || thrown.name : String(thrown)
}
