import type { DagTracker, Supervised, SymphonyError, Transition } from '@symphony/interface'
import { begin, flow, stage, statesOf, succeed, take } from './dag-stage.ts'
import { equal, fails, ok, same } from './expectations.ts'
import type { Case } from './suite.ts'

type SupervisedTracker = DagTracker & Supervised & Required<Pick<Supervised, 'reset'>>

const needs = ['supervision', 'replayable']

/** A tracker that finds out that it has failed inside, and lets itself be set up anew. */
export const supervisionCases: readonly Case<DagTracker>[] = [
  {
    name: 'a tracker that has failed inside says so once, refuses changes and questions, and hands nothing out',
    needs: ['supervision'],
    async run(make) {
      const dag = (await stage(make)).dag as SupervisedTracker
      dag.startWorkflow(flow('w', { a: [], b: [] }), { id: 'one' })
      const token = begin(dag, 'one', 'a')
      const row = dag.taskRow('one', 'a')
      const heard: SymphonyError[] = []
      dag.onPanic((error) => heard.push(error))
      const silent = dag.onPanic(() => ok(false, 'who has left is told nothing'))
      silent()
      dag.quarantine('somebody broke it')
      dag.quarantine('and again')
      equal(heard.length, 1, 'told once')
      same([heard[0]?.code, heard[0]?.retryable], ['BACKEND_PANIC', true])
      const { status, reasons } = dag.health()
      equal(status, 'quarantined')
      ok(reasons.some((reason) => reason.includes('somebody broke it')), 'health says why')
      for (const call of [
        () => dag.startWorkflow('w', { id: 'two' }),
        () => dag.getWorkflowState('one'),
        () => dag.cancelWorkflow('one'),
        () => dag.completeTask(row, {}, token),
        () => dag.failTask(row, { code: 'TASK_FAILED', component: 'suite', message: 'no', retryable: false, details: {} }, { token }),
        () => dag.beginTask(row),
        () => dag.task(row),
      ]) ok(fails('BACKEND_PANIC', call).retryable, 'it may be tried again')
      same(take(dag), [])
    },
  },
  {
    name: 'a tracker that is rebuilt from what it logged is where it was: what ran is ready, and its old token is refused',
    needs,
    async run(make) {
      const { dag: tracker, reopen } = await stage(make)
      const dag = tracker as SupervisedTracker
      const spec = flow('w', { a: [], b: ['a'], c: ['b'] })
      dag.startWorkflow(spec, { id: 'one' })
      succeed(dag, 'one', 'a')
      const row = dag.taskRow('one', 'b')
      const token = begin(dag, 'one', 'b')
      const { columns } = dag
      dag.quarantine('somebody broke it')
      const whole = await reopen({ workflows: [spec] })
      dag.reset()
      dag.restore(whole.snapshot())
      dag.afterRecovery?.()
      equal(dag.health().status, 'healthy')
      equal(dag.columns, columns, 'who looks at the columns looks at the same ones')
      equal(dag.taskRow('one', 'b'), row)
      same(statesOf(dag, 'one'), { a: 'succeeded', b: 'ready', c: 'pending' })
      equal(dag.completeTask(row, {}, token), false, 'a result of before is late')
      same(take(dag), ['b'])
      ok(dag.beginTask(row) > token, 'tokens rise')
    },
  },
  {
    name: 'who follows a run goes on following it when the tracker is rebuilt, and ends nobody was told of are told once',
    needs,
    async run(make) {
      const { dag: tracker, reopen } = await stage(make)
      const dag = tracker as SupervisedTracker
      const spec = flow('w', { a: [] })
      for (const id of ['told', 'untold', 'open']) dag.startWorkflow(spec, { id })
      const ended: string[] = []
      dag.onRunEnded((_, id) => void ended.push(id))
      succeed(dag, 'told', 'a')
      const heard: Transition[] = []
      const following = (async () => {
        for await (const transition of dag.watch('untold', { fromSequence: 0 })) heard.push(transition)
      })()
      dag.quarantine('somebody broke it')
      const whole = await reopen({ workflows: [spec] })
      // The command is in the log, and whoever applied it first has failed doing so.
      succeed(whole, 'untold', 'a')
      dag.reset()
      dag.restore(whole.snapshot())
      dag.afterRecovery?.()
      same(ended, ['told', 'untold'])
      await following
      const last = heard.at(-1)
      same([last?.type, last?.type === 'run' && last.state], ['run', 'succeeded'])
      succeed(dag, 'open', 'a')
      same(ended, ['told', 'untold', 'open'])
    },
  },
  {
    name: 'what should not be in the region is found within as many looks as were asked for',
    needs: ['supervision', 'sharedRegion'],
    async run(make) {
      for (const value of [-1, 4, 99]) {
        const dag = (await stage(make)).dag as SupervisedTracker
        dag.startWorkflow(flow('w', { a: [], b: ['a'], c: ['b?'] }), { id: 'one' })
        dag.startWorkflow('w', { id: 'two' })
        succeed(dag, 'one', 'a')
        begin(dag, 'one', 'b')
        for (let look = 0; look < 8; look++) equal(dag.checkInvariants(4), undefined)
        equal((dag.writeMark?.() ?? 0) & 1, 0, 'between two calls nothing is being changed')
        const states = dag.columns.taskState as Int32Array
        states[dag.taskRow('two', 'c')] = value
        const found = [0, 1, 2, 3].map(() => dag.checkInvariants(4)).filter((problem) => problem !== undefined)
        equal(found.length, 1, 'found, and not again')
        equal(dag.health().status, 'quarantined')
      }
    },
  },
]
