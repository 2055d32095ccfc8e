import { describe, expect, it } from 'vitest'
import type { DagColumns, PolicyBatch } from '@symphony/interface'
import { criticalPathPolicy, fairPolicy, fifoPolicy, policyByName, shortestPolicy } from '@symphony/conductor'

const columns = {
  taskRankMs: Float64Array.of(10, 500, 20),
  taskRun: Int32Array.of(0, 1, 1),
  taskReadyAtMs: Float64Array.of(3, 2, 1),
  runTasksOpen: Int32Array.of(2, 900),
} as unknown as DagColumns

function order(policy: typeof fifoPolicy): number[] {
  const batch: PolicyBatch = { count: 3, tasks: Int32Array.of(0, 1, 2, 99), propensities: new Float64Array(3), scores: new Float64Array(4).fill(7), columns, nowMs: 4 }
  policy.score(batch)
  // Nothing beyond the batch is touched.
  expect(batch.scores[3]).toBe(7)
  return [0, 1, 2].sort((a, b) => (batch.scores[b] as number) - (batch.scores[a] as number))
}

describe('policies', () => {
  it('order as their names say', () => {
    expect(order(fifoPolicy)).toEqual([2, 1, 0])
    expect(order(criticalPathPolicy)).toEqual([1, 2, 0])
    expect(order(shortestPolicy)).toEqual([0, 1, 2])
    expect(order(fairPolicy)).toEqual([0, 1, 2])
  })

  it('are found by name, and a wrong name is told the right ones', () => {
    expect(policyByName('fair')).toBe(fairPolicy)
    expect(() => policyByName('best')).toThrow(expect.objectContaining({ code: 'NOT_FOUND', message: expect.stringContaining('critical-path') }))
  })
})
