import { describe, expect, it } from 'vitest'
import { waitP99 } from '../src/workloads/million-tasks.ts'

describe('what is waited for at 99 of 100 moments', () => {
  it('is no longer than a turn, when all are alike', () => {
    expect(waitP99(new Array<number>(1000).fill(1))).toBeCloseTo(0.99, 5)
  })

  it('sees a single long turn that a share of turns would hide', () => {
    expect(waitP99([600, ...new Array<number>(99_999).fill(0.01)])).toBeCloseTo(584, 0)
  })

  it('is nothing without turns', () => {
    expect(waitP99([])).toBe(0)
  })
})
