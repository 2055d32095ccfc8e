import type { Condition, DagTracker } from '@symphony/interface'
import { begin, fail, flow, REF, stage, statesOf, succeed, take } from './dag-stage.ts'
import { equal, fails, ok, same } from './expectations.ts'
import type { Case } from './suite.ts'

/** Tasks that do not simply need everything: joins, conditions, routes. */
export const choiceCases: readonly Case<DagTracker>[] = [
  {
    name: 'a join of some needs is ready when enough are met, and skipped when too many have failed',
    needs: ['joins'],
    async run(make) {
      const { dag } = await stage(make)
      const spec = flow('w', { a: [], b: [], c: [], first: ['a', 'b', 'c'], two: ['a', 'b', 'c'], all: ['a', 'b', 'c'] }, {
        first: { join: 'any' }, two: { join: { atLeast: 2 } }, all: { join: 'all' },
      })
      const id = dag.startWorkflow(spec)
      fail(dag, id, 'a')
      same(statesOf(dag, id), { a: 'failed', b: 'ready', c: 'ready', first: 'pending', two: 'pending', all: 'skipped' })
      succeed(dag, id, 'b')
      equal(statesOf(dag, id)['first'], 'ready')
      fail(dag, id, 'c')
      same(statesOf(dag, id), { a: 'failed', b: 'succeeded', c: 'failed', first: 'ready', two: 'skipped', all: 'skipped' })
    },
  },
  {
    name: 'a need that is fed to a join counts among its needs, also when it has ended',
    needs: ['joins', 'expansion'],
    async run(make) {
      const { dag } = await stage(make)
      const id = dag.startWorkflow(flow('w', { a: [], b: [], c: [], two: ['a', 'b'], three: ['b', 'c'] }, { two: { join: { atLeast: 2 } }, three: { join: { atLeast: 2 } } }))
      dag.expandTask(dag.taskRow(id, 'c'), { tasks: [{ id: 'd', type: 'x', feeds: ['two', 'three'] }] })
      fail(dag, id, 'a')
      equal(statesOf(dag, id)['two'], 'pending', 'two of three can still be met')
      succeed(dag, id, 'd', 'b')
      equal(statesOf(dag, id)['two'], 'ready')
      const late = { id: 'late', type: 'x', needs: ['a', 'b', 'd'], join: { atLeast: 2 } }
      dag.expandTask(dag.taskRow(id, 'c'), { tasks: [late, { ...late, id: 'lost', needs: ['a', 'c'] }] })
      same([statesOf(dag, id)['late'], statesOf(dag, id)['lost']], ['ready', 'skipped'])
      const problems = fails('WORKFLOW_INVALID', () => dag.expandTask(dag.taskRow(id, 'c'), { tasks: [{ ...late, id: 'more', join: { atLeast: 4 } }] }))
      ok((problems.details['problems'] as readonly string[])[0]?.startsWith('tasks[0].join'), 'the join is named')
    },
  },
  {
    name: 'a condition is looked at when all it names have ended, and decides between ready and skipped',
    needs: ['conditions'],
    async run(make) {
      const { dag } = await stage(make)
      const ended: Condition = { all: [{ task: 'a', is: 'ended' }, { not: { task: 'b', is: 'succeeded' } }] }
      const spec = flow('w', { a: [], b: [], text: [], data: [], mend: [], after: ['mend?'] }, {
        text: { when: 'a && !b.failed' }, data: { when: ended }, mend: { when: '(a.failed || "b".failed) && b.ended' },
      })
      const id = dag.startWorkflow(spec)
      same(take(dag), ['a', 'b'])
      succeed(dag, id, 'a')
      same(take(dag), [])
      fail(dag, id, 'b')
      same(statesOf(dag, id), { a: 'succeeded', b: 'failed', text: 'skipped', data: 'ready', mend: 'ready', after: 'pending' })
      succeed(dag, id, 'data', 'mend', 'after')
      equal(dag.getWorkflowState(id).state, 'succeeded', 'a failure a condition looks at is absorbed')
      same(dag.needs(dag.taskRow(id, 'text')).map((need) => [need.id, need.state]), [['a', 'succeeded'], ['b', 'failed']])
    },
  },
  {
    name: 'tasks added at run time have conditions too: over tasks of the run and of the same expansion, one by one or in a range',
    needs: ['conditions', 'expansion', 'ranges', 'replayable'],
    async run(make) {
      const { dag, reopen } = await stage(make)
      const spec = flow('w', { a: [], b: [], c: [] })
      const id = dag.startWorkflow(spec, { id: 'r' })
      const problems = fails('WORKFLOW_INVALID', () => dag.expandTask(dag.taskRow(id, 'c'), {
        tasks: [
          { id: 'x', type: 'x', needs: ['a'], when: 'a.failed' }, { id: 'y', type: 'x', when: 'gone' }, { id: 'z', type: 'x', when: 'a', join: 'any' },
          { id: 'self', type: 'x', when: 'self.ended' },
        ],
        ranges: [{ prefix: 'p', count: 2, type: 'x', when: '"p[0]"' }],
      })).details['problems'] as readonly string[]
      same(problems.map((problem) => problem.slice(0, problem.indexOf(':'))).sort(), ['ranges[0].when', 'tasks[0].when', 'tasks[1].when', 'tasks[2].when', 'tasks[3].when'])
      dag.expandTask(dag.taskRow(id, 'c'), {
        tasks: [
          { id: 'mend', type: 'x', when: 'a.failed' }, { id: 'both', type: 'x', when: 'a && b' },
          { id: 'late', type: 'x', needs: ['b'], when: { not: { task: 'mend', is: 'skipped' } } },
        ],
        ranges: [{ prefix: 'each', count: 2, type: 'x', needs: ['b'], when: 'mend' }],
      })
      fail(dag, id, 'a')
      same(statesOf(dag, id), { a: 'failed', b: 'ready', c: 'ready', mend: 'ready', both: 'pending', late: 'pending', 'each[0]': 'pending', 'each[1]': 'pending' })
      const next = await reopen({ workflows: [spec] })
      for (const tracker of [dag, next]) {
        succeed(tracker, id, 'b')
        equal(statesOf(tracker, id)['both'], 'skipped')
        fail(tracker, id, 'mend')
        same([statesOf(tracker, id)['late'], statesOf(tracker, id)['each[1]']], ['ready', 'skipped'])
      }
    },
  },
  {
    name: 'wrong joins and conditions are refused by path',
    needs: ['joins', 'conditions'],
    async run(make) {
      const { dag } = await stage(make)
      const spec = flow('w', { a: [], b: ['a'], c: ['a'], d: ['a*'], e: [], f: ['a'], g: ['a'] }, {
        b: { join: { atLeast: 2 } }, c: { join: 'some' as never }, d: { join: 'any' }, e: { when: 'gone.failed' }, f: { when: 'a.failed' }, g: { when: 'a &&' },
      })
      const error = fails('WORKFLOW_INVALID', () => dag.defineWorkflow(spec))
      const problems = error.details['problems'] as readonly string[]
      for (const path of ['tasks[1].join', 'tasks[2].join', 'tasks[3].join', 'tasks[4].when', 'tasks[5].when', 'tasks[6].when']) {
        ok(problems.some((problem) => problem.startsWith(path)), `${path} is named`)
      }
    },
  },
  {
    name: 'joins and conditions are part of the shape',
    needs: ['joins', 'conditions'],
    async run(make) {
      const { dag } = await stage(make)
      dag.defineWorkflow(flow('w', { a: [], b: ['a'] }))
      fails('ALREADY_EXISTS', () => dag.defineWorkflow(flow('w', { a: [], b: ['a'] }, { b: { join: 'any' } })))
      fails('ALREADY_EXISTS', () => dag.defineWorkflow(flow('w', { a: [], b: ['a'] }, { b: { when: 'a' } })))
    },
  },
  {
    name: 'a task goes on only to the dependents it names: for the others it is as if it had been skipped',
    needs: ['routes', 'joins', 'conditions', 'retryFrom'],
    async run(make) {
      const { dag } = await stage(make)
      const spec = flow('w', { pick: [], left: ['pick'], right: ['pick'], soft: ['pick?'], why: [], join: ['left', 'right'], added: [] }, {
        why: { when: 'pick.skipped' }, join: { join: 'any' },
      })
      const id = dag.startWorkflow(spec)
      const row = dag.taskRow(id, 'pick')
      const token = begin(dag, id, 'pick')
      const error = fails('WORKFLOW_INVALID', () => dag.completeTask(row, { routes: ['left', 'join'] }, token))
      ok((error.details['problems'] as readonly string[])[0]?.startsWith('routes[1]'), 'the route is named')
      equal(statesOf(dag, id)['pick'], 'running', 'a wrong route changes nothing')
      const more = { id: 'more', type: 'x', needs: ['pick'] }
      ok(dag.completeTask(row, { routes: ['left'], output: REF, expansion: { tasks: [more] } }, token))
      same(statesOf(dag, id), {
        pick: 'succeeded', left: 'ready', right: 'skipped', soft: 'ready', why: 'ready', join: 'pending', added: 'ready', more: 'ready',
      })
      const seen = (task: string): readonly unknown[] => dag.needs(dag.taskRow(id, task)).map(({ state, output }) => [state, output])
      same([seen('left'), seen('right'), seen('soft')], [[['succeeded', REF]], [['skipped', undefined]], [['skipped', undefined]]])
      succeed(dag, id, 'left')
      equal(statesOf(dag, id)['join'], 'ready')
      dag.pauseWorkflow(id)
      dag.retryFrom(id, 'pick')
      succeed(dag, id, 'pick')
      same(statesOf(dag, id), { pick: 'succeeded', left: 'ready', right: 'ready', soft: 'ready', why: 'skipped', join: 'pending', added: 'ready' })
    },
  },
  {
    name: 'a success may stand in for a failure: it is counted and told',
    async run(make) {
      const { dag } = await stage(make)
      const id = dag.startWorkflow(flow('w', { a: [], b: ['a'] }))
      ok(dag.completeTask(dag.taskRow(id, 'a'), { output: REF, defaulted: true }, begin(dag, id, 'a')))
      succeed(dag, id, 'b')
      const { succeeded, defaulted } = dag.progress(id)
      same([succeeded, defaulted], [2, 1])
      same(dag.tasks(id).map((task) => task.defaulted), [true, false])
      dag.retryFrom(id, 'a')
      equal(dag.progress(id).defaulted, 0)
    },
  },
]
