import { describe, expect, it } from 'vitest'
import { ratioOf, spreadOf } from '../src/statistics.ts'

describe('a spread', () => {
  it('is the median with its range', () => {
    expect(spreadOf([5, 1, 3])).toEqual({ median: 3, min: 1, max: 5, values: [5, 1, 3] })
    expect(spreadOf([4, 1, 3, 2]).median).toBe(2.5)
    expect(spreadOf([7])).toEqual({ median: 7, min: 7, max: 7, values: [7] })
  })

  it('does not sort 10 before 9', () => {
    expect(spreadOf([10, 9, 100]).median).toBe(10)
  })

  it('of nothing is an error, not NaN', () => {
    expect(() => spreadOf([])).toThrow('at least one value')
  })
})

describe('a ratio', () => {
  it('is taken turn by turn, so that a slow turn of both sides changes nothing', () => {
    const ours = spreadOf([200, 20, 400])
    const theirs = spreadOf([100, 10, 200])
    expect(ratioOf(ours, theirs, true)).toMatchObject({ median: 2, min: 2, max: 2 })
  })

  it('is above 1 when ours is better, also where less is better', () => {
    expect(ratioOf(spreadOf([1]), spreadOf([4]), false).median).toBe(4)
    expect(ratioOf(spreadOf([1]), spreadOf([4]), true).median).toBe(0.25)
  })

  it('uses the turns both sides have', () => {
    expect(ratioOf(spreadOf([2, 2, 9]), spreadOf([1, 2]), true).values).toEqual([2, 1])
  })
})
