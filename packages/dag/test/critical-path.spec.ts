import { createDagTracker } from '@symphony/dag'
import type { ErrorData, NeedKind, TaskRow, WorkflowSpec } from '@symphony/interface'
import { EventRing } from '@symphony/shared-memory'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const SIZES = { tasksMax: 1024, edgesMax: 1024, runsMax: 8 }
const failure: ErrorData = { code: 'TASK_FAILED', component: 'test', message: 'as asked', retryable: true, details: {} }

const specs = fc.array(fc.tuple(fc.array(fc.nat(5), { maxLength: 3 }), fc.constantFrom<NeedKind>('hard', 'soft', 'optional'), fc.integer({ min: 1, max: 4 })), { minLength: 2, maxLength: 14 }).map(
  (tasks): WorkflowSpec => ({
    name: 'path',
    types: [{ name: 'x', run: () => 1 }],
    tasks: tasks.map(([back, kind, expectedMs], place) => ({
      id: `t${place}`,
      run: () => 1,
      expectedMs,
      needs: [...new Set(back.map((far) => place - 1 - far).filter((need) => need >= 0))].map((need) => ({ task: `t${need}`, kind })),
    })),
  }),
)
const steps = fc.array(fc.tuple(fc.constantFrom('complete', 'complete', 'complete', 'fail', 'skip', 'expand', 'retry'), fc.nat(20)), { maxLength: 25 })

describe('a critical path that is asked for again and again', () => {
  it('is the one that is found by looking at everything', () => {
    fc.assert(
      fc.property(specs, steps, (spec, taken) => {
        const tracker = createDagTracker({ ...SIZES, workflows: [spec] }, { events: new EventRing() })
        const id = tracker.startWorkflow(spec)
        const rowOf = (task: string): TaskRow => tracker.taskRow(id, task)
        for (const [index, [step, pick]] of taken.entries()) {
          const all = tracker.tasks(id)
          const ready = all.filter(({ state }) => state === 'ready')
          const one = ready[pick % Math.max(1, ready.length)]?.id
          if (step === 'complete' && one !== undefined) tracker.completeTask(rowOf(one))
          if (step === 'fail' && one !== undefined) tracker.failTask(rowOf(one), failure)
          const any = all[pick % all.length]!.id
          if (step === 'skip') tracker.skipTask(rowOf(any))
          if (step === 'expand' && tracker.getWorkflowState(id).state === 'running') tracker.expandTask(rowOf(any), { tasks: [{ id: `new${index}`, type: 'x', needs: [any] }] })
          if (step === 'retry' && tracker.getWorkflowState(id).state !== 'running') tracker.retryFrom(id, 't0')
          const other = createDagTracker({ ...SIZES, workflows: [spec] })
          other.restore(tracker.snapshot())
          other.afterRecovery()
          expect(tracker.criticalPath(id)).toEqual(other.criticalPath(id))
          expect(tracker.progress(id).remainingMs).toBe(other.progress(id).remainingMs)
        }
      }),
      { numRuns: 60 },
    )
  })
})
