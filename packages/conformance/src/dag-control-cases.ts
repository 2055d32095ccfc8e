import type { DagTracker } from '@symphony/interface'
import { begin, drain, fail, FAILURE, flow, OTHER_REF, REF, stage, statesOf, succeed, take } from './dag-stage.ts'
import { equal, fails, ok, same } from './expectations.ts'
import type { Case } from './suite.ts'

/** Cancelling, pausing, signalling, doing again. */
export const controlCases: readonly Case<DagTracker>[] = [
  {
    name: 'cancelling ends every open task, once, and says why',
    async run(make) {
      const { dag } = await stage(make)
      const id = dag.startWorkflow(flow('w', { a: [], b: [], c: ['b'], d: [] }, { d: { waitFor: 'go' } }))
      const token = begin(dag, id, 'b')
      succeed(dag, id, 'a')
      ok(dag.cancelWorkflow(id, 'no longer wanted'))
      same(statesOf(dag, id), { a: 'succeeded', b: 'cancelled', c: 'cancelled', d: 'cancelled' })
      equal(dag.getWorkflowState(id).reason, 'no longer wanted')
      equal(dag.cancelWorkflow(id), false)
      equal(dag.completeTask(dag.taskRow(id, 'b'), {}, token), false)
      same(take(dag), [])
    },
  },
  {
    name: 'a paused run hands nothing out, lets what runs end, and goes on when resumed',
    async run(make) {
      const { dag } = await stage(make)
      const id = dag.startWorkflow(flow('w', { a: [], b: [], c: ['a'] }))
      const token = begin(dag, id, 'a')
      ok(dag.pauseWorkflow(id))
      equal(dag.pauseWorkflow(id), false)
      same(take(dag), [])
      ok(dag.completeTask(dag.taskRow(id, 'a'), {}, token))
      same(take(dag), [])
      ok(dag.resumeWorkflow(id))
      equal(dag.resumeWorkflow(id), false)
      same(take(dag).sort(), ['b', 'c'])
    },
  },
  {
    name: 'a signal ends a wait, its payload is the output, and one that comes early is kept',
    async run(make) {
      const { dag } = await stage(make)
      const waits = { ask: { waitFor: 'go' }, later: { waitFor: 'then' } }
      const id = dag.startWorkflow(flow('w', { a: [], ask: [], later: ['a'], end: ['ask', 'later'] }, waits))
      same(take(dag), ['a'])
      equal(statesOf(dag, id)['ask'], 'waiting')
      ok(dag.signalWorkflow(id, 'then', OTHER_REF))
      equal(statesOf(dag, id)['later'], 'pending')
      ok(dag.signalWorkflow(id, 'go', REF))
      equal(statesOf(dag, id)['ask'], 'succeeded')
      succeed(dag, id, 'a')
      same(dag.needs(dag.taskRow(id, 'end')).map((need) => need.output), [REF, OTHER_REF])
      succeed(dag, id, 'end')
      equal(dag.signalWorkflow(id, 'go'), false)
    },
  },
  {
    name: 'a signal may say no: the task that waits fails with the reason, what looks at its outcome goes on, and one that comes early is kept',
    needs: ['conditions', 'replayable'],
    async run(make) {
      const { dag, reopen } = await stage(make)
      const spec = flow('w', { ask: [], later: ['a'], a: [], yes: ['ask'], no: [], end: ['later?'] }, { ask: { waitFor: 'go' }, later: { waitFor: 'then' }, no: { when: 'ask.failed' } })
      const id = dag.startWorkflow(spec, { id: 'r' })
      const error = { ...FAILURE, code: 'REJECTED', message: 'not like this', retryable: false } as const
      fails('RUN_UNKNOWN', () => dag.rejectSignal('s', 'go', error))
      ok(dag.rejectSignal(id, 'then', error))
      ok(dag.rejectSignal(id, 'go', error))
      same(statesOf(dag, id), { ask: 'failed', later: 'pending', a: 'ready', yes: 'skipped', no: 'ready', end: 'pending' })
      same(dag.needs(dag.taskRow(id, 'no'))[0]?.error, error)
      const restored = await reopen({ workflows: [spec] })
      restored.restore(dag.snapshot())
      restored.afterRecovery?.()
      for (const tracker of [dag, await reopen({ workflows: [spec] }), restored]) {
        succeed(tracker, id, 'a')
        same(statesOf(tracker, id), { ask: 'failed', later: 'failed', a: 'succeeded', yes: 'skipped', no: 'ready', end: 'ready' })
        succeed(tracker, id, 'no', 'end')
        equal(tracker.getWorkflowState(id).state, 'succeeded', 'somebody went on without it')
        equal(tracker.rejectSignal(id, 'go', error), false)
      }
    },
  },
  {
    name: 'retryFrom sets a task and all that depends on it back, nothing else, and the run goes on',
    async run(make) {
      const { dag } = await stage(make)
      const id = dag.startWorkflow(flow('w', { a: [], b: ['a'], c: ['b'], d: ['a'] }))
      succeed(dag, id, 'a', 'd')
      fail(dag, id, 'b')
      fails('TASK_STATE', () => dag.retryFrom(id, 'c'))
      equal(dag.retryFrom(id, 'b'), 2)
      same(statesOf(dag, id), { a: 'succeeded', b: 'ready', c: 'pending', d: 'succeeded' })
      equal(dag.getWorkflowState(id).state, 'running')
      fails('TASK_STATE', () => dag.retryFrom(id, 'b'))
      drain(dag)
      equal(dag.getWorkflowState(id).state, 'succeeded')
    },
  },
  {
    name: 'retryFrom drops what the task had added, so that it can add it again',
    async run(make) {
      const { dag } = await stage(make)
      const id = dag.startWorkflow(flow('w', { plan: [], join: ['plan'] }))
      const expansion = { tasks: [{ id: 'part', type: 'x', needs: ['plan'], feeds: ['join'] }] }
      for (let round = 0; round < 2; round++) {
        ok(dag.completeTask(dag.taskRow(id, 'plan'), { expansion }, begin(dag, id, 'plan')))
        same(statesOf(dag, id), { plan: 'succeeded', join: 'pending', part: 'ready' })
        drain(dag)
        equal(dag.getWorkflowState(id).state, 'succeeded')
        if (round === 0) dag.retryFrom(id, 'plan')
      }
      equal(dag.progress(id).total, 3)
    },
  },
]
