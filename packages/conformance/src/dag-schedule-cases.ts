import type { DagTracker, ScheduleSpec } from '@symphony/interface'
import type { MovableClock } from './dag-stage.ts'
import { drain, flow, stage, statesOf, succeed } from './dag-stage.ts'
import { equal, fails, ok, same } from './expectations.ts'
import type { Case } from './suite.ts'

const HOUR = 3_600_000
const spec = flow('w', { a: [], b: ['a'] })

/** Lets so much time pass, waking whenever something is due, as a loop would. */
function pass(dag: DagTracker, clock: MovableClock, forMs: number): void {
  const endMs = clock.nowMs() + forMs
  for (let dueMs = dag.nextDueMs(); dueMs !== undefined && dueMs <= endMs; dueMs = dag.nextDueMs()) {
    clock.advance(Math.max(0, dueMs - clock.nowMs()))
    dag.wakeDue(clock.nowMs())
  }
  clock.advance(endMs - clock.nowMs())
}

const startsOf = (dag: DagTracker): string[] => dag.runs().map((id) => id.replace(/^.*@2026-01-/, '').replace(':00.000Z', ''))

/** Runs that begin later, and runs that are started by the time. */
export const scheduleCases: readonly Case<DagTracker>[] = [
  {
    name: 'a delayed run exists at once and begins when it is due',
    async run(make) {
      const { dag, clock } = await stage(make)
      const dueMs = clock.nowMs() + HOUR
      dag.startWorkflow(spec, { id: 'r', notBeforeMs: dueMs })
      same(statesOf(dag, 'r'), { a: 'pending', b: 'pending' })
      equal(dag.nextDueMs(), dueMs)
      equal(dag.wakeDue(dueMs - 1), 0)
      fails('TASK_STATE', () => (dag.pauseWorkflow('r'), dag.retryFrom('r', 'a')))
      dag.resumeWorkflow('r')
      equal(dag.wakeDue(dueMs), 1)
      same(statesOf(dag, 'r'), { a: 'ready', b: 'pending' })
      equal(dag.nextDueMs(), undefined)
      dag.startWorkflow(spec, { id: 'past', notBeforeMs: clock.nowMs() })
      equal(statesOf(dag, 'past')['a'], 'ready')
      dag.startWorkflow(spec, { id: 'never', notBeforeMs: dueMs })
      dag.cancelWorkflow('never')
      equal(dag.nextDueMs(), undefined)
      fails('INVALID_ARGUMENT', () => dag.startWorkflow(spec, { notBeforeMs: Number.NaN }))
    },
  },
  {
    name: 'starts with one key in quick succession become one run with the newest input, within the longest wait',
    async run(make) {
      const { dag, clock } = await stage(make)
      const debounce = { key: 'k', waitMs: 100, maxWaitMs: 250 }
      const startedMs = clock.nowMs()
      const id = dag.startWorkflow(spec, { input: 1, debounce })
      clock.advance(90)
      equal(dag.startWorkflow(spec, { input: 2, debounce }), id)
      equal(dag.nextDueMs(), startedMs + 190)
      ok(dag.startWorkflow(spec, { input: 9, debounce: { ...debounce, key: 'other' } }) !== id)
      clock.advance(90)
      equal(dag.startWorkflow(spec, { input: 3, debounce }), id)
      dag.wakeDue(startedMs + 249)
      equal(statesOf(dag, id)['a'], 'pending')
      clock.advance(70)
      ok(dag.wakeDue(clock.nowMs()) >= 1)
      equal(dag.getWorkflowState(id).input, 3)
      equal(statesOf(dag, id)['a'], 'ready')
      ok(dag.startWorkflow(spec, { input: 4, debounce }) !== id)
      fails('INVALID_ARGUMENT', () => dag.startWorkflow(spec, { debounce: { key: 'k', waitMs: 0 } }))
    },
  },
  {
    name: 'a schedule starts a run at each of its times, by expression or interval, until it is ended',
    async run(make) {
      const { dag, clock } = await stage(make, { workflows: [spec] })
      ok(dag.schedule({ id: 's', cron: '30 6 * * *', workflow: 'w', input: { daily: true }, tenant: 'acme' }))
      equal(dag.schedule({ id: 's', cron: '30 6 * * *', workflow: 'w', input: { daily: true }, tenant: 'acme' }), false)
      pass(dag, clock, 48 * HOUR)
      same(startsOf(dag), ['01T06:30', '02T06:30'])
      const [first] = dag.findRuns({ tenant: 'acme' }).runs
      same(dag.getWorkflowState(first?.id as string).input, { daily: true })
      const [report] = dag.schedules()
      same([report?.fired, report?.lastRun, report?.nextMs], [2, first?.id, (first?.startedAtMs as number) + 24 * HOUR])
      ok(dag.schedule({ id: 's', everyMs: HOUR, workflow: 'w' }))
      pass(dag, clock, 2 * HOUR)
      same(startsOf(dag).slice(2), ['03T01:00', '03T02:00'])
      ok(dag.unschedule('s'))
      equal(dag.unschedule('s'), false)
      equal(dag.nextDueMs(), undefined)
      same(dag.schedules(), [])
    },
  },
  {
    name: 'a time zone is kept through the change of its clock',
    async run(make) {
      const { dag, clock } = await stage(make, { workflows: [spec] })
      clock.advance(Date.UTC(2026, 2, 28) - clock.nowMs())
      dag.schedule({ id: 's', cron: '0 9 * * *', timezone: 'Europe/Berlin', workflow: 'w' })
      pass(dag, clock, 48 * HOUR)
      same(dag.runs(), ['s@2026-03-28T08:00:00.000Z', 's@2026-03-29T07:00:00.000Z'])
    },
  },
  {
    name: 'while the run before is open, a schedule starts another, skips, or cancels it',
    async run(make) {
      const { dag, clock } = await stage(make, { workflows: [spec] })
      for (const overlap of ['allow', 'skip', 'cancel'] as const) dag.schedule({ id: overlap, everyMs: HOUR, workflow: 'w', overlap })
      pass(dag, clock, 2 * HOUR)
      const states = (id: string): string[] => dag.runs().filter((run) => run.startsWith(id)).map((run) => dag.getWorkflowState(run).state)
      same(states('allow'), ['running', 'running'])
      same(states('skip'), ['running'])
      same(states('cancel'), ['cancelled', 'running'])
      equal(dag.schedules().find(({ id }) => id === 'skip')?.skipped, 1)
      drain(dag)
      pass(dag, clock, HOUR)
      same(states('skip'), ['succeeded', 'running'])
    },
  },
  {
    name: 'times that passed while nobody was there are caught up as the schedule says',
    async run(make) {
      const { dag, clock } = await stage(make, { workflows: [spec] })
      for (const catchUp of ['all', 'last', 'none'] as const) dag.schedule({ id: catchUp, cron: '@hourly', workflow: 'w', catchUp })
      clock.advance(3.5 * HOUR)
      dag.wakeDue(clock.nowMs())
      same([...dag.runs()].sort(), ['all@2026-01-01T01:00:00.000Z', 'all@2026-01-01T02:00:00.000Z', 'all@2026-01-01T03:00:00.000Z', 'last@2026-01-01T03:00:00.000Z'])
      pass(dag, clock, HOUR)
      same(dag.runs().filter((id) => id.includes('T04')), ['all@2026-01-01T04:00:00.000Z', 'last@2026-01-01T04:00:00.000Z', 'none@2026-01-01T04:00:00.000Z'])
    },
  },
  {
    name: 'schedules that make no sense are refused',
    async run(make) {
      const { dag } = await stage(make, { workflows: [spec] })
      const wrong: readonly Partial<ScheduleSpec>[] = [
        { cron: '61 * * * *' }, { cron: 'daily' }, { cron: '2020-01-01T00:00:00' }, { cron: '0 0 30 2 *' }, {}, { everyMs: 1 }, { everyMs: HOUR, cron: '@daily' },
        { cron: '@daily', timezone: 'Nowhere/Else' }, { everyMs: HOUR, overlap: 'queue' as never }, { everyMs: HOUR, catchUp: 'some' as never }, { everyMs: HOUR, id: '' },
      ]
      for (const part of wrong) fails('INVALID_ARGUMENT', () => dag.schedule({ id: 's', workflow: 'w', ...part }))
      fails('UNKNOWN_KEY', () => dag.schedule({ id: 's', workflow: 'w', everyMs: HOUR, every: 1 } as never))
      fails('WORKFLOW_UNKNOWN', () => dag.schedule({ id: 's', workflow: 'v', everyMs: HOUR }))
      same(dag.schedules(), [])
    },
  },
  {
    name: 'delays and schedules survive a restart: each time happens once, and a missing workflow is waited for',
    needs: ['replayable'],
    async run(make) {
      const { dag, clock, reopen } = await stage(make, { workflows: [spec] })
      dag.schedule({ id: 's', everyMs: HOUR, workflow: 'w', catchUp: 'all' })
      dag.startWorkflow(spec, { id: 'later', notBeforeMs: clock.nowMs() + 1.5 * HOUR })
      const debounce = { key: 'k', waitMs: 10 * HOUR }
      const waiting = dag.startWorkflow(spec, { debounce })
      pass(dag, clock, HOUR)
      const next = await reopen({ workflows: [spec] })
      same(next.snapshot(), dag.snapshot())
      equal(next.startWorkflow(spec, { input: 'newer', debounce }), waiting)
      clock.advance(HOUR)
      next.wakeDue(clock.nowMs())
      same(statesOf(next, 'later'), { a: 'ready', b: 'pending' })
      equal(next.runs().filter((id) => id.startsWith('s@')).length, 2)
      succeed(next, 'later', 'a')
      const without = await reopen()
      clock.advance(HOUR)
      equal(without.wakeDue(clock.nowMs()), 0)
      ok(without.health().reasons.some((reason) => reason.includes('schedule "s"')))
      without.defineWorkflow(spec)
      equal(without.wakeDue(clock.nowMs()), 1)
      equal(without.runs().filter((id) => id.startsWith('s@')).length, 3)
    },
  },
]
