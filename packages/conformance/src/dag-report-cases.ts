import type { ArtifactRef, DagTracker, RunId, Transition } from '@symphony/interface'
import { begin, drain, fail, FAILURE, flow, OTHER_REF, REF, stage, succeed, take } from './dag-stage.ts'
import { equal, ok, same } from './expectations.ts'
import type { Case } from './suite.ts'

/** What others are told. */
export const reportCases: readonly Case<DagTracker>[] = [
  {
    name: 'progress counts, reports and columns tell the same',
    async run(make) {
      const { dag } = await stage(make)
      const id = dag.startWorkflow(flow('w', { a: [], b: ['a'], c: [], d: ['c'], e: [] }))
      dag.completeTask(dag.taskRow(id, 'a'), { output: REF }, begin(dag, id, 'a'))
      fail(dag, id, 'c')
      begin(dag, id, 'e')
      const { total, succeeded, failed, skipped, running, ready } = dag.progress(id)
      same({ total, succeeded, failed, skipped, running, ready }, { total: 5, succeeded: 1, failed: 1, skipped: 1, running: 1, ready: 1 })
      same(dag.tasks(id, { state: 'ready' }).map((task) => task.id), ['b'])
      const { columns } = dag
      equal(columns.taskState[dag.taskRow(id, 'b')], 1)
      equal(columns.taskRun[dag.taskRow(id, 'b')], dag.runRow(id))
      equal(columns.runTasksOpen[dag.runRow(id)], 2)
      const [need] = dag.needs(dag.taskRow(id, 'b'))
      same([need?.id, need?.state, need?.output, need?.error], ['a', 'succeeded', REF, undefined])
      equal(dag.needs(dag.taskRow(id, 'd'))[0]?.error?.message, FAILURE.message)
    },
  },
  {
    name: 'the outputs of a run are those of its last tasks, or of the one it names',
    async run(make) {
      const { dag } = await stage(make)
      const spec = flow('w', { a: [], b: ['a'], c: ['a'] })
      const finish = (id: RunId): Readonly<Record<string, ArtifactRef>> => {
        for (const task of ['a', 'b', 'c']) dag.completeTask(dag.taskRow(id, task), { output: task === 'b' ? OTHER_REF : REF })
        return dag.getWorkflowState(id).outputs
      }
      same(finish(dag.startWorkflow(spec)), { b: OTHER_REF, c: REF })
      same(finish(dag.startWorkflow({ ...spec, name: 'v', output: 'b' })), { b: OTHER_REF })
    },
  },
  {
    name: 'the critical path is the longest that is left',
    async run(make) {
      const { dag } = await stage(make)
      const id = dag.startWorkflow(flow('w', { a: [], b: ['a'], c: ['b'], d: [], e: ['d', 'a'] }, { d: { expectedMs: 1.5 } }))
      same(dag.criticalPath(id), { tasks: ['a', 'b', 'c'], lengthMs: 3 })
      ok((dag.columns.taskRankMs[dag.taskRow(id, 'a')] as number) > (dag.columns.taskRankMs[dag.taskRow(id, 'd')] as number))
      dag.skipTask(dag.taskRow(id, 'a'))
      same(dag.criticalPath(id), { tasks: ['d'], lengthMs: 2.5 })
    },
  },
  {
    name: 'a task has as much to spare as it may be late without its run being late',
    async run(make) {
      const { dag } = await stage(make)
      const id = dag.startWorkflow(flow('w', { a: [], b: ['a'], c: ['b', 'd'], d: [], e: ['d'] }, { a: { expectedMs: 40 }, b: { expectedMs: 30 }, c: { expectedMs: 20 }, d: { expectedMs: 10 }, e: { expectedMs: 5 } }))
      const spare = (): Readonly<Record<string, readonly number[]>> => Object.fromEntries(dag.slack(id).map(({ task, earliestMs, slackMs }) => [task, [earliestMs, slackMs]]))
      same(spare(), { a: [0, 0], b: [40, 0], c: [70, 0], d: [0, 60], e: [10, 75] })
      same(dag.slack(id).map(({ task }) => task), ['a', 'b', 'c', 'd', 'e'])
      succeed(dag, id, 'a', 'b')
      // What is left is c after d: d, which had time to spare, has none any more.
      same(spare(), { d: [0, 0], c: [10, 0], e: [10, 15] })
      succeed(dag, id, 'd', 'c', 'e')
      same(dag.slack(id), [])
    },
  },
  {
    name: 'listeners hear that tasks got ready and that runs ended, at once, until they stop listening',
    async run(make) {
      const { dag } = await stage(make)
      const heard: string[] = []
      const ended = dag.onRunEnded((row, id) => heard.push(`${id} ${dag.runId(row)} ${dag.getWorkflowState(id).state}`))
      const deafen = [dag.onReady(() => heard.push('ready')), ended]
      const id = dag.startWorkflow(flow('w', { a: [], b: ['a'] }), { id: 'r' })
      same(heard, ['ready'])
      take(dag)
      succeed(dag, id, 'a', 'b')
      same(heard, ['ready', 'ready', 'r r succeeded'])
      deafen.forEach((stop) => stop())
      dag.startWorkflow('w')
      equal(heard.length, 3)
    },
  },
  {
    name: 'listeners hear of definitions, and of runs that are about to be forgotten while they can be asked about',
    async run(make) {
      const { dag } = await stage(make, { keepEndedRuns: 1 })
      const heard: string[] = []
      const stops = [
        dag.onDefined(({ name }) => heard.push(`defined ${name}`)),
        dag.onRunForgotten((row, id) => heard.push(`forgotten ${id} ${dag.runId(row)} ${dag.getWorkflowState(id).state}`)),
      ]
      const spec = flow('w', { a: [] })
      dag.defineWorkflow(spec)
      for (const id of ['one', 'two']) {
        dag.startWorkflow('w', { id })
        drain(dag)
      }
      dag.forgetRun('two')
      same(heard, ['defined w', 'forgotten one one succeeded', 'forgotten two two succeeded'])
      for (const stop of stops) stop()
      dag.defineWorkflow(spec)
      equal(heard.length, 3)
    },
  },
  {
    name: 'a listener may start the next run',
    async run(make) {
      const { dag } = await stage(make)
      dag.defineWorkflow(flow('w', { a: [], b: ['a'] }))
      let left = 5
      dag.onRunEnded(() => void (left-- > 0 && dag.startWorkflow('w')))
      dag.startWorkflow('w')
      drain(dag)
      equal(dag.runs().length, 6)
    },
  },
  {
    name: 'a watcher sees every transition in order, then the end',
    async run(make) {
      const { dag } = await stage(make)
      const id = dag.startWorkflow(flow('w', { a: [], b: ['a'] }))
      const watched = dag.watch(id)
      succeed(dag, id, 'a', 'b')
      const seen: Transition[] = []
      for await (const transition of watched) seen.push(transition)
      const texts = seen.map((step) => {
        if (step.type === 'task') return `${step.task} ${step.from} ${step.to}`
        return step.type === 'run' ? `run ${step.state}` : step.type
      })
      same(texts, ['a ready running', 'a running succeeded', 'b pending ready', 'b ready running', 'b running succeeded', 'run succeeded'])
      ok(seen.every((step, index) => index === 0 || step.sequence > (seen[index - 1] as Transition).sequence))
    },
  },
  {
    name: 'a slow watcher loses steps and is told, one that aborts hears no more',
    async run(make) {
      const { dag } = await stage(make)
      const id = dag.startWorkflow(flow('w', Object.fromEntries(Array.from({ length: 4000 }, (_, index) => [`t${index}`, []]))))
      const abort = new AbortController()
      const slow = dag.watch(id)
      const aborted = dag.watch(id, { signal: abort.signal })
      abort.abort()
      drain(dag)
      let lost = 0
      let told = 0
      for await (const step of slow) {
        if (step.type === 'lost') lost += step.events
        else told++
      }
      ok(lost > 0)
      equal(lost + told, 4000 * 2 + 1)
      for await (const step of aborted) throw new Error(`heard ${step.type}`)
    },
  },
]
