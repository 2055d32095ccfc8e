import { createDagTracker } from '@symphony/dag'
import type { RegionDagTracker } from '@symphony/dag'
import type { ErrorData, Need, NeedKind, TaskRow, WorkflowSpec } from '@symphony/interface'
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

/** By looking at every task: the path begins where the most is left, and goes on to where the most is left of what needs it. */
function expectLongest(tracker: RegionDagTracker, spec: WorkflowSpec, id: string): void {
  const { taskRankMs } = tracker.columns
  const rankOf = (task: string): number => taskRankMs[tracker.taskRow(id, task)] as number
  const open = tracker.tasks(id).filter(({ state }) => state === 'ready' || state === 'pending').map((task) => task.id)
  const kindOf = (task: string, need: string): NeedKind => {
    const given = spec.tasks.find((one) => one.id === task)?.needs?.find((one) => (one as Need).task === need) as Need | undefined
    return given?.kind ?? 'hard'
  }
  const dependentsOf = (need: string): string[] =>
    open.filter((task) => tracker.needs(tracker.taskRow(id, task)).some((one) => one.id === need) && kindOf(task, need) !== 'optional')
  const longest = (tasks: readonly string[]): number => Math.max(0, ...tasks.map(rankOf))
  const { tasks, lengthMs } = tracker.criticalPath(id)
  expect(lengthMs).toBe(longest(open))
  let among = open
  for (const task of tasks) {
    expect(among).toContain(task)
    expect(rankOf(task)).toBe(longest(among))
    among = dependentsOf(task)
  }
  expect(among).toEqual([])
}

describe('a critical path that is asked for again and again', () => {
  it('is the one that is found by looking at everything', () => {
    fc.assert(
      fc.property(specs, steps, (spec, taken) => {
        const tracker = createDagTracker(SIZES)
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
          expectLongest(tracker, spec, id)
        }
      }),
      { numRuns: 150 },
    )
  })
})
