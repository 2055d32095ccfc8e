import type { DagTracker, RunQuery, TaskRow } from '@symphony/interface'
import { begin, fail, FAILURE, flow, REF, stage, statesOf, succeed } from './dag-stage.ts'
import { equal, fails, ok, same } from './expectations.ts'
import type { Case } from './suite.ts'

const parentFlow = flow('parent', { a: [], b: ['a'] })
const childFlow = flow('child', { x: [], y: ['x'] })

/** Starts a run and a child for its first task, which waits for it. */
function family(dag: DagTracker): { readonly task: TaskRow; readonly child: string } {
  dag.startWorkflow(parentFlow, { id: 'p' })
  const task = dag.taskRow('p', 'a')
  begin(dag, 'p', 'a')
  const child = dag.startWorkflow(childFlow, { parent: task })
  dag.awaitChild(task)
  return { task, child }
}

/** Runs that were started for a task of another run. */
export const familyCases: readonly Case<DagTracker>[] = [
  {
    name: 'a run started for a task is its child; the task waits for it without a time and ends with it',
    async run(make) {
      const { dag } = await stage(make)
      const { task, child } = family(dag)
      equal(child, 'p/a')
      same(statesOf(dag, 'p'), { a: 'waiting', b: 'pending' })
      equal(dag.nextDueMs(), undefined)
      same(dag.parentOf(child), { runId: 'p', task: 'a', row: task })
      equal(dag.parentOf('p'), undefined)
      same(dag.childrenOf('p'), [{ id: child, task: 'a', state: 'running' }])
      equal(dag.getWorkflowState('p').children, 1)
      equal(dag.getWorkflowState(child).parent?.runId, 'p')
      equal(dag.startWorkflow(childFlow, { parent: task }), child)
      let ended: string | undefined
      dag.onRunEnded((_, id) => (ended = id))
      succeed(dag, child, 'x', 'y')
      equal(ended, child)
      same(dag.orphanedWaits(), [{ task, child }])
      ok(dag.completeTask(task, { output: REF }))
      same(dag.orphanedWaits(), [])
      same(statesOf(dag, 'p'), { a: 'succeeded', b: 'ready' })
      fails('TASK_STATE', () => dag.startWorkflow(childFlow, { id: 'late', parent: task }))
    },
  },
  {
    name: 'a failed child may fail its task, also for another attempt, which gets a child of its own',
    async run(make) {
      const { dag, clock } = await stage(make)
      const { task, child } = family(dag)
      dag.failTask(task, FAILURE, { retryAtMs: clock.nowMs() + 5 })
      equal(dag.nextDueMs(), clock.nowMs() + 5)
      clock.advance(5)
      dag.wakeDue(clock.nowMs())
      begin(dag, 'p', 'a')
      equal(dag.task(task).attempt, 2)
      const second = dag.startWorkflow(childFlow, { parent: task })
      ok(second !== child)
      equal(dag.startWorkflow(childFlow, { parent: task }), second)
      dag.awaitChild(task)
      ok(dag.failTask(task, FAILURE))
      same(statesOf(dag, 'p'), { a: 'failed', b: 'skipped' })
    },
  },
  {
    name: 'a run is paused, resumed and cancelled together with everything below it',
    async run(make) {
      const { dag } = await stage(make)
      const { child } = family(dag)
      begin(dag, child, 'x')
      const grandchild = dag.startWorkflow(childFlow, { parent: dag.taskRow(child, 'x') })
      const all = (): string[] => ['p', child, grandchild].map((id) => dag.getWorkflowState(id).state)
      ok(dag.pauseWorkflow('p'))
      same(all(), ['paused', 'paused', 'paused'])
      ok(dag.resumeWorkflow('p'))
      same(all(), ['running', 'running', 'running'])
      const ended: string[] = []
      dag.onRunEnded((_, id) => void ended.push(id))
      ok(dag.cancelWorkflow('p', 'enough'))
      same(all(), ['cancelled', 'cancelled', 'cancelled'])
      same(ended.sort(), ['p', child, grandchild].sort())
      equal(dag.getWorkflowState(grandchild).reason, 'enough')
    },
  },
  {
    name: 'a task that is set back or skipped cancels the run it waits for',
    async run(make) {
      const { dag } = await stage(make)
      const { task, child } = family(dag)
      dag.pauseWorkflow('p')
      dag.retryFrom('p', 'a')
      equal(dag.getWorkflowState(child).state, 'cancelled')
      dag.resumeWorkflow('p')
      begin(dag, 'p', 'a')
      const second = dag.startWorkflow(childFlow, { parent: task })
      dag.awaitChild(task)
      dag.skipTask(task)
      equal(dag.getWorkflowState(second).state, 'cancelled')
    },
  },
  {
    name: 'an ended child is kept while its task is open, whatever the limit',
    async run(make) {
      const { dag } = await stage(make, { keepEndedRuns: 0 })
      const { task, child } = family(dag)
      succeed(dag, child, 'x', 'y')
      equal(dag.getWorkflowState(child).state, 'succeeded')
      equal(dag.forgetRun(child), false)
      dag.completeTask(task)
      equal(dag.findRun(child), undefined)
      equal(dag.getWorkflowState('p').children, 0)
    },
  },
  {
    name: 'runs within runs have a limit',
    async run(make) {
      const { dag } = await stage(make)
      dag.startWorkflow(childFlow, { id: 'run0' })
      for (let depth = 1; depth <= 64; depth++) dag.startWorkflow(childFlow, { id: `run${depth}`, parent: dag.taskRow(`run${depth - 1}`, 'x') })
      fails('INVALID_ARGUMENT', () => dag.startWorkflow(childFlow, { id: 'run65', parent: dag.taskRow('run64', 'x') }))
      dag.cancelWorkflow('run0')
      equal(dag.getWorkflowState('run64').state, 'cancelled')
    },
  },
  {
    name: 'families survive a restart, and tasks whose child has ended or never came are found',
    needs: ['replayable'],
    async run(make) {
      const { dag, reopen } = await stage(make)
      const { task, child } = family(dag)
      dag.startWorkflow(parentFlow, { id: 'alone' })
      dag.awaitChild(dag.taskRow('alone', 'a'))
      succeed(dag, child, 'x', 'y')
      const next = await reopen({ workflows: [parentFlow, childFlow] })
      same(next.snapshot(), dag.snapshot())
      same(next.orphanedWaits(), [{ task, child }, { task: dag.taskRow('alone', 'a'), child: undefined }])
      ok(next.completeTask(next.taskRow('p', 'a')))
      equal(next.tasks('p')[0]?.attempt, 1)
    },
  },
]

