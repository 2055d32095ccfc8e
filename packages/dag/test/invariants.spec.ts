import { describe, expect, it } from 'vitest'
import { createDagTracker } from '@symphony/dag'
import type { RegionDagTracker } from '@symphony/dag'
import type { RunId, TaskRow } from '@symphony/interface'

const run = (): number => 1

/** A run of so many tasks, most of them added in ranges. */
function large(tracker: RegionDagTracker, ranges: readonly number[]): RunId {
  const id = tracker.startWorkflow({ name: `large ${ranges.length}`, types: [{ name: 'x', run }], tasks: [{ id: 'split', type: 'x' }, { id: 'end', type: 'x', needs: ['split'] }] })
  const row = tracker.taskRow(id, 'split')
  const token = tracker.beginTask(row)
  tracker.completeTask(row, { expansion: { tasks: [], ranges: ranges.map((count, at) => ({ prefix: `r${at}`, count, type: 'x', feeds: ['end'] })) } }, token)
  return id
}

describe('looking at what must always hold', () => {
  it('finds one wrong row of a large run within about as many looks as were asked for, wherever it is', () => {
    const tracker = createDagTracker({ tasksMax: 1 << 20 })
    large(tracker, [3])
    const id = large(tracker, [200_000, 63_000])
    for (let look = 0; look < 12; look++) expect(tracker.checkInvariants(4)).toBeUndefined()
    const rows = ['end', 'r0[199999]', 'r1[62999]'].map((task) => tracker.taskRow(id, task))
    const snapshot = tracker.snapshot()
    for (const row of rows) {
      ;(tracker.columns.taskRun as Int32Array)[row] = 7
      let looks = 1
      while (tracker.checkInvariants(4) === undefined && looks < 20) looks++
      expect(looks).toBeLessThanOrEqual(6)
      expect(tracker.health().reasons[0]).toContain(`task row ${row} belongs to run 7`)
      tracker.reset()
      tracker.restore(snapshot)
      tracker.afterRecovery()
    }
  })

  it('is right after a retry that dropped what was added', () => {
    const tracker = createDagTracker()
    const id = large(tracker, [10])
    const ready = new Int32Array(64)
    for (let count = tracker.takeReady(ready); count > 0; count = tracker.takeReady(ready)) {
      for (const task of ready.subarray(0, count)) tracker.completeTask(task as TaskRow, {}, tracker.beginTask(task as TaskRow))
    }
    tracker.retryFrom(id, 'split')
    expect(tracker.checkInvariants(1)).toBeUndefined()
  })
})
