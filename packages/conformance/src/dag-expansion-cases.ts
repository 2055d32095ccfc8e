import type { DagTracker } from '@symphony/interface'
import { begin, drain, fail, flow, stage, statesOf, succeed, take } from './dag-stage.ts'
import { equal, fails, ok, same } from './expectations.ts'
import type { Case } from './suite.ts'

/** Tasks that come to be at run time. */
export const expansionCases: readonly Case<DagTracker>[] = [
  {
    name: 'a task adds others in the commit of its success: they hold back what they feed',
    async run(make) {
      const { dag } = await stage(make)
      const id = dag.startWorkflow(flow('w', { plan: [], join: ['plan'] }))
      const parts = [1, 2, 3].map((part) => ({ id: `part${part}`, type: 'y', params: { part }, needs: ['plan'], feeds: ['join'] }))
      ok(dag.completeTask(dag.taskRow(id, 'plan'), { expansion: { tasks: parts } }, begin(dag, id, 'plan')))
      same(take(dag), ['part1', 'part2', 'part3'])
      same(dag.task(dag.taskRow(id, 'part2')).params, { part: 2 })
      equal(dag.task(dag.taskRow(id, 'part2')).type.name, 'y')
      succeed(dag, id, 'part1', 'part3')
      same(take(dag), [])
      succeed(dag, id, 'part2')
      same(dag.needs(dag.taskRow(id, 'join')).map((need) => need.id).sort(), ['part1', 'part2', 'part3', 'plan'])
      succeed(dag, id, 'join')
      equal(dag.progress(id).total, 5)
      same(Object.keys(dag.getWorkflowState(id).outputs), [])
    },
  },
  {
    name: 'added tasks may need each other, whatever has ended, and add tasks themselves',
    async run(make) {
      const { dag } = await stage(make)
      const id = dag.startWorkflow(flow('w', { a: [], b: ['a'] }))
      succeed(dag, id, 'a')
      const two = [{ id: 'c', type: 'x', needs: ['a'] }, { id: 'd', type: 'x', needs: ['c', { task: 'b', kind: 'soft' as const }] }]
      equal(dag.expandTask(dag.taskRow(id, 'b'), { tasks: two }), 2)
      same(take(dag), ['b', 'c'])
      succeed(dag, id, 'b')
      const many = Array.from({ length: 40 }, (_, index) => ({ id: `e${index}`, type: 'x', feeds: ['d'] }))
      dag.completeTask(dag.taskRow(id, 'c'), { expansion: { tasks: many } }, begin(dag, id, 'c'))
      equal(statesOf(dag, id)['d'], 'pending')
      drain(dag)
      equal(dag.progress(id).succeeded, 44)
    },
  },
  {
    name: 'an added task that needs what has failed is skipped',
    async run(make) {
      const { dag } = await stage(make)
      const id = dag.startWorkflow(flow('w', { a: [], b: [] }))
      fail(dag, id, 'a')
      const soft = { id: 'e', type: 'x', needs: [{ task: 'a', kind: 'soft' as const }] }
      dag.expandTask(dag.taskRow(id, 'b'), { tasks: [{ id: 'c', type: 'x', needs: ['a'] }, { id: 'd', type: 'x', needs: ['c'] }, soft] })
      same(statesOf(dag, id), { a: 'failed', b: 'ready', c: 'skipped', d: 'skipped', e: 'ready' })
      drain(dag)
      equal(dag.getWorkflowState(id).state, 'succeeded', 'e went on without a')
    },
  },
  {
    name: 'reuse takes the task that exists, and what it feeds needs it now',
    async run(make) {
      const { dag } = await stage(make)
      const id = dag.startWorkflow(flow('w', { a: [], b: [], join: ['a', 'b'] }))
      const shared = { id: 'shared', type: 'x', reuse: true, feeds: ['join'] }
      equal(dag.expandTask(dag.taskRow(id, 'a'), { tasks: [shared] }), 1)
      equal(dag.expandTask(dag.taskRow(id, 'b'), { tasks: [shared] }), 0)
      succeed(dag, id, 'a', 'shared')
      const more = { id: 'more', type: 'x', needs: ['shared'] }
      equal(dag.expandTask(dag.taskRow(id, 'b'), { tasks: [more, { ...shared, feeds: ['join', 'more'] }] }), 1)
      same(dag.needs(dag.taskRow(id, 'join')).map((need) => need.id).sort(), ['a', 'b', 'shared'])
      equal(statesOf(dag, id)['more'], 'ready')
      succeed(dag, id, 'b', 'join')
    },
  },
  {
    name: 'a wrong expansion is refused as a whole, with all its problems',
    async run(make) {
      const { dag } = await stage(make)
      const id = dag.startWorkflow(flow('w', { a: [], b: [], c: ['a'] }))
      const token = begin(dag, id, 'a')
      const tasks = [{ id: 'c', type: 'x' }, { id: 'n', type: 'nope', needs: ['gone'], feeds: ['b'] }, { id: 'fine', type: 'x' }]
      const error = fails('WORKFLOW_INVALID', () => dag.completeTask(dag.taskRow(id, 'a'), { expansion: { tasks } }, token))
      const problems = error.details['problems'] as readonly string[]
      for (const path of ['tasks[0].id', 'tasks[1].type', 'tasks[1].needs[0]', 'tasks[1].feeds[0]']) {
        ok(problems.some((problem) => problem.startsWith(path)), `${path} is named`)
      }
      same(statesOf(dag, id), { a: 'running', b: 'ready', c: 'pending' })
    },
  },
  {
    name: 'an expansion that would close a circle is refused, also through tasks that exist',
    async run(make) {
      const { dag } = await stage(make)
      const id = dag.startWorkflow(flow('w', { a: [], b: ['a'], c: ['b'] }))
      const row = dag.taskRow(id, 'a')
      const each = [{ id: 'm', type: 'x', needs: ['n'] }, { id: 'n', type: 'x', needs: ['m'] }]
      const within = fails('WORKFLOW_CYCLE', () => dag.expandTask(row, { tasks: each }))
      same([...(within.details['cycle'] as readonly string[])].sort(), ['m', 'n'])
      const through = fails('WORKFLOW_CYCLE', () => dag.expandTask(row, { tasks: [{ id: 'm', type: 'x', needs: ['c'], feeds: ['b'] }] }))
      same([...(through.details['cycle'] as readonly string[])].sort(), ['b', 'c', 'm'])
      equal(dag.progress(id).total, 3)
    },
  },
]
