import type { DagTracker, WorkflowSpec } from '@symphony/interface'
import { begin, drain, fail, flow, OTHER_REF, REF, stage, statesOf, succeed, take } from './dag-stage.ts'
import { equal, fails, ok, same } from './expectations.ts'
import type { Case } from './suite.ts'

const first: WorkflowSpec = { ...flow('w', { a: [], b: ['a'], c: ['b'], d: ['a'], e: ['d', 'c'] }), version: '1' }
/** `b` has other params, `d` is gone, `f` is new between `a` and `e`, and everything is in another order. */
const second: WorkflowSpec = { ...flow('w', { f: ['a'], a: [], c: ['b'], e: ['f', 'c'], b: ['a'] }, { b: { params: 2 } }), version: '2' }

/** A run that has done `a` and `b`, and waits to try `d` again. */
function halfDone(dag: DagTracker, id: string, nowMs: number): void {
  dag.startWorkflow(first, { id })
  for (const task of ['a', 'b']) dag.completeTask(dag.taskRow(id, task), { output: REF }, begin(dag, id, task))
  fail(dag, id, 'd', nowMs + 50)
}

/** Other versions of a workflow and the runs that are under way. */
export const upgradeCases: readonly Case<DagTracker>[] = [
  {
    name: 'a plan tells for each open run of another shape what a new version would do to it, and does nothing',
    async run(make) {
      const { dag, clock } = await stage(make)
      halfDone(dag, 'r', clock.nowMs())
      begin(dag, 'r', 'c')
      dag.startWorkflow(second, { id: 'new' })
      dag.startWorkflow(first, { id: 'ended' })
      dag.cancelWorkflow('ended')
      const before = dag.snapshot()
      const plan = dag.planUpgrade(second)
      equal(plan.runs.length, 1)
      const [run] = plan.runs
      same([run?.kept, run?.changed.map(({ task }) => task), run?.added, run?.removed, run?.running], [['a'], ['c', 'e', 'b'], ['f'], ['d'], ['c']])
      equal(run?.canMove, false)
      same(run?.blockers.map(({ task }) => task), ['c'])
      ok(run?.changed.every(({ reason }) => reason.length > 10))
      same(dag.snapshot(), before)
      equal(dag.template('w', '3'), undefined)
      dag.planUpgrade({ ...second, version: '3' })
      equal(dag.template('w', '3'), undefined)
      fails('TASK_STATE', () => dag.migrateRun('r', second))
      fails('RUN_ENDED', () => dag.migrateRun('ended', second))
      fails('INVALID_ARGUMENT', () => dag.migrateRun('r', flow('other', { a: [] })))
    },
  },
  {
    name: 'a run moves to another version: what is unchanged stays, the rest is done again, and it goes on to its end',
    async run(make) {
      const { dag, clock } = await stage(make)
      halfDone(dag, 'r', clock.nowMs())
      dag.migrateRun('r', second)
      equal(dag.getWorkflowState('r').version, '2')
      same(statesOf(dag, 'r'), { f: 'ready', a: 'succeeded', c: 'pending', e: 'pending', b: 'ready' })
      same(dag.tasks('r').map(({ output }) => output), [undefined, REF, undefined, undefined, undefined])
      same(take(dag).sort(), ['b', 'f'])
      equal(dag.nextDueMs(), undefined)
      succeed(dag, 'r', 'b', 'f', 'c', 'e')
      equal(dag.getWorkflowState('r').state, 'succeeded')
    },
  },
  {
    name: 'what waits for a time, a signal or a child goes on waiting in the other version, with its attempts and its added tasks',
    async run(make) {
      const { dag, clock } = await stage(make)
      const spec = { ...flow('w', { a: [], b: [], c: [], d: ['a', 'b', 'c'] }, { b: { waitFor: 'go' } }), version: '1' }
      dag.startWorkflow(spec, { id: 'r' })
      const expansion = { tasks: [{ id: 'n', type: 'y', feeds: ['d'] }] }
      dag.expandTask(dag.taskRow('r', 'c'), expansion)
      fail(dag, 'r', 'a', clock.nowMs() + 50)
      begin(dag, 'r', 'c')
      const child = dag.startWorkflow(flow('child', { x: [] }), { parent: dag.taskRow('r', 'c') })
      dag.awaitChild(dag.taskRow('r', 'c'))
      dag.pauseWorkflow('r')
      const next = { ...flow('w', { z: [], c: [], b: [], a: [], d: ['a', 'b', 'c'] }, { b: { waitFor: 'go' } }), version: '2' }
      dag.migrateRun('r', next)
      dag.resumeWorkflow('r')
      same(statesOf(dag, 'r'), { z: 'ready', c: 'waiting', b: 'waiting', a: 'waiting', d: 'pending', n: 'ready' })
      same(dag.parentOf(child), { runId: 'r', task: 'c', row: dag.taskRow('r', 'c') })
      equal(dag.nextDueMs(), clock.nowMs() + 50)
      dag.signalWorkflow('r', 'go')
      dag.wakeDue(clock.nowMs() + 50)
      begin(dag, 'r', 'a')
      equal(dag.task(dag.taskRow('r', 'a')).attempt, 2)
      dag.completeTask(dag.taskRow('r', 'a'))
      ok(dag.completeTask(dag.taskRow('r', 'c')))
      equal(statesOf(dag, 'r')['d'], 'pending')
      drain(dag)
      equal(dag.getWorkflowState('r').state, 'succeeded')
    },
  },
  {
    name: 'a hook keeps, resets or replaces outcomes, knowing what was decided above',
    async run(make) {
      const { dag, clock } = await stage(make)
      halfDone(dag, 'r', clock.nowMs())
      const asked: string[] = []
      const moved = dag.migrateRun('r', second, ({ task, change, output }) => {
        asked.push(`${task} ${change}`)
        if (task === 'b') return output === REF ? 'keep' : undefined
        return task === 'f' ? { output: OTHER_REF } : undefined
      })
      same([...asked].sort(), ['a kept', 'b changed', 'c kept', 'e changed', 'f added'])
      same(moved.kept, ['a', 'c'])
      same(statesOf(dag, 'r'), { f: 'succeeded', a: 'succeeded', c: 'ready', e: 'pending', b: 'succeeded' })
      same(dag.tasks('r').slice(0, 1).map(({ output }) => output), [OTHER_REF])
      fails('INVALID_ARGUMENT', () => dag.migrateRun('r', first, ({ task }) => (task === 'd' ? 'keep' : undefined)))
      dag.migrateRun('r', first, ({ task }) => (task === 'a' ? 'reset' : undefined))
      same(statesOf(dag, 'r'), { a: 'ready', b: 'pending', c: 'pending', d: 'pending', e: 'pending' })
    },
  },
  {
    name: 'watchers are told of a move, which survives a restart and frees a run whose version is no longer defined',
    needs: ['replayable'],
    async run(make) {
      const { dag, clock, reopen } = await stage(make)
      halfDone(dag, 'r', clock.nowMs())
      halfDone(dag, 's', clock.nowMs())
      const watched = dag.watch('r')[Symbol.asyncIterator]()
      dag.migrateRun('r', second)
      equal((await watched.next()).value?.type, 'run')
      const next = await reopen({ workflows: [second] })
      same(next.snapshot(), dag.snapshot())
      equal(next.getWorkflowState('s').state, 'quarantined')
      ok(next.planUpgrade('w').runs.some(({ id, canMove }) => id === 's' && canMove))
      next.migrateRun('s', 'w')
      equal(next.getWorkflowState('s').state, 'running')
      drain(next)
      equal(next.getWorkflowState('s').state, 'succeeded')
    },
  },
]
