import { dagSuite, judge } from '@symphony/conformance'
import type { DagTracker, ReplicaSource, Supervised, TaskRow, WorkflowSpec } from '@symphony/interface'
import { describe, expect, it } from 'vitest'
import { setupWith } from './stage.ts'

type Break = (whole: DagTracker) => Partial<DagTracker>
type Toy = readonly [name: string, noticedBy: string, breakIt: Break]

const REPLICA_CASE = 'a replica told the log gives the same snapshot at every point, from the beginning and from any checkpoint on'

/** The optional contract of a tracker that may fail inside. */
const supervised = (broken: Partial<Supervised>): Partial<DagTracker> => broken as Partial<DagTracker>

/** Each toy is ours with one thing wrong, and the case that has to notice. */
const toys: readonly Toy[] = [
  ['hands tasks out twice', 'ready tasks are handed out once, first come, first served, and again when they are returned', (whole) => ({
    takeReady: (into) => {
      const count = whole.takeReady(into)
      for (const task of into.subarray(0, count)) whole.returnReady(task as TaskRow)
      return count
    },
  })],
  ['hands the newest out first', 'ready tasks are handed out once, first come, first served, and again when they are returned', (whole) => ({
    takeReady: (into) => {
      const count = whole.takeReady(into)
      into.subarray(0, count).reverse()
      return count
    },
  })],
  ['believes any token', 'the result of an attempt that was replaced is refused and changes nothing', (whole) => ({
    completeTask: (task, result) => whole.completeTask(task, result),
  })],
  ['takes every result of a batch', 'many attempts begin and end at one time as they would one after the other; the same result twice is taken once', (whole) => ({
    completeTasks: (tasks, count, tokens, outputs, accepted) => {
      whole.completeTasks(tasks, count, tokens, outputs, accepted)
      accepted.fill(1, 0, count)
      return count
    },
  })],
  ['counts no attempt', 'a failed attempt that is made again waits for its time, and the next one has a higher number and token', (whole) => ({
    task: (row) => ({ ...whole.task(row), attempt: 1 }),
  })],
  ['takes everything for critical', 'a task has as much to spare as it may be late without its run being late', (whole) => ({
    slack: (id) => whole.slack(id).map((report) => ({ ...report, slackMs: 0 })),
  })],
  ['wakes too early', 'tasks that wait are woken in order of their times', (whole) => ({ wakeDue: (nowMs) => whole.wakeDue(nowMs + 5) })],
  ['skips instead of failing', 'a failure skips whatever hangs on it, over any distance, also while other needs are open', (whole) => ({
    failTask: (task, _error, options) => (options?.retryAtMs === undefined ? whole.skipTask(task) : whole.failTask(task, _error, options)),
  })],
  ['loses feeds', 'a task adds others in the commit of its success: they hold back what they feed', (whole) => ({
    completeTask: (task, result, token) => {
      const tasks = result?.expansion?.tasks.map(({ feeds: _feeds, ...rest }) => rest)
      return whole.completeTask(task, tasks === undefined ? result : { ...result, expansion: { tasks } }, token)
    },
  })],
  ['adds before it is done', 'a wrong expansion is refused as a whole, with all its problems', (whole) => ({
    completeTask: (task, result, token) => {
      const done = whole.completeTask(task, result?.output === undefined ? {} : { output: result.output }, token)
      if (result?.expansion !== undefined) whole.expandTask(task, result.expansion)
      return done
    },
  })],
  ['pauses in name only', 'a paused run hands nothing out, lets what runs end, and goes on when resumed', () => {
    const paused = new Set<string>()
    return {
      pauseWorkflow: (id) => !paused.has(id) && paused.add(id) !== undefined,
      resumeWorkflow: (id) => paused.delete(id),
    }
  }],
  ['drops early signals', 'a signal ends a wait, its payload is the output, and one that comes early is kept', (whole) => ({
    signalWorkflow: (id, name, payload) => {
      const isAwaited = whole.tasks(id, { state: 'waiting' }).some((task) => whole.task(whole.taskRow(id, task.id)).type.waitFor === name)
      return !isAwaited || whole.signalWorkflow(id, name, payload)
    },
  })],
  ['takes no for yes', 'a signal may say no: the task that waits fails with the reason, what looks at its outcome goes on, and one that comes early is kept', (whole) => ({
    rejectSignal: (id, name) => whole.signalWorkflow(id, name),
  })],
  ['starts the same id anew', 'starting again under the same id returns the run that exists', (whole) => ({
    startWorkflow: (workflow, { id: _id, ...options } = {}) => whole.startWorkflow(workflow, options),
  })],
  ['looks at no input', 'a run starts with what the schema of its workflow makes of its input, or not at all', (whole) => ({
    defineWorkflow: (definition) => {
      const { inputSchema: _inputSchema, ...unchecked } = definition as WorkflowSpec
      return whole.defineWorkflow(unchecked)
    },
  })],
  ['stops at the first problem', 'a definition with problems is refused with all of them, by path', (whole) => ({
    defineWorkflow: (definition) => {
      try {
        return whole.defineWorkflow(definition)
      } catch (error) {
        const problems = (error as { details: { problems: string[] } }).details.problems
        problems.splice(1)
        throw error
      }
    },
  })],
  ['forgets open runs', 'ended runs are kept up to the limit, then forgotten oldest first; open ones never', (whole) => ({
    forgetRun: (id) => (whole.findRun(id) === undefined ? false : (whole.cancelWorkflow(id), whole.forgetRun(id))),
  })],
  ['leaves a row behind now and then', 'the rows of forgotten runs come together again, whatever sizes they had: two runs of half the table fit', (whole) => {
    let starts = 0
    return {
      startWorkflow: (workflow, options) => {
        if (++starts % 100 === 0) whole.startWorkflow({ name: 'stays', tasks: [{ id: 'a', waitFor: 'never' }] })
        return whole.startWorkflow(workflow, options)
      },
      runs: () => whole.runs().filter((id) => whole.getWorkflowState(id).workflow !== 'stays'),
    }
  }],
  ['snapshots what is ephemeral', 'replaying the log leads to the same bytes as living through it', (whole) => ({
    snapshot: () => Uint8Array.of(...whole.snapshot(), whole.runs().filter((id) => whole.progress(id).running > 0).length),
  })],
  ['goes on without its functions', 'a run whose definition is missing after a restart waits until it is defined again', (whole) => ({
    getWorkflowState: (id) => ({ ...whole.getWorkflowState(id), state: 'running' }),
  })],
  ['waits for all where some are enough', 'a join of some needs is ready when enough are met, and skipped when too many have failed', (whole) => ({
    startWorkflow: (spec, options) => {
      const { tasks, ...rest } = spec as WorkflowSpec
      return whole.startWorkflow({ ...rest, tasks: tasks.map(({ join: _join, ...task }) => task) }, options)
    },
  })],
  ['does not look at conditions', 'a condition is looked at when all it names have ended, and decides between ready and skipped', (whole) => ({
    startWorkflow: (spec, options) => {
      const { tasks, ...rest } = spec as WorkflowSpec
      return whole.startWorkflow({ ...rest, tasks: tasks.map(({ when: _when, ...task }) => task) }, options)
    },
  })],
  ['adds without conditions', 'tasks added at run time have conditions too: over tasks of the run and of the same expansion, one by one or in a range', (whole) => ({
    expandTask: (task, { tasks, ranges = [] }) => whole.expandTask(task, {
      tasks: tasks.map(({ when: _when, ...rest }) => rest), ranges: ranges.map(({ when: _when, ...rest }) => rest),
    }),
  })],
  ['goes every way', 'a task goes on only to the dependents it names: for the others it is as if it had been skipped', (whole) => ({
    completeTask: (task, { routes: _routes, ...result } = {}, token) => whole.completeTask(task, result, token),
  })],
  ['lets too little time pass', 'a task that lets time pass succeeds when it is due, without having run', (whole) => ({ wakeDue: (nowMs) => whole.wakeDue(nowMs + 1) })],
  ['waits for ever', 'a wait for a signal that does not come in time fails, one that comes ends it', () => ({ wakeDue: () => 0 })],
  ['forgets that it defaulted', 'a success may stand in for a failure: it is counted and told', (whole) => ({
    completeTask: (task, { defaulted: _defaulted, ...result } = {}, token) => whole.completeTask(task, result, token),
  })],
  ['counts ranges from one', 'a range adds many tasks that know their number, hold back what they feed, and can be named one by one', (whole) => ({
    task: (row) => {
      const view = whole.task(row)
      const params = view.params as { readonly index?: number }
      return typeof params?.index === 'number' ? { ...view, params: { ...params, index: params.index + 1 } } : view
    },
  })],
  ['leaves children behind', 'a run is paused, resumed and cancelled together with everything below it', (whole) => ({
    startWorkflow: (workflow, { parent: _parent, ...options } = {}) => whole.startWorkflow(workflow, options),
  })],
  ['forgets what is waited for', 'an ended child is kept while its task is open, whatever the limit', (whole) => ({
    startWorkflow: (workflow, { parent, ...options } = {}) => whole.startWorkflow(workflow, parent === undefined ? options : { id: 'p/a', ...options }),
  })],
  ['forgets what was undone', 'what a run undoes is marked with its start, until it is set back; each undoing has an id of its own, also when the last was forgotten', (whole) => ({
    tasks: (id, filter) => whole.tasks(id, filter).map((task) => ({ ...task, undone: false })),
  })],
  ['forks in place', 'a fork keeps what is outside the cone, added tasks with it, and leaves the original alone', (whole) => ({
    forkRun: (id, { from }) => (whole.retryFrom(id, from ?? []), id as never),
  })],
  ['edits nothing', 'a fork may be given other outputs: those tasks have succeeded with them, and what depends on them is done again', (whole) => ({
    forkRun: (id, { outputs = {}, ...options }) => whole.forkRun(id, { ...options, from: [...[options.from ?? []].flat(), ...Object.keys(outputs)] }),
  })],
  ['rolls back one task only', 'a run is rolled back to a moment: what ended later, and what depends on it, is done again', (whole) => ({
    rollback: (id, to) => ('toTask' in to ? whole.retryFrom(id, to.toTask) : whole.rollback(id, to)),
  })],
  ['starts delayed runs at once', 'a delayed run exists at once and begins when it is due', (whole) => ({
    startWorkflow: (workflow, { notBeforeMs: _notBeforeMs, ...options } = {}) => whole.startWorkflow(workflow, options),
  })],
  ['never skips', 'while the run before is open, a schedule starts another, skips, or cancels it', (whole) => ({
    schedule: ({ overlap: _overlap, ...spec }) => whole.schedule(spec),
  })],
  ['asks no hook', 'a hook keeps, resets or replaces outcomes, knowing what was decided above', (whole) => ({
    migrateRun: (id, workflow) => whole.migrateRun(id, workflow),
  })],
  ['forgets what it told', 'a watcher that comes back gets everything it missed, also after the end', (whole) => ({
    watch: (id, { fromSequence: _fromSequence, ...options } = {}) => whole.watch(id, options),
  })],
  ['cuts what is large', 'what is larger than a record of the log is taken as anything else, and is there again after a restart', (whole) => ({
    startWorkflow: (workflow, { input, ...options } = {}) =>
      whole.startWorkflow(workflow, { ...options, ...(input === undefined ? {} : { input: typeof input === 'string' ? input.slice(0, 1 << 20) : input }) }),
  })],
  ['mixes tasks up', 'a run\'s stream is read from where a reader was, of all tasks or of one, and ends with the run', (whole) => ({
    stream: (id, { task: _task, ...options } = {}) => whole.stream(id, options),
  })],
  ['finds the oldest first', 'runs are found by what they are and by their attributes, newest first, page by page', (whole) => ({
    findRuns: (query) => ({ ...whole.findRuns(query), runs: whole.findRuns(query).runs.toReversed() }),
  })],
  ['keeps whatever it weighs', 'ended runs are kept up to a weight, the newest in any case, also after a restart', (whole) => ({
    startWorkflow: (workflow, options = {}) => whole.startWorkflow(workflow, { ...options, input: null }),
  })],
  ['forgets in silence', 'listeners hear of definitions, and of runs that are about to be forgotten while they can be asked about', () => ({
    onRunForgotten: () => () => {},
  })],
  ...(['forgetful', 'inattentive'] as const).map((factory): Toy => [`has a replica that is ${factory}`, REPLICA_CASE, ({ replica }) => ({
    replica: { module: new URL('./toy-replicas.ts', import.meta.url).href, factory, init: replica?.init ?? null },
  })]),
  ['has a replica that is too small', REPLICA_CASE, ({ replica }) => ({
    replica: { ...(replica as ReplicaSource), init: { tasksMax: 8, edgesMax: 8, runsMax: 2 } },
  })],
  ['claims a replica and has none', REPLICA_CASE, () => ({ replica: undefined })],
  ['knows no ranges', 'runs are found by ranges, choices and beginnings of their attributes', (whole) => ({
    findRuns: ({ attributes = {}, ...query } = {}) => whole.findRuns({ ...query, attributes: Object.fromEntries(Object.entries(attributes).map(([name, test]) => [name, typeof test === 'object' && test !== null && Object.keys(test).length > 0 ? { prefix: '', ...test, gt: test.gt ?? -Infinity } : test])) }),
  })],
  ['breaks in silence', 'a tracker that has failed inside says so once, refuses changes and questions, and hands nothing out', () => supervised({
    onPanic: () => () => {},
  })],
  ['is not set up anew', 'a tracker that is rebuilt from what it logged is where it was: what ran is ready, and its old token is refused', () => supervised({
    reset: () => {},
  })],
  ['leaves its followers behind', 'who follows a run goes on following it when the tracker is rebuilt, and ends nobody was told of are told once', () => ({
    afterRecovery: () => {},
  })],
  ['sees nothing', 'what should not be in the region is found within as many looks as were asked for', () => supervised({
    checkInvariants: () => undefined,
  })],
  ['forgets what a fork waits for', 'a fork of a run whose workflow is not known waits for it, if that is asked for', (whole) => ({
    forkRun: (id, { whenUndefined: _, ...options }) => whole.forkRun(id, options),
  })],
  ['applies what it only looks at', 'what was logged is told by command, run and task, as of before it, and looking changes nothing', (whole) => ({
    describeCommand: (type, body) => {
      const described = whole.describeCommand?.(type, body)
      if (described !== undefined) whole.applyCommand(type, body, 1 as never)
      return described
    },
  })],
  ['tells watchers nothing of what they lost', 'a slow watcher loses steps and is told, one that aborts hears no more', (whole) => ({
    async *watch(id, options) {
      for await (const step of whole.watch(id, options)) if (step.type !== 'lost') yield step
    },
  })],
]

describe('broken toys', () => {
  it.each(toys)('one that %s fails "%s"', async (_, noticedBy, breakIt) => {
    const setup = setupWith((whole) => {
      const broken = breakIt(whole)
      return new Proxy(whole, {
        get(target, key) {
          const value = (key in broken ? broken : target)[key as keyof DagTracker] as unknown
          return typeof value === 'function' ? value.bind(target) : value
        },
      })
    })
    const noticing = { ...dagSuite, cases: dagSuite.cases.filter(({ name }) => name === noticedBy) }
    expect(await judge(noticing, setup)).toEqual([{ name: noticedBy, outcome: 'failed', reason: expect.any(String) }])
  })

  it('are what fails: the whole one passes each of these cases', async () => {
    const names = new Set(toys.map(([, noticedBy]) => noticedBy))
    const outcomes = await judge({ ...dagSuite, cases: dagSuite.cases.filter(({ name }) => names.has(name)) }, setupWith((whole) => whole))
    expect(outcomes.filter(({ outcome }) => outcome !== 'passed')).toEqual([])
    expect(outcomes).toHaveLength(names.size)
  })
})
