import type { ErrorData, Random, RetryPolicy } from '@symphony/interface'

/**
 * When a failed attempt is made again: ms from now, or undefined when it is not.
 *
 * Errors that say they are not retryable are not retried, unless the policy names their code: the same call would fail the same
 * way. Jitter takes away up to its part of the wait, so that those who failed together do not come back together ("full jitter"
 * at 1; Brooker, Exponential Backoff And Jitter, 2015).
 */
export function retryDelayMs(policy: RetryPolicy | undefined, attempt: number, error: ErrorData, random: Random): number | undefined {
  if (policy === undefined || attempt >= policy.attempts || !isRetried(policy, error)) return undefined
  const first = policy.delayMs ?? 1000
  const factor = policy.backoff === 'linear' ? attempt : policy.backoff === 'constant' ? 1 : 2 ** (attempt - 1)
  const waitMs = Math.min(first * factor, policy.delayMsMax ?? 60_000)
  return policy.jitter === undefined || policy.jitter === 0 ? waitMs : waitMs * (1 - policy.jitter * random.next())
}

function isRetried(policy: RetryPolicy, error: ErrorData): boolean {
  if (policy.notOn?.includes(error.code) === true) return false
  return policy.on === undefined ? error.retryable : policy.on.includes(error.code)
}
