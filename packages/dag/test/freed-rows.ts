import type { RegionDagTracker } from '@symphony/dag'
import { attachRegion } from '@symphony/shared-memory'
import { expect } from 'vitest'
import { DAG_LAYOUT } from '../src/layout.ts'

/** Ends and forgets every run. What a start does not write must be left as it finds it: in no queue, due at no time, without links. */
export function expectRowsLeftClean(tracker: RegionDagTracker): void {
  // Where few ended runs are kept, a cancelled one takes the place of another.
  for (const id of tracker.runs()) if (tracker.findRun(id) !== undefined) tracker.cancelWorkflow(id)
  // A child is kept as long as its parent may ask for it.
  while (tracker.runs().some((id) => tracker.forgetRun(id)));
  expect(tracker.runs()).toEqual([])
  const { run, queueNext, queuePrev, extraOut } = attachRegion(DAG_LAYOUT, tracker.buffer).tables.tasks.columns
  for (const column of [queueNext, queuePrev, extraOut]) expect(column.findIndex((value, task) => run[task] === -1 && value !== 0)).toBe(-1)
}