/** Attributes and the search for runs. */
export const undoingCases: readonly Case<DagTracker>[] = [
  {
    name: 'what a run undoes is marked with its start, until it is set back; each undoing has an id of its own, also when the last was forgotten',
    needs: ['retryFrom', 'replayable'],
    async run(make) {
      const { dag, reopen } = await stage(make)
      const spec = flow('w', { a: [], b: [], c: ['a', 'b'] })
      const undo = flow('w~undo', { u: [] })
      const undone = (tracker: DagTracker): readonly string[] => tracker.tasks('r').flatMap((task) => (task.undone ? [task.id] : []))
      dag.startWorkflow(spec, { id: 'r' })
      succeed(dag, 'r', 'a', 'b')
      fails('TASK_STATE', () => dag.startWorkflow(undo, { undoes: { run: 'r', tasks: ['a'] } }))
      fail(dag, 'r', 'c')
      fails('RUN_UNKNOWN', () => dag.startWorkflow(undo, { undoes: { run: 's', tasks: [] } }))
      fails('NOT_FOUND', () => dag.startWorkflow(undo, { undoes: { run: 'r', tasks: ['d'] } }))
      fails('TASK_STATE', () => dag.startWorkflow(undo, { undoes: { run: 'r', tasks: ['c'] } }))
      same([dag.undoingOf('r'), undone(dag)], [undefined, []])
      equal(dag.startWorkflow(undo, { undoes: { run: 'r', tasks: ['b', 'a'] } }), 'r~undo')
      same([dag.undoingOf('r'), undone(dag)], ['r~undo', ['a', 'b']])
      succeed(dag, 'r~undo', 'u')
      ok(dag.forgetRun('r~undo'))
      dag.retryFrom('r', 'a')
      same([dag.undoingOf('r'), undone(dag)], ['r~undo', ['b']])
      succeed(dag, 'r', 'a')
      fail(dag, 'r', 'c')
      const next = await reopen({ workflows: [spec, undo] })
      next.restore(next.snapshot())
      for (const tracker of [next, dag]) {
        equal(tracker.startWorkflow(undo, { undoes: { run: 'r', tasks: ['a'] } }), 'r~undo#2')
        same([tracker.undoingOf('r'), undone(tracker)], ['r~undo#2', ['a', 'b']])
      }
    },
  },
]

