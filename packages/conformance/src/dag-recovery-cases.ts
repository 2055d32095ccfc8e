import type { DagTracker, WorkflowSpec } from '@symphony/interface'
import { begin, drain, fail, flow, OTHER_REF, REF, run, stage, statesOf, succeed, take } from './dag-stage.ts'
import { describeAll, undescribed } from './descriptions.ts'
import { equal, fails, ok, same } from './expectations.ts'
import type { Case } from './suite.ts'

/** Rows, limits, forgetting. */
export const keepingCases: readonly Case<DagTracker>[] = [
  {
    name: 'ended runs are kept up to the limit, then forgotten oldest first; open ones never',
    async run(make) {
      const { dag } = await stage(make, { keepEndedRuns: 2 })
      dag.defineWorkflow(flow('w', { a: [] }))
      dag.startWorkflow('w', { id: 'open' })
      take(dag)
      for (const id of ['one', 'two', 'three']) {
        dag.startWorkflow('w', { id })
        drain(dag)
      }
      same(dag.runs(), ['open', 'two', 'three'])
      fails('RUN_UNKNOWN', () => dag.getWorkflowState('one'))
      equal(dag.findRun('one'), undefined)
      equal(dag.forgetRun('open'), false)
      ok(dag.forgetRun('two'))
      equal(dag.forgetRun('two'), false)
      same(dag.runs(), ['open', 'three'])
    },
  },
  {
    name: 'ended runs are kept up to a weight, the newest in any case, also after a restart',
    needs: ['replayable'],
    async run(make) {
      const { dag, reopen } = await stage(make, { keepEndedBytes: 100_000 })
      const spec = flow('w', { a: [] })
      const end = (tracker: DagTracker, id: string, bytes: number): void => {
        tracker.startWorkflow(spec, { id, input: { text: 'x'.repeat(bytes) } })
        drain(tracker)
      }
      for (const id of ['one', 'two', 'three']) end(dag, id, 30_000)
      same(dag.runs(), ['one', 'two', 'three'])
      end(dag, 'four', 30_000)
      same(dag.runs(), ['two', 'three', 'four'])
      dag.retryFrom('four', 'a')
      drain(dag)
      end(dag, 'small', 10)
      same(dag.runs(), ['two', 'three', 'four', 'small'])
      const next = await reopen({ keepEndedBytes: 100_000, workflows: [spec] })
      end(next, 'five', 30_000)
      same(next.runs(), ['three', 'four', 'small', 'five'])
      end(dag, 'huge', 300_000)
      same(dag.runs(), ['huge'])
      dag.startWorkflow(spec, { id: 'open', input: 'x'.repeat(300_000) })
      same(dag.runs(), ['huge', 'open'])
    },
  },
  {
    name: 'many short runs use the same rows again and again, and nothing of one shows in the next',
    async run(make) {
      const { dag } = await stage(make, { tasksMax: 64, edgesMax: 64, runsMax: 8, keepEndedRuns: 3 })
      const spec = flow('w', { a: [], b: ['a'], c: ['b?'] })
      for (let turn = 0; turn < 500; turn++) {
        const id = dag.startWorkflow(spec, { input: turn })
        const untouched = { output: undefined, error: undefined, attempt: 0 }
        const found = dag.tasks(id).map(({ state, output, error, attempt }) => ({ state, output, error, attempt }))
        same(found, ['ready', 'pending', 'pending'].map((state) => ({ state, ...untouched })))
        const expansion = { tasks: [{ id: 'd', type: 'x', needs: ['a'], feeds: ['c'] }] }
        dag.completeTask(dag.taskRow(id, 'a'), { output: REF, expansion }, begin(dag, id, 'a'))
        if (turn % 2 === 0) fail(dag, id, 'b')
        drain(dag)
        equal(dag.progress(id).total, 4)
        equal(dag.getWorkflowState(id).state, 'succeeded')
      }
    },
  },
  {
    name: 'the rows of forgotten runs come together again, whatever sizes they had: two runs of half the table fit',
    async run(make) {
      const { dag } = await stage(make, { tasksMax: 256, edgesMax: 256, runsMax: 64, keepEndedRuns: 0 })
      const chain = (length: number): WorkflowSpec => {
        const ids = Array.from({ length }, (_, place) => `t${place}`)
        return flow(`chain-${length}`, Object.fromEntries(ids.map((id, place) => [id, place === 0 ? [] : [`t${place - 1}`]])))
      }
      const held: string[] = []
      for (let turn = 0; turn < 400; turn++) {
        held.push(dag.startWorkflow(chain(1 + ((turn * 7) % 23))))
        if (held.length < 8) continue
        const [id] = held.splice((turn * 5) % held.length, 1)
        ok(dag.cancelWorkflow(id as string))
      }
      for (const id of held) ok(dag.cancelWorkflow(id))
      same(dag.runs(), [])
      same([128, 127].map((length) => dag.progress(dag.startWorkflow(chain(length))).total), [128, 127])
    },
  },
  {
    name: 'what does not fit is refused with the table that is full, and changes nothing',
    async run(make) {
      const { dag } = await stage(make, { tasksMax: 8, edgesMax: 64, runsMax: 4 })
      const id = dag.startWorkflow(flow('w', { a: [], b: [], c: [], d: [], e: [] }), { id: 'full' })
      ok(fails('CAPACITY_EXCEEDED', () => dag.startWorkflow('w', { id: 'more' })).retryable)
      same(dag.runs(), ['full'])
      const nine = Array.from({ length: 9 }, (_, index) => ({ id: `n${index}`, type: 'x' }))
      fails('CAPACITY_EXCEEDED', () => dag.expandTask(dag.taskRow(id, 'a'), { tasks: nine }))
      equal(dag.progress(id).total, 5)
      drain(dag)
      equal(dag.startWorkflow('w', { id: 'next' }), 'next')
    },
  },
  {
    name: 'ids nobody knows are refused',
    async run(make) {
      const { dag } = await stage(make)
      const calls = [() => dag.progress('r'), () => dag.cancelWorkflow('r'), () => dag.pauseWorkflow('r'), () => dag.retryFrom('r', 'a'), () => dag.watch('r')]
      for (const call of calls) fails('RUN_UNKNOWN', call)
      fails('RUN_UNKNOWN', () => dag.signalWorkflow('r', 's'))
      equal(dag.forgetRun('r'), false)
      const id = dag.startWorkflow(flow('w', { a: [] }))
      fails('NOT_FOUND', () => dag.taskRow(id, 'b'))
    },
  },
]

