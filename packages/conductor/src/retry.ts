import type { ErrorData, RetryPolicy } from '@symphony/interface'

/**
 * When a failed attempt is made again: ms from now, or undefined when it is not.
 *
 * Errors that say they are not retryable are not retried, whatever the policy: the same call would fail the same way.
 */
export function retryDelayMs(policy: RetryPolicy | undefined, attempt: number, error: ErrorData): number | undefined {
  if (policy === undefined || attempt >= policy.attempts || !error.retryable) return undefined
  const first = policy.delayMs ?? 1000
  const factor = policy.backoff === 'linear' ? attempt : policy.backoff === 'constant' ? 1 : 2 ** (attempt - 1)
  return Math.min(first * factor, policy.delayMsMax ?? 60_000)
}
