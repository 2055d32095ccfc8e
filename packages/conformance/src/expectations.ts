import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import { isSymphonyError } from '@symphony/interface'
import type { ErrorCode, SymphonyError } from '@symphony/interface'

/** Asserts that a call fails with a SymphonyError of this code whose message tells something, and returns it. */
export function fails(code: ErrorCode, run: () => unknown): SymphonyError {
  try {
    run()
  } catch (error) {
    return checked(code, error)
  }
  throw new Error(`expected ${code}, but the call succeeded`)
}

/** The same for a promise. */
export async function rejects(code: ErrorCode, promise: Promise<unknown>): Promise<SymphonyError> {
  let error: unknown
  try {
    await promise
  } catch (thrown) {
    error = thrown
  }
  if (error === undefined) throw new Error(`expected ${code}, but the call succeeded`)
  return checked(code, error)
}

function checked(code: ErrorCode, error: unknown): SymphonyError {
  if (!isSymphonyError(error)) throw new Error(`expected a SymphonyError ${code}, got ${String(error)}`)
  strictEqual(error.code, code)
  ok(error.message.length > 10, 'the message says what happened')
  return error
}

export { deepStrictEqual as same, ok, strictEqual as equal }
