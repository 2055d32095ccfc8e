import type { DagTracker, FencingToken, TaskRow } from '@symphony/interface'
import { begin, fail, FAILURE, flow, OTHER_REF, REF, stage, statesOf, succeed, take } from './dag-stage.ts'
import { equal, fails, ok, same } from './expectations.ts'
import type { Case } from './suite.ts'

/** Who may start when, and who is skipped. */
export const orderCases: readonly Case<DagTracker>[] = [
  {
    name: 'a task becomes ready when all it needs has succeeded, not before',
    async run(make) {
      const { dag } = await stage(make)
      const id = dag.startWorkflow(flow('w', { a: [], b: [], c: ['a', 'b'], d: ['c'] }))
      same(take(dag), ['a', 'b'])
      succeed(dag, id, 'a')
      same(take(dag), [])
      succeed(dag, id, 'b')
      same(take(dag), ['c'])
      succeed(dag, id, 'c', 'd')
      equal(dag.getWorkflowState(id).state, 'succeeded')
    },
  },
  {
    name: 'ready tasks are handed out once, first come, first served, and again when they are returned',
    async run(make) {
      const { dag } = await stage(make)
      dag.startWorkflow(flow('w', { a: [], b: [], c: [] }), { id: 'one' })
      dag.startWorkflow('w', { id: 'two' })
      same(take(dag, 4), ['a', 'b', 'c', 'a'])
      same(take(dag), ['b', 'c'])
      same(take(dag), [])
      dag.returnReady(dag.taskRow('one', 'b'))
      dag.returnReady(dag.taskRow('one', 'b'))
      same(take(dag), ['b'])
      begin(dag, 'one', 'b')
      dag.returnReady(dag.taskRow('one', 'b'))
      same(take(dag), [], 'what runs cannot be returned')
    },
  },
  {
    name: 'a soft need waits for an end of any kind, an optional one waits for nothing, a hard one for success',
    async run(make) {
      const { dag } = await stage(make)
      const id = dag.startWorkflow(flow('w', { a: [], hard: ['a'], soft: ['a?'], optional: ['a*'], after: ['hard?'] }))
      same(take(dag), ['a', 'optional'])
      fail(dag, id, 'a')
      same(statesOf(dag, id), { a: 'failed', hard: 'skipped', soft: 'ready', optional: 'ready', after: 'ready' })
    },
  },
  {
    name: 'a failure skips whatever hangs on it, over any distance, also while other needs are open',
    async run(make) {
      const { dag } = await stage(make)
      const id = dag.startWorkflow(flow('w', { a: [], other: [], b: ['a', 'other'], c: ['b'], d: ['c'], e: ['other'] }))
      fail(dag, id, 'a')
      same(statesOf(dag, id), { a: 'failed', other: 'ready', b: 'skipped', c: 'skipped', d: 'skipped', e: 'pending' })
      succeed(dag, id, 'other', 'e')
      equal(dag.getWorkflowState(id).state, 'failed')
      same(dag.getWorkflowState(id).failures, [{ task: 'a', error: FAILURE }])
    },
  },
  {
    name: 'a failure that is allowed, or that somebody goes on without, does not fail the run',
    async run(make) {
      const { dag } = await stage(make)
      const absorbed = dag.startWorkflow(flow('absorbed', { a: [], b: ['a?'] }))
      fail(dag, absorbed, 'a')
      succeed(dag, absorbed, 'b')
      equal(dag.getWorkflowState(absorbed).state, 'succeeded')
      const allowed = dag.startWorkflow(flow('allowed', { a: [], b: ['a'] }, { a: { allowFailure: true } }))
      fail(dag, allowed, 'a')
      equal(dag.getWorkflowState(allowed).state, 'succeeded')
      same(statesOf(dag, allowed), { a: 'failed', b: 'skipped' })
    },
  },
  {
    name: 'skipping a task skips what needs it hard and lets the rest go on',
    async run(make) {
      const { dag } = await stage(make)
      const id = dag.startWorkflow(flow('w', { a: [], b: ['a'], c: ['a?'] }))
      ok(dag.skipTask(dag.taskRow(id, 'a'), 'not needed today'))
      same(statesOf(dag, id), { a: 'skipped', b: 'skipped', c: 'ready' })
      equal(dag.skipTask(dag.taskRow(id, 'a')), false)
      succeed(dag, id, 'c')
      equal(dag.getWorkflowState(id).state, 'succeeded')
    },
  },
]

