import { createDagTracker } from '@symphony/dag'
import type { RegionDagTracker } from '@symphony/dag'
import type { ArtifactRef, TaskSpec, WorkflowSpec } from '@symphony/interface'
import { isSymphonyError } from '@symphony/interface'
import { VirtualClock } from '@symphony/ports'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { RecordedLog } from './recorded-log.ts'

const SMALL = { tasksMax: 1 << 10, edgesMax: 1 << 10, runsMax: 64 }
const REF = 'c0'.repeat(32) as ArtifactRef
const run = (): number => 1
const specOf = (version: string, ...tasks: readonly Omit<TaskSpec, 'run'>[]): WorkflowSpec => ({ name: 'w', version, tasks: tasks.map((task) => ({ run, ...task })) })
const statesOf = (tracker: RegionDagTracker, id: string): object => Object.fromEntries(tracker.tasks(id).map(({ id: task, state }) => [task, state]))

function codeOf(call: () => unknown): string | undefined {
  try {
    call()
  } catch (error) {
    return isSymphonyError(error) ? error.code : String(error)
  }
  return undefined
}

describe('a condition of a task that was added at run time', () => {
  const first: WorkflowSpec = { ...specOf('1', { id: 'a' }, { id: 'b' }, { id: 'c' }), types: [{ name: 'x', run }] }
  const added = { tasks: [{ id: 'mend', type: 'x', when: 'a.failed && b' }, { id: 'go on', type: 'x', when: '!a.failed && b' }] }

  it.each(['fork', 'migration'])('goes along in a %s', (how) => {
    const clock = new VirtualClock()
    const log = new RecordedLog()
    const tracker = createDagTracker(SMALL, { clock, log })
    // Other rows than those of the copy.
    tracker.startWorkflow(specOf('0', { id: 'x' }), { id: 'before' })
    tracker.startWorkflow(first, { id: 'r' })
    tracker.completeTask(tracker.taskRow('r', 'c'), { expansion: added })
    if (how === 'fork') tracker.forkRun('r', { from: 'a', id: 's' })
    else {
      tracker.pauseWorkflow('r')
      tracker.migrateRun('r', { ...specOf('2', { id: 'new' }, { id: 'a' }, { id: 'b' }, { id: 'c' }), types: [{ name: 'x', run }] })
      tracker.resumeWorkflow('r')
    }
    const id = how === 'fork' ? 's' : 'r'
    tracker.completeTask(tracker.taskRow(id, 'a'))
    tracker.completeTask(tracker.taskRow(id, 'b'))
    expect(statesOf(tracker, id)).toMatchObject({ a: 'succeeded', b: 'succeeded', c: 'succeeded', mend: 'skipped', 'go on': 'ready' })
    expect(log.replayInto(createDagTracker(SMALL)).stateDigest()).toBe(tracker.stateDigest())
    const restored = createDagTracker(SMALL)
    restored.restore(tracker.snapshot())
    expect(restored.stateDigest()).toBe(tracker.stateDigest())
  })
})

describe('a migration', () => {
  it('leaves what a task chose as it is, also for a dependent that has changed; what is new is taken', () => {
    const tracker = createDagTracker(SMALL, { clock: new VirtualClock() })
    tracker.startWorkflow(specOf('1', { id: 'choose' }, { id: 'left', needs: ['choose'] }, { id: 'right', needs: ['choose'] }), { id: 'r' })
    tracker.completeTask(tracker.taskRow('r', 'choose'), { routes: ['left'] })
    expect(statesOf(tracker, 'r')).toEqual({ choose: 'succeeded', left: 'ready', right: 'skipped' })
    const next = specOf('2', { id: 'choose' }, { id: 'left', needs: ['choose'] }, { id: 'right', needs: ['choose'], params: 2 }, { id: 'more', needs: ['choose'] })
    expect(tracker.migrateRun('r', next).changed.map(({ task }) => task)).toEqual(['right'])
    expect(statesOf(tracker, 'r')).toEqual({ choose: 'succeeded', left: 'ready', right: 'skipped', more: 'ready' })
  })

  it('of a run that has not begun holds its joins and conditions until it begins', () => {
    const clock = new VirtualClock()
    const log = new RecordedLog()
    const tracker = createDagTracker(SMALL, { clock, log })
    const first = specOf('1', { id: 'a' }, { id: 'b' })
    tracker.startWorkflow(first, { id: 'r', notBeforeMs: clock.nowMs() + 10 })
    const next = specOf('2', { id: 'a' }, { id: 'b' }, { id: 'any', needs: ['a', 'b'], join: 'any' }, { id: 'no', needs: ['a'], when: '!a' }, { id: 'end', needs: ['no'] }, { id: 'open' })
    tracker.migrateRun('r', next, ({ task }) => (task === 'a' || task === 'b' ? { output: REF } : undefined))
    expect(statesOf(tracker, 'r')).toEqual({ a: 'succeeded', b: 'succeeded', any: 'pending', no: 'pending', end: 'pending', open: 'pending' })
    clock.advance(10)
    tracker.wakeDue(clock.nowMs())
    expect(statesOf(tracker, 'r')).toEqual({ a: 'succeeded', b: 'succeeded', any: 'ready', no: 'skipped', end: 'skipped', open: 'ready' })
    expect(log.replayInto(createDagTracker(SMALL)).stateDigest()).toBe(tracker.stateDigest())
  })
})