/** Log, snapshot, restart. */
export const recoveryCases: readonly Case<DagTracker>[] = [
  {
    name: 'replaying the log leads to the same bytes as living through it',
    needs: ['replayable'],
    async run(make) {
      const { dag, clock, reopen } = await stage(make, { keepEndedRuns: 2 })
      const spec = flow('w', { a: [], b: ['a'], c: ['b?'], d: [], e: ['d'] }, { d: { waitFor: 'go' } })
      for (const id of ['one', 'two', 'three', 'four', 'five']) {
        dag.startWorkflow(spec, { id, input: { id }, tenant: id })
        clock.advance(10)
        const expansion = { tasks: [{ id: 'n', type: 'y', params: [1], needs: ['a'], feeds: ['c'] }] }
        dag.completeTask(dag.taskRow(id, 'a'), { output: REF, expansion }, begin(dag, id, 'a'))
        fail(dag, id, 'b', clock.nowMs() + 5)
        clock.advance(10)
        dag.wakeDue(clock.nowMs())
        fail(dag, id, 'b')
        if (id !== 'three') dag.signalWorkflow(id, 'go', OTHER_REF)
        if (id === 'four') dag.pauseWorkflow(id)
        if (id === 'one') drain(dag)
      }
      dag.cancelWorkflow('two', 'enough')
      dag.retryFrom('two', 'a')
      begin(dag, 'two', 'a')
      same((await reopen({ keepEndedRuns: 2, workflows: [spec] })).snapshot(), dag.snapshot())
    },
  },
  {
    name: 'a snapshot restores the whole state, and the log goes on from there',
    needs: ['replayable'],
    async run(make) {
      const spec = flow('w', { a: [], b: ['a'] })
      const { dag } = await stage(make, { workflows: [spec] })
      dag.startWorkflow('w', { id: 'r' })
      succeed(dag, 'r', 'a')
      const { dag: other } = await stage(make, { workflows: [spec] })
      other.restore(dag.snapshot())
      other.afterRecovery?.()
      same(other.snapshot(), dag.snapshot())
      same(take(other), ['b'])
      succeed(other, 'r', 'b')
      equal(other.getWorkflowState('r').state, 'succeeded')
    },
  },
  {
    name: 'after a restart what ran is ready again, what was done stays done, and old tokens are refused',
    needs: ['replayable'],
    async run(make) {
      const { dag, clock, reopen } = await stage(make)
      const spec = flow('w', { a: [], b: ['a'], c: ['a'], d: ['a'] })
      dag.startWorkflow(spec, { id: 'r' })
      dag.completeTask(dag.taskRow('r', 'a'), { output: REF }, begin(dag, 'r', 'a'))
      const old = begin(dag, 'r', 'b')
      fail(dag, 'r', 'c', clock.nowMs() + 50)
      const next = await reopen({ workflows: [spec] })
      same(statesOf(next, 'r'), { a: 'succeeded', b: 'ready', c: 'waiting', d: 'ready' })
      same(take(next).sort(), ['b', 'd'])
      const token = begin(next, 'r', 'b')
      ok(token > old)
      equal(next.completeTask(next.taskRow('r', 'b'), {}, old), false)
      ok(next.completeTask(next.taskRow('r', 'b'), {}, token))
      equal(next.nextDueMs(), clock.nowMs() + 50)
      equal(next.needs(next.taskRow('r', 'b'))[0]?.output, REF)
    },
  },
  {
    name: 'a run whose definition is missing after a restart waits until it is defined again',
    needs: ['replayable'],
    async run(make) {
      const { dag, reopen } = await stage(make)
      const spec = flow('w', { a: [], b: ['a'] })
      dag.startWorkflow(spec, { id: 'r' })
      succeed(dag, 'r', 'a')
      const next = await reopen()
      equal(next.getWorkflowState('r').state, 'quarantined')
      equal(next.health().status, 'degraded')
      same(take(next), [])
      same(next.snapshot(), dag.snapshot())
      next.defineWorkflow({ ...spec, version: '2' })
      same(take(next), [])
      next.defineWorkflow(spec)
      same(take(next), ['b'])
      equal(next.task(next.taskRow('r', 'b')).type.run, run)
      succeed(next, 'r', 'b')
      equal(next.health().status, 'healthy')
    },
  },
  {
    name: 'what is larger than a record of the log is taken as anything else, and is there again after a restart',
    needs: ['replayable'],
    async run(make) {
      const { dag, clock, reopen } = await stage(make)
      const spec = flow('w', { a: [], b: ['a'] })
      const large = (letter: string): string => letter.repeat(3 << 20)
      dag.startWorkflow(spec, { id: 'plain', input: large('p') })
      dag.startWorkflow(spec, { id: 'named', input: large('n'), attributes: { by: 'Ann' } })
      dag.startWorkflow(spec, { id: 'child', input: large('c'), parent: dag.taskRow('plain', 'a') })
      const delayed = dag.startWorkflow(spec, { input: 'first', debounce: { key: 'k', waitMs: 50 } })
      equal(dag.startWorkflow(spec, { input: large('d'), debounce: { key: 'k', waitMs: 50 } }), delayed)
      dag.forkRun('named', { id: 'fork', from: 'a', input: large('f') })
      dag.schedule({ id: 'often', everyMs: 100, workflow: 'w', input: large('s') })
      clock.advance(100)
      dag.wakeDue(clock.nowMs())
      const [fired] = dag.schedules()
      dag.cancelWorkflow('named', large('r'))
      const next = await reopen({ workflows: [spec] })
      const inputs = { plain: 'p', named: 'n', child: 'c', [delayed]: 'd', fork: 'f', [fired?.lastRun as string]: 's' }
      for (const [id, letter] of Object.entries(inputs)) ok(next.getWorkflowState(id).input === large(letter), `the input of ${id} is there`)
      ok(next.getWorkflowState('named').reason === large('r'))
      ok(next.schedules()[0]?.input === large('s'))
      same(next.snapshot(), dag.snapshot())
    },
  },
  {
    name: 'what was logged is told by command, run and task, as of before it, and looking changes nothing',
    needs: ['replayable', 'descriptions'],
    async run(make) {
      const { dag, commands } = await stage(make)
      const { dag: twin } = await stage(make)
      const spec = flow('w', { a: [], b: ['a'], c: ['b?'] })
      dag.startWorkflow(spec, { id: 'one' })
      succeed(dag, 'one', 'a')
      fail(dag, 'one', 'b')
      dag.startWorkflow(spec, { id: 'two', input: { text: 'x'.repeat(3000) }, attributes: { team: 'blue' } })
      dag.cancelWorkflow('two', 'enough')
      succeed(dag, 'one', 'c')
      dag.forkRun('one', { id: 'three', from: 'b' })
      dag.forgetRun('one')
      const described = describeAll(twin, commands())
      const about = (run: string): unknown => described.filter((one) => one.run === run).map(({ task }) => task)
      same([about('one'), about('two'), about('three')], [[undefined, 'a', 'b', 'c', undefined], [undefined, undefined], [undefined]])
      ok(JSON.stringify(described).length < 5000, 'what is large is counted')
      ok(described.some(({ fields }) => fields['reason'] === 'enough'), 'it says why')
    },
  },
  undescribed(),
  {
    name: 'a command nobody knows is refused',
    needs: ['replayable'],
    async run(make) {
      const { dag } = await stage(make)
      fails('LAYOUT_MISMATCH', () => dag.applyCommand(250, new Uint8Array(8), 1 as never))
      fails('LAYOUT_MISMATCH', () => dag.restore(new Uint8Array(64)))
    },
  },
]