export const searchCases: readonly Case<DagTracker>[] = [
  {
    name: 'runs are found by what they are and by their attributes, newest first, page by page',
    async run(make) {
      const { dag, clock } = await stage(make)
      for (let index = 0; index < 10; index++) {
        dag.startWorkflow(index % 2 === 0 ? parentFlow : childFlow, { id: `r${index}`, tenant: index < 5 ? 'acme' : 'globex', attributes: { number: index, even: index % 2 === 0 } })
        clock.advance(10)
      }
      const ids = (query: Parameters<DagTracker['findRuns']>[0]): string[] => dag.findRuns(query).runs.map(({ id }) => id)
      same(ids({ limit: 3 }), ['r9', 'r8', 'r7'])
      const first = dag.findRuns({ workflow: 'child', limit: 3 })
      same(first.runs.map(({ id }) => id), ['r9', 'r7', 'r5'])
      const second = dag.findRuns({ workflow: 'child', limit: 3, after: first.next as string })
      same(second.runs.map(({ id }) => id), ['r3', 'r1'])
      equal(second.next, undefined)
      same(ids({ attributes: { even: true }, tenant: 'globex' }), ['r8', 'r6'])
      same(ids({ attributes: { number: '3' } }), [])
      same(ids({ startedAfterMs: clock.nowMs() - 31 }), ['r9', 'r8', 'r7'])
      same(ids({ startedBeforeMs: clock.nowMs() - 80, tenant: 'acme' }), ['r1', 'r0'])
      same(ids({ tenant: 'nobody' }), [])
      dag.cancelWorkflow('r4')
      same(ids({ state: ['cancelled', 'failed'] }), ['r4'])
      dag.startWorkflow(childFlow, { id: 'c', parent: dag.taskRow('r0', 'a') })
      same(ids({ parent: 'r0' }), ['c'])
      equal(dag.findRuns({ parent: 'r0' }).runs[0]?.parent, 'r0')
      fails('UNKNOWN_KEY', () => dag.findRuns({ workflows: 'x' } as object))
      fails('INVALID_ARGUMENT', () => dag.findRuns({ limit: 0 }))
    },
  },
  {
    name: 'runs are found by ranges, choices and beginnings of their attributes',
    async run(make) {
      const { dag } = await stage(make)
      const facts = [{ cost: 1, city: 'Aachen' }, { cost: 2.5, city: 'Bonn' }, { cost: 4, city: 'Bochum', vip: true }, { cost: '3', city: 'bern' }, {}]
      facts.forEach((attributes, index) => dag.startWorkflow(childFlow, { id: `r${index}`, attributes }))
      const ids = (attributes: NonNullable<RunQuery['attributes']>): string[] => dag.findRuns({ attributes }).runs.map(({ id }) => id).reverse()
      same(ids({ cost: { gt: 1 } }), ['r1', 'r2'])
      same(ids({ cost: { gte: 1, lt: 4 } }), ['r0', 'r1'])
      same(ids({ cost: { lte: '3' } }), ['r3'])
      same(ids({ city: { gte: 'B', lt: 'C' } }), ['r1', 'r2'])
      same(ids({ city: { prefix: 'Bo' } }), ['r1', 'r2'])
      same(ids({ city: { in: ['bern', 'Aachen', 'bern', 'Rom'] } }), ['r0', 'r3'])
      same(ids({ cost: { in: [1, 4], gt: 1 }, city: { prefix: '' }, vip: true }), ['r2'])
      same(ids({ vip: { in: [] } }), [])
      same(dag.findRuns({ attributes: { cost: { gt: 0 } }, limit: 2 }).runs.map(({ id }) => id), ['r2', 'r1'])
      same(dag.findRuns({ attributes: {} }).runs.length, 5)
      fails('UNKNOWN_KEY', () => ids({ cost: { above: 1 } as never }))
      for (const wrong of [{}, { gt: true }, { in: 1 }, { prefix: 1 }, null]) fails('INVALID_ARGUMENT', () => ids({ cost: wrong as never }))
    },
  },
  {
    name: 'attributes are added, replaced and removed, also after the end, and refused when they are too many or none',
    async run(make) {
      const { dag } = await stage(make)
      dag.startWorkflow(parentFlow, { id: 'r', attributes: { b: 1, a: 'x' } })
      dag.setAttributes('r', { a: null, c: true, b: 2 })
      same(dag.attributes('r'), { b: 2, c: true })
      dag.cancelWorkflow('r')
      dag.setAttributes('r', { d: 0 })
      same(dag.getWorkflowState('r').attributes, { b: 2, c: true, d: 0 })
      const many = Object.fromEntries(Array.from({ length: 62 }, (_, index) => [`k${index}`, index]))
      for (const wrong of [many, { x: Number.NaN }, { x: {} as never }, { '': 1 }, { x: 'y'.repeat(2000) }]) fails('INVALID_ARGUMENT', () => dag.setAttributes('r', wrong))
      same(dag.attributes('r'), { b: 2, c: true, d: 0 })
    },
  },
]
