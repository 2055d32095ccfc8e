import type { DagTracker, Json, RunId, SchemaResult, WorkflowSpec } from '@symphony/interface'
import { drain, flow, run, stage } from './dag-stage.ts'
import { equal, fails, ok, same } from './expectations.ts'
import type { Case } from './suite.ts'

/** What a definition may say, and which run gets which. */
export const definitionCases: readonly Case<DagTracker>[] = [
  {
    name: 'a definition with problems is refused with all of them, by path',
    async run(make) {
      const { dag } = await stage(make)
      const spec = {
        name: 'w',
        colour: 'red',
        types: [{ name: 'both', run, model: 'm' }, { name: 'x', run, retry: { attempts: 0 } }],
        tasks: [
          { id: 'a', type: 'x', needs: ['a', 'gone', 'b', 'b'] },
          { id: 'a', type: 'nope' },
          { id: 'b' },
          { id: 'c', run, timeoutMs: Number.NaN, neds: [] },
          { id: 'd', needs: [{ task: 'a', kind: 'firm' }], waitFor: 'go' },
        ],
        output: 'z',
      } as unknown as WorkflowSpec
      const problems = fails('WORKFLOW_INVALID', () => dag.defineWorkflow(spec)).details['problems'] as readonly string[]
      const paths = [
        'colour', 'types[0]', 'types[1].retry.attempts', 'tasks[0].needs[0]', 'tasks[0].needs[1]', 'tasks[0].needs[3]', 'tasks[1].id',
        'tasks[1].type', 'tasks[2]', 'tasks[3].timeoutMs', 'tasks[3].neds', 'tasks[4].needs[0].kind', 'output',
      ]
      for (const path of paths) ok(problems.some((problem) => problem.startsWith(`${path}:`)), `${path} is named`)
      equal(problems.length, paths.length)
      equal(dag.template('w'), undefined)
    },
  },
  {
    name: 'a circle is refused and named; an optional need makes none',
    async run(make) {
      const { dag } = await stage(make)
      const spec = flow('w', { start: [], a: ['start', 'c'], b: ['a'], c: ['b?'], end: ['c'] })
      const error = fails('WORKFLOW_CYCLE', () => dag.defineWorkflow(spec))
      same([...(error.details['cycle'] as readonly string[])].sort(), ['a', 'b', 'c'])
      const id = dag.startWorkflow(flow('v', { a: ['b*'], b: ['a'] }))
      drain(dag)
      equal(dag.getWorkflowState(id).state, 'succeeded')
    },
  },
  {
    name: 'the same shape again is the same workflow, another one needs another version',
    async run(make) {
      const { dag } = await stage(make)
      const first = dag.defineWorkflow(flow('w', { a: [], b: ['a'] }))
      equal(dag.defineWorkflow(flow('w', { a: [], b: ['a'] })).hash, first.hash)
      fails('ALREADY_EXISTS', () => dag.defineWorkflow(flow('w', { a: [], b: [] })))
      const second = dag.defineWorkflow({ ...flow('w', { a: [] }), version: '2' })
      ok(second.hash !== first.hash)
      equal(dag.template('w')?.version, '2')
      equal(dag.template('w', '1')?.taskCount, 2)
      equal(dag.tasks(dag.startWorkflow(first)).length, 2)
      equal(dag.tasks(dag.startWorkflow('w')).length, 1)
      fails('WORKFLOW_UNKNOWN', () => dag.startWorkflow('v'))
    },
  },
  {
    name: 'two definitions of one shape keep their own functions in their own runs',
    async run(make) {
      const { dag } = await stage(make)
      const define = (answer: number): RunId => dag.startWorkflow({ name: 'w', tasks: [{ id: 'a', run: () => answer }] })
      const runs = [define(1), define(2)]
      same(runs.map((id) => dag.task(dag.taskRow(id, 'a')).type.run?.(undefined as never)), [1, 2])
      same(runs.map((id) => dag.taskType(dag.columns.taskType[dag.taskRow(id, 'a')] as number).run?.(undefined as never)), [1, 2])
    },
  },
  {
    name: 'a run starts with what the schema of its workflow makes of its input, or not at all',
    async run(make) {
      const { dag } = await stage(make)
      const validate = (value: unknown): SchemaResult<Json> =>
        typeof value === 'number' ? { value: { pages: value } } : { issues: [{ message: 'must be a number', path: ['pages', 0] }, { message: 'must not be this' }] }
      const template = dag.defineWorkflow({ ...flow('w', { a: [] }), inputSchema: { '~standard': { version: 1, vendor: 'test', validate } } })
      for (const workflow of ['w', template, template.spec]) {
        const error = fails('WORKFLOW_INVALID', () => dag.startWorkflow(workflow, { input: 'three' }))
        same(error.details['problems'], ['input.pages[0]: must be a number', 'input: must not be this'])
      }
      fails('WORKFLOW_INVALID', () => dag.startWorkflow('w'))
      equal(dag.runs().length, 0)
      same(dag.runInput(dag.runRow(dag.startWorkflow('w', { input: 3 }))), { pages: 3 })
    },
  },
  {
    name: 'starting again under the same id returns the run that exists',
    async run(make) {
      const { dag } = await stage(make)
      const id = dag.startWorkflow(flow('w', { a: [] }), { id: 'mine', input: { n: 1 }, tenant: 'acme', priority: 3 })
      equal(id, 'mine')
      equal(dag.startWorkflow('w', { id: 'mine', input: { n: 2 } }), 'mine')
      same(dag.runInput(dag.runRow('mine')), { n: 1 })
      equal(dag.runs().length, 1)
      drain(dag)
      equal(dag.startWorkflow('w', { id: 'mine' }), 'mine')
      equal(dag.getWorkflowState('mine').state, 'succeeded')
      fails('ALREADY_EXISTS', () => dag.startWorkflow(flow('v', { a: [] }), { id: 'mine' }))
      const report = dag.getWorkflowState('mine')
      same([report.tenant, report.priority, report.workflow], ['acme', 3, 'w'])
      equal(dag.tenantName(dag.columns.runTenant[report.row] as number), 'acme')
      ok(dag.startWorkflow('w') !== dag.startWorkflow('w'), 'ids that are made up differ')
    },
  },
]
