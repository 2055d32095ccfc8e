import type { DagTracker } from '@symphony/interface'
import { begin, flow, REF, stage, statesOf, succeed, take } from './dag-stage.ts'
import { equal, fails, ok, same } from './expectations.ts'
import type { Case } from './suite.ts'

/** Tasks that are nothing but time, waits that end, and many tasks at once. */
export const timeCases: readonly Case<DagTracker>[] = [
  {
    name: 'a task that lets time pass succeeds when it is due, without having run',
    needs: ['timers'],
    async run(make) {
      const { dag, clock } = await stage(make)
      const id = dag.startWorkflow(flow('w', { nap: [], after: ['nap'] }, { nap: { delayMs: 100, type: undefined } as never }))
      const row = dag.taskRow(id, 'nap')
      const dueMs = clock.nowMs() + 100
      ok(dag.waitTask(row, dueMs))
      same(statesOf(dag, id), { nap: 'waiting', after: 'pending' })
      same(take(dag), [])
      equal(dag.nextDueMs(), dueMs)
      equal(dag.wakeDue(dueMs - 1), 0)
      fails('TASK_STATE', () => dag.waitTask(row, dueMs))
      clock.advance(100)
      equal(dag.wakeDue(dueMs), 1)
      same(statesOf(dag, id), { nap: 'succeeded', after: 'ready' })
      equal(dag.tasks(id)[0]?.attempt, 0)
      ok(!dag.waitTask(row, dueMs + 1), 'what has ended does not wait')
    },
  },
  {
    name: 'a wait for a signal that does not come in time fails, one that comes ends it',
    needs: ['signals', 'timers'],
    async run(make) {
      const { dag, clock } = await stage(make)
      const spec = flow('w', { go: [], ask: ['go'], mend: ['ask?'] }, { ask: { waitFor: 'answer', timeoutMs: 50 } })
      const [late, early] = [dag.startWorkflow(spec), dag.startWorkflow(spec)]
      equal(dag.nextDueMs(), undefined, 'time runs from when the wait begins')
      clock.advance(1000)
      for (const id of [late, early]) succeed(dag, id, 'go')
      equal(dag.nextDueMs(), clock.nowMs() + 50)
      dag.signalWorkflow(early, 'answer', REF)
      clock.advance(50)
      equal(dag.wakeDue(clock.nowMs()), 1)
      same([statesOf(dag, late), statesOf(dag, early)], [{ go: 'succeeded', ask: 'failed', mend: 'ready' }, { go: 'succeeded', ask: 'succeeded', mend: 'ready' }])
      equal(dag.tasks(late).find((task) => task.id === 'ask')?.error?.code, 'TIMEOUT')
      succeed(dag, late, 'mend')
      dag.retryFrom(late, 'ask')
      equal(dag.nextDueMs(), clock.nowMs() + 50, 'a wait that is begun anew has its whole time')
    },
  },
  {
    name: 'times of tasks are checked with the definition',
    needs: ['timers'],
    async run(make) {
      const { dag } = await stage(make)
      const tasks = [
        { id: 'a', delayMs: -1 }, { id: 'b', cron: '* * * *' }, { id: 'c', cron: '60 * * * *' }, { id: 'd', delayMs: 1, untilMs: 2 },
        { id: 'e', cron: '*/5 0-6,12 1 jan-mar mon' }, { id: 'f', untilMs: () => 5 },
      ]
      const error = fails('WORKFLOW_INVALID', () => dag.defineWorkflow({ name: 'w', tasks }))
      same((error.details['problems'] as readonly string[]).map((problem) => problem.split(':')[0]), ['tasks[0].delayMs', 'tasks[1].cron', 'tasks[2].cron', 'tasks[3]'])
    },
  },
  {
    name: 'a range adds many tasks that know their number, hold back what they feed, and can be named one by one',
    needs: ['ranges'],
    async run(make) {
      const { dag } = await stage(make)
      const id = dag.startWorkflow(flow('w', { plan: [], join: ['plan'] }))
      const ranges = [{ prefix: 'part', count: 300, type: 'y', params: 'p', needs: ['plan'], feeds: ['join'] }]
      const check = { id: 'check', type: 'x', needs: ['part[299]'] }
      ok(dag.completeTask(dag.taskRow(id, 'plan'), { expansion: { tasks: [check], ranges } }, begin(dag, id, 'plan')))
      equal(dag.progress(id).total, 303)
      const row = dag.taskRow(id, 'part[299]')
      same([dag.task(row).id, dag.task(row).params, dag.task(row).type.name], ['part[299]', { index: 299, of: 'p' }, 'y'])
      const inner = { prefix: 'part[299]/line', count: 2, type: 'x', needs: ['part[299]'], feeds: ['check'] }
      ok(dag.completeTask(row, { expansion: { tasks: [], ranges: [inner] } }, begin(dag, id, 'part[299]')))
      succeed(dag, id, 'part[299]/line[0]', 'part[299]/line[1]', 'check')
      equal(statesOf(dag, id)['join'], 'pending')
      succeed(dag, id, ...Array.from({ length: 299 }, (_, index) => `part[${index}]`), 'join')
      equal(dag.getWorkflowState(id).state, 'succeeded')
    },
  },
  {
    name: 'choices, waits and ranges come back from the log as they were',
    needs: ['replayable', 'conditions', 'joins', 'ranges', 'routes', 'timers'],
    async run(make) {
      const { dag, clock, reopen } = await stage(make)
      const spec = flow('w', { pick: [], left: ['pick'], right: ['pick'], any: ['left', 'right'], when: [], ask: ['pick'] }, {
        any: { join: 'any' }, when: { when: 'right.skipped && left.failed' }, ask: { waitFor: 's', timeoutMs: 10 },
      })
      const id = dag.startWorkflow(spec)
      const ranges = [{ prefix: 'r', count: 3, type: 'x', feeds: ['any'] }]
      dag.completeTask(dag.taskRow(id, 'pick'), { routes: ['left', 'ask'], defaulted: true, expansion: { tasks: [], ranges } }, begin(dag, id, 'pick'))
      ok(dag.waitTask(dag.taskRow(id, 'left'), clock.nowMs() + 5))
      const next = await reopen({ workflows: [spec] })
      same([next.tasks(id), next.progress(id)], [dag.tasks(id), dag.progress(id)])
      clock.advance(10)
      equal(next.wakeDue(clock.nowMs()), 2)
      same(statesOf(next, id), {
        pick: 'succeeded', left: 'succeeded', right: 'skipped', any: 'ready', when: 'skipped', ask: 'failed', 'r[0]': 'ready', 'r[1]': 'ready', 'r[2]': 'ready',
      })
    },
  },
]