/** Attempts, their tokens, and ends that stay ends. */
export const attemptCases: readonly Case<DagTracker>[] = [
  {
    name: 'a failed attempt that is made again waits for its time, and the next one has a higher number and token',
    async run(make) {
      const { dag, clock } = await stage(make)
      const id = dag.startWorkflow(flow('w', { a: [] }))
      const row = dag.taskRow(id, 'a')
      const first = begin(dag, id, 'a')
      equal(dag.task(row).attempt, 1)
      dag.failTask(row, FAILURE, { token: first, retryAtMs: clock.nowMs() + 100 })
      equal(dag.nextDueMs(), clock.nowMs() + 100)
      clock.advance(99)
      equal(dag.wakeDue(clock.nowMs()), 0)
      clock.advance(1)
      equal(dag.wakeDue(clock.nowMs()), 1)
      equal(dag.nextDueMs(), undefined)
      ok(begin(dag, id, 'a') > first)
      equal(dag.task(row).attempt, 2)
    },
  },
  {
    name: 'tasks that wait are woken in order of their times',
    async run(make) {
      const { dag, clock } = await stage(make)
      const id = dag.startWorkflow(flow('w', { a: [], b: [], c: [], d: [] }))
      const now = clock.nowMs()
      take(dag)
      for (const [task, inMs] of [['a', 30], ['b', 10], ['c', 20], ['d', 40]] as const) fail(dag, id, task, now + inMs)
      dag.skipTask(dag.taskRow(id, 'c'))
      equal(dag.nextDueMs(), now + 10)
      equal(dag.wakeDue(now + 35), 2)
      same(take(dag), ['b', 'a'])
      equal(dag.nextDueMs(), now + 40)
    },
  },
  {
    name: 'the result of an attempt that was replaced is refused and changes nothing',
    async run(make) {
      const { dag, clock } = await stage(make)
      const id = dag.startWorkflow(flow('w', { a: [], b: ['a'] }))
      const row = dag.taskRow(id, 'a')
      const late = begin(dag, id, 'a')
      dag.failTask(row, FAILURE, { token: late, retryAtMs: clock.nowMs() })
      dag.wakeDue(clock.nowMs())
      const token = begin(dag, id, 'a')
      equal(dag.completeTask(row, { output: REF }, late), false)
      equal(dag.failTask(row, FAILURE, { token: late }), false)
      same(statesOf(dag, id), { a: 'running', b: 'pending' })
      ok(dag.completeTask(row, { output: OTHER_REF }, token))
      equal(dag.completeTask(row, { output: REF }, token), false)
      equal(dag.tasks(id)[0]?.output, OTHER_REF)
    },
  },
  {
    name: 'many attempts begin and end at one time as they would one after the other; the same result twice is taken once',
    async run(make) {
      const { dag, clock } = await stage(make)
      const ids = ['one', 'two'].map((id) => dag.startWorkflow(flow('w', { a: [], b: ['a'], c: ['a', 'b'], d: [], w: ['d'] }, { w: { waitFor: 'go' } }), { id }))
      const rowsOf = (...tasks: readonly string[]): Int32Array => Int32Array.from(ids.flatMap((id) => tasks.map((task) => dag.taskRow(id, task))))
      dag.signalWorkflow('one', 'go')
      const ended: string[] = []
      dag.onRunEnded((_, id) => void ended.push(id))
      const rows = rowsOf('a', 'd', 'b')
      const tokens = new Float64Array(6)
      equal(dag.beginTasks(rows, 6, tokens), 4, 'b waits for a')
      same(Array.from(tokens, (token) => token > 0), [true, true, false, true, true, false])
      const stale = tokens.slice(0, 1)
      dag.failTask(rows[0] as TaskRow, FAILURE, { token: stale[0] as FencingToken, retryAtMs: clock.nowMs() })
      dag.wakeDue(clock.nowMs())
      tokens[0] = dag.beginTask(rows[0] as TaskRow)
      const given = Int32Array.of(rows[0]!, rows[0]!, rows[1]!, rows[3]!, rows[4]!, rows[0]!, rows[3]!)
      const accepted = new Uint8Array(7)
      const tokensGiven = Float64Array.of(stale[0]!, tokens[0], tokens[1]!, tokens[3]!, tokens[4]!, tokens[0], tokens[3]!)
      equal(dag.completeTasks(given, 7, tokensGiven, [OTHER_REF, REF, undefined, REF, undefined, OTHER_REF, OTHER_REF], accepted), 4)
      same([...accepted], [0, 1, 1, 1, 1, 0, 0])
      same(statesOf(dag, 'one'), { a: 'succeeded', b: 'ready', c: 'pending', d: 'succeeded', w: 'succeeded' })
      same(statesOf(dag, 'two'), { a: 'succeeded', b: 'ready', c: 'pending', d: 'succeeded', w: 'waiting' })
      same(dag.tasks('one').map(({ output }) => output), [REF, undefined, undefined, undefined, undefined])
      same(take(dag), ['b', 'b'])
      for (const task of ['b', 'c']) {
        const next = rowsOf(task)
        equal(dag.beginTasks(next, 2, tokens), 2)
        equal(dag.completeTasks(next, 2, tokens, [], accepted), 2)
      }
      same(ended, ['one'])
    },
  },
  {
    name: 'a recalled result completes a ready task that was never begun, and is counted',
    async run(make) {
      const { dag } = await stage(make)
      const id = dag.startWorkflow(flow('w', { a: [], b: ['a'] }))
      ok(dag.completeTask(dag.taskRow(id, 'a'), { output: REF, recalled: true }))
      equal(dag.progress(id).recalled, 1)
      equal(dag.tasks(id)[0]?.recalled, true)
      same(take(dag), ['b'])
    },
  },
  {
    name: 'what a task is not ready for is refused',
    async run(make) {
      const { dag } = await stage(make)
      const id = dag.startWorkflow(flow('w', { a: [], b: ['a'] }))
      fails('TASK_STATE', () => begin(dag, id, 'b'))
      fails('TASK_STATE', () => dag.completeTask(dag.taskRow(id, 'b')))
      begin(dag, id, 'a')
      fails('TASK_STATE', () => begin(dag, id, 'a'))
    },
  },
  {
    name: 'final states never change',
    async run(make) {
      const { dag } = await stage(make)
      const id = dag.startWorkflow(flow('w', { a: [], b: [], c: ['b'], d: [] }))
      succeed(dag, id, 'a')
      fail(dag, id, 'b')
      dag.cancelWorkflow(id)
      const before = statesOf(dag, id)
      same(before, { a: 'succeeded', b: 'failed', c: 'skipped', d: 'cancelled' })
      for (const task of Object.keys(before)) {
        const row = dag.taskRow(id, task)
        equal(dag.completeTask(row), false)
        equal(dag.failTask(row, FAILURE), false)
        equal(dag.skipTask(row), false)
        fails('TASK_STATE', () => dag.beginTask(row))
        fails('TASK_STATE', () => dag.expandTask(row, { tasks: [{ id: 'late', type: 'x' }] }))
      }
      same(statesOf(dag, id), before)
    },
  },
]
