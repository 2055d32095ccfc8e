import type { DagTracker } from '@symphony/interface'
import { begin, drain, fail, flow, OTHER_REF, REF, run, stage, statesOf, succeed, take } from './dag-stage.ts'
import { equal, fails, ok, same } from './expectations.ts'
import type { Case } from './suite.ts'

const diamond = flow('diamond', { a: [], b: ['a'], c: ['a'], d: ['b', 'c'] })

/** A run whose first task added one that feeds the last. */
function grown(dag: DagTracker, id: string): void {
  dag.startWorkflow(diamond, { id, input: 1, tenant: 'acme', priority: 3, attributes: { kind: 'test' } })
  const expansion = { tasks: [{ id: 'n', type: 'y', params: 7, needs: ['a'], feeds: ['d'] }] }
  dag.completeTask(dag.taskRow(id, 'a'), { output: REF, expansion }, begin(dag, id, 'a'))
  for (const task of ['b', 'n']) dag.completeTask(dag.taskRow(id, task), { output: OTHER_REF }, begin(dag, id, task))
}

/** Doing parts of a run again: in place, back to a moment, or in a copy. */
export const reworkCases: readonly Case<DagTracker>[] = [
  {
    name: 'several tasks are set back at once, also when one would be blocked without the other',
    async run(make) {
      const { dag } = await stage(make)
      dag.startWorkflow(flow('w', { a: [], b: ['a'], c: [], d: ['c'] }), { id: 'r' })
      fail(dag, 'r', 'a')
      succeed(dag, 'r', 'c', 'd')
      fails('TASK_STATE', () => dag.retryFrom('r', ['b', 'd']))
      equal(dag.retryFrom('r', ['b', 'd', 'a']), 3)
      same(statesOf(dag, 'r'), { a: 'ready', b: 'pending', c: 'succeeded', d: 'ready' })
      drain(dag)
      equal(dag.getWorkflowState('r').state, 'succeeded')
      fails('INVALID_ARGUMENT', () => dag.retryFrom('r', []))
    },
  },
  {
    name: 'a run is rolled back to a moment: what ended later, and what depends on it, is done again',
    async run(make) {
      const { dag, clock } = await stage(make)
      dag.startWorkflow(diamond, { id: 'r' })
      succeed(dag, 'r', 'a')
      clock.advance(10)
      succeed(dag, 'r', 'b')
      const afterB = clock.nowMs()
      clock.advance(10)
      fails('TASK_STATE', () => dag.rollback('r', { toMs: afterB }))
      succeed(dag, 'r', 'c', 'd')
      equal(dag.getWorkflowState('r').state, 'succeeded')
      equal(dag.rollback('r', { toMs: clock.nowMs() }), 0)
      equal(dag.getWorkflowState('r').state, 'succeeded')
      equal(dag.rollback('r', { toMs: afterB }), 2)
      same(statesOf(dag, 'r'), { a: 'succeeded', b: 'succeeded', c: 'ready', d: 'pending' })
      dag.cancelWorkflow('r')
      equal(dag.rollback('r', { toTask: 'a' }), 3)
      same(statesOf(dag, 'r'), { a: 'succeeded', b: 'ready', c: 'ready', d: 'pending' })
      dag.pauseWorkflow('r')
      fails('TASK_STATE', () => dag.rollback('r', { toTask: 'd' }))
      fails('INVALID_ARGUMENT', () => dag.rollback('r', { toMs: Number.NaN }))
    },
  },
  {
    name: 'a fork keeps what is outside the cone, added tasks with it, and leaves the original alone',
    async run(make) {
      const { dag } = await stage(make)
      grown(dag, 'r')
      succeed(dag, 'r', 'c', 'd')
      const before = dag.tasks('r')
      equal(dag.forkRun('r', { from: 'c', id: 'f', input: 2 }), 'f')
      same(dag.tasks('r'), before)
      same(statesOf(dag, 'f'), { a: 'succeeded', b: 'succeeded', c: 'ready', d: 'pending', n: 'succeeded' })
      const { input, tenant, priority, attributes, state, progress } = dag.getWorkflowState('f')
      same({ input, tenant, priority, attributes, state }, { input: 2, tenant: 'acme', priority: 3, attributes: { kind: 'test' }, state: 'running' })
      same([progress.total, progress.succeeded, progress.recalled], [5, 3, 3])
      equal(dag.tasks('f')[0]?.output, REF)
      same(dag.needs(dag.taskRow('f', 'd')).map(({ id, output }) => [id, output]), [['b', OTHER_REF], ['c', undefined], ['n', OTHER_REF]])
      equal(dag.task(dag.taskRow('f', 'n')).params, 7)
      equal(dag.forkRun('r', { from: 'c', id: 'f' }), 'f')
      begin(dag, 'f', 'c')
      equal(dag.task(dag.taskRow('f', 'c')).attempt, 1)
      dag.completeTask(dag.taskRow('f', 'c'))
      drain(dag)
      equal(dag.getWorkflowState('f').state, 'succeeded')
      equal(dag.getWorkflowState('r').state, 'succeeded')
    },
  },
  {
    name: 'a fork of a run that goes on, or failed, does again what is open or failed; what a cone had added is added anew',
    async run(make) {
      const { dag, clock } = await stage(make)
      grown(dag, 'r')
      fail(dag, 'r', 'c', clock.nowMs() + 100)
      dag.forkRun('r', { from: 'b', id: 'open' })
      same(statesOf(dag, 'open'), { a: 'succeeded', b: 'ready', c: 'ready', d: 'pending', n: 'succeeded' })
      dag.wakeDue(clock.nowMs() + 100)
      fail(dag, 'r', 'c')
      equal(dag.getWorkflowState('r').state, 'failed')
      fails('TASK_STATE', () => dag.retryFrom('r', 'd'))
      dag.forkRun('r', { from: 'd', id: 'failed' })
      same(statesOf(dag, 'failed'), { a: 'succeeded', b: 'succeeded', c: 'ready', d: 'pending', n: 'succeeded' })
      dag.forkRun('r', { from: 'a', id: 'anew' })
      same(statesOf(dag, 'anew'), { a: 'ready', b: 'pending', c: 'pending', d: 'pending' })
      const expansion = { tasks: [{ id: 'n', type: 'y', needs: ['a'], feeds: ['d'] }] }
      ok(dag.completeTask(dag.taskRow('anew', 'a'), { expansion }, begin(dag, 'anew', 'a')))
      drain(dag)
      for (const id of ['anew', 'failed', 'open']) equal(dag.getWorkflowState(id).state, 'succeeded')
      fails('NOT_FOUND', () => dag.forkRun('r', { from: 'x' }))
      fails('UNKNOWN_KEY', () => dag.forkRun('r', { from: 'a', form: 'b' } as never))
    },
  },
  {
    name: 'a fork may be given other outputs: those tasks have succeeded with them, and what depends on them is done again',
    needs: ['replayable', 'routes'],
    async run(make) {
      const { dag, reopen } = await stage(make)
      const spec = flow('w', { a: [], b: ['a'], c: ['b'], bad: ['a'], after: ['bad'], pick: [], left: ['pick'], right: ['pick'] })
      dag.startWorkflow(spec, { id: 'r' })
      dag.completeTask(dag.taskRow('r', 'a'), { output: REF, expansion: { tasks: [{ id: 'n', type: 'y', needs: ['a'], feeds: ['c'] }] } }, begin(dag, 'r', 'a'))
      dag.completeTask(dag.taskRow('r', 'pick'), { routes: ['left'] }, begin(dag, 'r', 'pick'))
      succeed(dag, 'r', 'b', 'n', 'c', 'left')
      fail(dag, 'r', 'bad')
      equal(dag.getWorkflowState('r').state, 'failed')
      dag.forkRun('r', { outputs: { b: OTHER_REF }, id: 'one' })
      same(statesOf(dag, 'one'), { a: 'succeeded', b: 'succeeded', c: 'ready', bad: 'ready', after: 'pending', pick: 'succeeded', left: 'succeeded', right: 'skipped', n: 'succeeded' })
      same(dag.needs(dag.taskRow('one', 'c')).map(({ id, output }) => [id, output]), [['b', OTHER_REF], ['n', undefined]])
      dag.forkRun('r', { outputs: { bad: OTHER_REF, pick: REF }, id: 'mended' })
      same(statesOf(dag, 'mended'), { a: 'succeeded', b: 'succeeded', c: 'succeeded', bad: 'succeeded', after: 'ready', pick: 'succeeded', left: 'ready', right: 'skipped', n: 'succeeded' })
      equal(dag.tasks('mended').find(({ id }) => id === 'bad')?.error, undefined)
      dag.forkRun('r', { outputs: { b: OTHER_REF, c: REF, bad: REF }, from: ['a', 'after'], id: 'many' })
      same(statesOf(dag, 'many'), { a: 'ready', b: 'succeeded', c: 'succeeded', bad: 'succeeded', after: 'ready', pick: 'succeeded', left: 'succeeded', right: 'skipped' })
      fails('NOT_FOUND', () => dag.forkRun('r', { outputs: { x: REF } }))
      fails('INVALID_ARGUMENT', () => dag.forkRun('r', { outputs: { a: 'text' as never } }))
      fails('INVALID_ARGUMENT', () => dag.forkRun('r', {}))
      fails('INVALID_ARGUMENT', () => dag.forkRun('r', { from: 'a', outputs: { n: REF } }))
      const next = await reopen({ workflows: [spec] })
      same(next.snapshot(), dag.snapshot())
      drain(dag)
      for (const id of ['one', 'mended']) equal(dag.getWorkflowState(id).state, 'succeeded')
      equal(dag.getWorkflowState('r').state, 'failed')
    },
  },
  {
    name: 'a fork of a run whose workflow is not known waits for it, if that is asked for',
    needs: ['replayable', 'quarantine'],
    async run(make) {
      const { dag, reopen } = await stage(make)
      const spec = flow('w', { a: [], b: ['a'] })
      dag.startWorkflow(spec, { id: 'r' })
      drain(dag)
      const next = await reopen()
      fails('INVALID_ARGUMENT', () => next.forkRun('r', { from: 'b', whenUndefined: 'wait' as never }))
      next.forkRun('r', { from: 'b', id: 'f', whenUndefined: 'quarantine' })
      same([next.getWorkflowState('f').state, statesOf(next, 'f')], ['quarantined', { a: 'succeeded', b: 'ready' }])
      same(take(next), [])
      next.defineWorkflow(spec)
      same([next.getWorkflowState('f').state, take(next)], ['running', ['b']])
      next.forkRun('r', { from: 'a', id: 'g', whenUndefined: 'quarantine' })
      same([next.getWorkflowState('g').state, take(next)], ['running', ['a']])
      const last = await reopen({ workflows: [spec] })
      same([last.getWorkflowState('f').state, statesOf(last, 'f')], ['running', { a: 'succeeded', b: 'ready' }])
    },
  },
  {
    name: 'after a restart an ended run is done again or forked with its functions, as soon as they are known',
    needs: ['replayable'],
    async run(make) {
      const { dag, reopen } = await stage(make)
      const spec = flow('w', { a: [], b: ['a'] })
      dag.startWorkflow(spec, { id: 'r' })
      succeed(dag, 'r', 'a')
      fail(dag, 'r', 'b')
      const next = await reopen()
      for (const call of [() => next.retryFrom('r', 'b'), () => next.rollback('r', { toTask: 'a' }), () => next.forkRun('r', { from: 'b' })]) fails('WORKFLOW_UNKNOWN', call)
      next.defineWorkflow(spec)
      next.forkRun('r', { from: 'b', id: 'f' })
      next.retryFrom('r', 'b')
      for (const id of ['f', 'r']) {
        equal(next.task(next.taskRow(id, 'b')).type.run, run)
        equal(next.taskType(next.columns.taskType[next.taskRow(id, 'b')] as number).run, run)
        succeed(next, id, 'b')
        equal(next.getWorkflowState(id).state, 'succeeded')
      }
    },
  },
  {
    name: 'forks and rollbacks survive a restart',
    needs: ['replayable'],
    async run(make) {
      const { dag, clock, reopen } = await stage(make)
      grown(dag, 'r')
      const then = clock.nowMs()
      clock.advance(5)
      succeed(dag, 'r', 'c', 'd')
      dag.forkRun('r', { from: ['b', 'c'], id: 'f' })
      dag.rollback('r', { toMs: then })
      dag.pauseWorkflow('f')
      dag.retryFrom('f', ['a', 'n'])
      same((await reopen({ workflows: [diamond] })).snapshot(), dag.snapshot())
    },
  },
]