describe('a run that has not begun', () => {
  it('has nothing ready, whatever is skipped in it or added to it', () => {
    const clock = new VirtualClock()
    const tracker = createDagTracker(SMALL, { clock })
    const spec = { ...specOf('1', { id: 'a' }, { id: 'b', needs: [{ task: 'a', kind: 'soft' }] }), types: [{ name: 'x', run }] }
    tracker.startWorkflow(spec, { id: 'r', notBeforeMs: clock.nowMs() + 10 })
    tracker.skipTask(tracker.taskRow('r', 'a'))
    tracker.expandTask(tracker.taskRow('r', 'b'), { tasks: [{ id: 'c', type: 'x' }] })
    expect(statesOf(tracker, 'r')).toEqual({ a: 'skipped', b: 'pending', c: 'pending' })
    clock.advance(10)
    tracker.wakeDue(clock.nowMs())
    expect(statesOf(tracker, 'r')).toEqual({ a: 'skipped', b: 'ready', c: 'ready' })
  })
})

describe('the input', () => {
  const typed = (inputSchema: NonNullable<WorkflowSpec['inputSchema']>): WorkflowSpec => ({ ...specOf('1', { id: 'a' }), inputSchema })

  it('of a fork, of a start that joins another, and of a schedule is checked too', () => {
    const clock = new VirtualClock()
    const log = new RecordedLog()
    const tracker = createDagTracker(SMALL, { clock, log })
    const spec = typed(v.pipe(v.number(), v.transform((value) => value + 1)) as never)
    tracker.startWorkflow(spec, { id: 'r', input: 1 })
    const debounce = { key: 'k', waitMs: 5 }
    const waiting = tracker.startWorkflow(spec, { input: 5, debounce })
    const before = log.commands.length
    expect(codeOf(() => tracker.forkRun('r', { from: 'a', input: 'text' }))).toBe('WORKFLOW_INVALID')
    expect(codeOf(() => tracker.startWorkflow(spec, { input: 'text', debounce }))).toBe('WORKFLOW_INVALID')
    expect(codeOf(() => tracker.schedule({ id: 's', everyMs: 100, workflow: 'w', input: 'text' }))).toBe('WORKFLOW_INVALID')
    expect(log.commands.length).toBe(before)
    expect(tracker.startWorkflow(spec, { input: 7, debounce })).toBe(waiting)
    const inputs = [tracker.forkRun('r', { from: 'a', id: 'same' }), tracker.forkRun('r', { from: 'a', id: 'other', input: 3 }), waiting].map((id) => tracker.getWorkflowState(id).input)
    expect(inputs).toEqual([2, 4, 8])
  })

  it('of a schedule is checked when it is due, and one that no longer fits starts nothing', () => {
    const clock = new VirtualClock()
    const tracker = createDagTracker(SMALL, { clock })
    tracker.defineWorkflow(typed(v.number()))
    tracker.schedule({ id: 's', everyMs: 100, workflow: 'w', input: 1 })
    tracker.defineWorkflow(typed(v.string()))
    clock.advance(100)
    expect(tracker.wakeDue(clock.nowMs())).toBe(0)
    expect([tracker.runs(), tracker.schedules()[0]?.skipped, tracker.nextDueMs()]).toEqual([[], 1, clock.nowMs() + 100])
  })
})
