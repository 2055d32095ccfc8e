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
  let unclean = -1
  for (let task = 0; task < run.length; task++) {
    if (run[task] === -1 && (queueNext[task] !== 0 || queuePrev[task] !== 0 || extraOut[task] !== 0)) unclean = task
  }
  expect(unclean).toBe(-1)
}
