import { describe, expect, it } from 'vitest'
import type { ErrorData, RetryPolicy } from '@symphony/interface'
import { seededRandom } from '@symphony/ports'
import { retryDelayMs } from '../src/retry.ts'

const error: ErrorData = { code: 'TASK_FAILED', component: 'task', message: 'no', retryable: true, details: {} }
const always = { next: () => 0 }

describe('retryDelayMs', () => {
  const delays = (policy: RetryPolicy): (number | undefined)[] => [1, 2, 3, 4].map((attempt) => retryDelayMs(policy, attempt, error, always))

  it('waits constantly, linearly or exponentially, up to a limit, as often as allowed', () => {
    expect(delays({ attempts: 4, backoff: 'constant', delayMs: 10 })).toEqual([10, 10, 10, undefined])
    expect(delays({ attempts: 4, backoff: 'linear', delayMs: 10 })).toEqual([10, 20, 30, undefined])
    expect(delays({ attempts: 5, delayMs: 10, delayMsMax: 50 })).toEqual([10, 20, 40, 50])
    expect(delays({ attempts: 1 })).toEqual([undefined, undefined, undefined, undefined])
  })

  it('does not repeat what would fail the same way', () => {
    expect(retryDelayMs({ attempts: 9 }, 1, { ...error, retryable: false }, always)).toBeUndefined()
    expect(retryDelayMs(undefined, 1, error, always)).toBeUndefined()
  })

  it('tells classes of errors apart', () => {
    expect(retryDelayMs({ attempts: 2, on: ['TIMEOUT'] }, 1, error, always)).toBeUndefined()
    expect(retryDelayMs({ attempts: 2, delayMs: 5, on: ['TIMEOUT', 'TASK_FAILED'] }, 1, error, always)).toBe(5)
    expect(retryDelayMs({ attempts: 2, notOn: ['TASK_FAILED'] }, 1, error, always)).toBeUndefined()
    // Naming a code is stronger than what the error says of itself.
    expect(retryDelayMs({ attempts: 2, delayMs: 5, on: ['TASK_FAILED'] }, 1, { ...error, retryable: false }, always)).toBe(5)
  })

  it('spreads waits by chance, within the part that jitter names', () => {
    const random = seededRandom(7)
    const waits = Array.from({ length: 1000 }, () => retryDelayMs({ attempts: 2, delayMs: 100, jitter: 0.25 }, 1, error, random) as number)
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(75)
    expect(Math.max(...waits)).toBeLessThanOrEqual(100)
    expect(Math.max(...waits) - Math.min(...waits)).toBeGreaterThan(20)
  })
})
