import { createDagTracker } from '@symphony/dag'
import type { RegionDagTracker } from '@symphony/dag'
import type { TaskSpec } from '@symphony/interface'
import { describe, expect, it } from 'vitest'

const SMALL = { tasksMax: 1024, edgesMax: 1024, runsMax: 64 }

function start(tasks: readonly TaskSpec[]): { readonly tracker: RegionDagTracker; readonly id: string } {
  const tracker = createDagTracker(SMALL)
  const id = tracker.startWorkflow({ name: 'w', types: [{ name: 'x', run: () => 1 }], tasks: tasks.map((task) => ({ type: 'x', ...task })) })
  return { tracker, id }
}

function stateOf(tracker: RegionDagTracker, id: string, task: string): string | undefined {
  return tracker.tasks(id).find((report) => report.id === task)?.state
}

describe('a join', () => {
  it('is met at once by a task that has succeeded and is fed to it', () => {
    const { tracker, id } = start([{ id: 'a' }, { id: 'b' }, { id: 'any', needs: ['b'], join: 'any' }, { id: 'all', needs: ['b'] }])
    tracker.completeTask(tracker.taskRow(id, 'a'))
    tracker.expandTask(tracker.taskRow(id, 'b'), { tasks: [{ id: 'a', type: 'x', reuse: true, feeds: ['any', 'all'] }] })
    expect([stateOf(tracker, id, 'any'), stateOf(tracker, id, 'all')]).toEqual(['ready', 'pending'])
  })

  it('asks for no more than is left when a retry drops some of its needs', () => {
    const { tracker, id } = start([{ id: 'a' }, { id: 'b' }])
    tracker.expandTask(tracker.taskRow(id, 'a'), { tasks: [{ id: 'part', type: 'x' }] })
    tracker.expandTask(tracker.taskRow(id, 'b'), { tasks: [{ id: 'both', type: 'x', needs: ['part', 'b'], join: { atLeast: 2 } }] })
    for (const task of ['a', 'part', 'b']) tracker.completeTask(tracker.taskRow(id, task))
    expect(stateOf(tracker, id, 'both')).toBe('ready')
    tracker.pauseWorkflow(id)
    tracker.retryFrom(id, 'a')
    expect(stateOf(tracker, id, 'part')).toBeUndefined()
    expect(stateOf(tracker, id, 'both')).toBe('ready')
    tracker.retryFrom(id, 'b')
    expect(stateOf(tracker, id, 'both')).toBeUndefined()
  })

  it('goes on by a retry of itself as long as enough of its needs can still be met', () => {
    const { tracker, id } = start([{ id: 'a' }, { id: 'b' }, { id: 'c' }, { id: 'two', needs: ['a', 'b', 'c'], join: { atLeast: 2 } }])
    const error = { code: 'TASK_FAILED', component: 'test', message: 'as asked', retryable: true, details: {} } as const
    tracker.failTask(tracker.taskRow(id, 'a'), error)
    for (const task of ['b', 'c', 'two']) tracker.completeTask(tracker.taskRow(id, task))
    expect(tracker.retryFrom(id, 'two')).toBe(1)
    expect(stateOf(tracker, id, 'two')).toBe('ready')
    tracker.pauseWorkflow(id)
    tracker.retryFrom(id, 'b')
    tracker.failTask(tracker.taskRow(id, 'b'), error)
    expect(stateOf(tracker, id, 'two')).toBe('skipped')
    expect(() => tracker.retryFrom(id, 'two')).toThrow('Retry from "')
  })
})
