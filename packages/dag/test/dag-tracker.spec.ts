import { createDagTracker, defineWorkflow } from '@symphony/dag'
import type { RegionDagTracker } from '@symphony/dag'
import { EVENTS, TASK_STATES, isSymphonyError } from '@symphony/interface'
import type { ArtifactRef, ErrorData, TaskRow, WorkflowSpec } from '@symphony/interface'
import { VirtualClock } from '@symphony/ports'
import { attachRegion, EventReader, EventRing } from '@symphony/shared-memory'
import { DirectedGraph } from 'graphology'
import { describe, expect, it } from 'vitest'
import { DAG_LAYOUT } from '../src/layout.ts'
import { RecordedLog } from './recorded-log.ts'

const SMALL = { tasksMax: 1024, edgesMax: 1024, runsMax: 64 }
const REF = 'ab'.repeat(32) as ArtifactRef
const failure: ErrorData = { code: 'TASK_FAILED', component: 'test', message: 'as asked', retryable: true, details: {} }
const pair = defineWorkflow('pair').type('x', { run: () => 1 }).task('a', { type: 'x' }).task('b', { type: 'x', needs: ['a'] }).build()

function drain(tracker: RegionDagTracker, each: () => void = () => {}): void {
  const ready = new Int32Array(8)
  for (let count = tracker.takeReady(ready); count > 0; count = tracker.takeReady(ready)) {
    for (const task of ready.subarray(0, count)) {
      const token = tracker.beginTask(task as TaskRow)
      each()
      tracker.completeTask(task as TaskRow, {}, token)
    }
  }
}

describe('events', () => {
  it('tell of the run, of every transition once, of late results and of progress', () => {
    const ring = new EventRing()
    const reader = new EventReader(ring.region.buffer)
    const tracker = createDagTracker(SMALL, { events: ring })
    const id = tracker.startWorkflow(pair)
    const [a, b] = [tracker.taskRow(id, 'a'), tracker.taskRow(id, 'b')]
    const token = tracker.beginTask(a)
    tracker.progressTask(a, 0.25)
    tracker.completeTask(a, { expansion: { tasks: [{ id: 'c', type: 'x', feeds: ['b'] }] } }, token)
    tracker.completeTask(a, {}, token)
    const c = tracker.taskRow(id, 'c')
    tracker.completeTask(c)
    tracker.pauseWorkflow(id)
    tracker.failTask(b, failure)
    const { PENDING, READY, RUNNING, SUCCEEDED, FAILED } = TASK_STATES
    const seen: number[][] = []
    reader.read(({ type, subject, a: first, b: second }) => seen.push([type, subject, first, second]))
    expect(seen).toEqual([
      [EVENTS.RUN_STARTED, 0, 2, 0],
      [EVENTS.TASK_TRANSITION, a, PENDING * 16 + READY, 0],
      [EVENTS.TASK_TRANSITION, a, READY * 16 + RUNNING, 0],
      [EVENTS.TASK_PROGRESS, a, 250, 0],
      [EVENTS.RUN_EXPANDED, 0, 1, 0],
      [EVENTS.TASK_TRANSITION, c, PENDING * 16 + READY, 0],
      [EVENTS.TASK_TRANSITION, a, RUNNING * 16 + SUCCEEDED, 0],
      [EVENTS.TASK_LATE_RESULT, a, 1, 0],
      [EVENTS.TASK_TRANSITION, c, READY * 16 + SUCCEEDED, 0],
      [EVENTS.TASK_TRANSITION, b, PENDING * 16 + READY, 0],
      [EVENTS.RUN_STATE, 0, 1, 0],
      [EVENTS.TASK_TRANSITION, b, READY * 16 + FAILED, 0],
      [EVENTS.RUN_ENDED, 0, 5, 0],
    ])
  })

  it('of one change, and of a batch, are shown together; also when the batch throws', () => {
    const steps: string[] = []
    const events = { publish: () => steps.push('e'), hold: () => steps.push('('), show: () => steps.push(')') }
    const tracker = createDagTracker(SMALL, { events })
    const wide = { ...pair, name: 'wide', tasks: [...pair.tasks, { id: 'c', type: 'x', needs: ['a'] }] }
    const id = tracker.startWorkflow(wide)
    tracker.completeTask(tracker.taskRow(id, 'a'))
    expect(steps.splice(0).join('')).toBe('(ee)(eee)')
    const both = (): void => {
      for (const task of ['b', 'c']) tracker.completeTask(tracker.taskRow(id, task))
    }
    tracker.batch(both)
    expect(steps.splice(0).join('')).toBe('(eee)')
    expect(() => tracker.batch(() => {
      throw new Error('as asked')
    })).toThrow('as asked')
    tracker.completeTask(tracker.taskRow(tracker.startWorkflow(wide), 'a'))
    expect(steps.join('')).toBe('()(ee)(eee)')
  })

  it('are not told again by replay', () => {
    const log = new RecordedLog()
    createDagTracker(SMALL, { log }).startWorkflow(pair)
    const ring = new EventRing()
    log.replayInto(createDagTracker({ ...SMALL, workflows: [pair] }, { events: ring })).afterRecovery()
    expect(ring.sequence).toBe(0)
  })
})

describe('the log', () => {
  it('has a definition once, before its first run, and nothing of what is only defined', () => {
    const log = new RecordedLog()
    const tracker = createDagTracker({ ...SMALL, workflows: [pair] }, { log })
    expect(log.commands).toHaveLength(0)
    tracker.startWorkflow('pair')
    tracker.startWorkflow('pair')
    // The first says that freed ranges of rows are merged.
    expect(log.commands.map(({ type }) => type)).toEqual([20, 2, 4, 4])
  })

  it('gets compound changes of a caller as one record', () => {
    const log = new RecordedLog()
    const tracker = createDagTracker({ ...SMALL, keepEndedRuns: 0 }, { log })
    const id = tracker.startWorkflow(pair)
    tracker.beginTask(tracker.taskRow(id, 'a'))
    const before = log.commands.length
    log.transact(() => {
      tracker.completeTask(tracker.taskRow(id, 'a'), { output: REF })
      tracker.completeTask(tracker.taskRow(id, 'b'), { recalled: true })
    })
    const record = log.commands.slice(before)
    expect(record.map(({ type }) => type)).toEqual([5, 5, 15])
    expect(new Set(record.map(({ lsn }) => lsn)).size).toBe(1)
    expect(log.replayInto(createDagTracker(SMALL)).stateDigest()).toBe(tracker.stateDigest())
  })

  it('is asked before anything changes: a log that refuses leaves the tracker as it was', () => {
    const log = new RecordedLog()
    const tracker = createDagTracker(SMALL, { log })
    const id = tracker.startWorkflow(pair)
    const token = tracker.beginTask(tracker.taskRow(id, 'a'))
    const before = tracker.stateDigest()
    log.append = () => {
      throw new Error('poisoned')
    }
    expect(() => tracker.completeTask(tracker.taskRow(id, 'a'), { output: REF }, token)).toThrow('poisoned')
    expect(() => tracker.startWorkflow(pair)).toThrow('poisoned')
    expect(() => tracker.cancelWorkflow(id)).toThrow('poisoned')
    expect(tracker.stateDigest()).toBe(before)
  })

  it('lets a definition without functions go on after a restart without being defined again', () => {
    const log = new RecordedLog()
    const spec: WorkflowSpec = { name: 'models', tasks: [{ id: 'a', model: 'ocr', params: { page: 1 } }, { id: 'b', waitFor: 'go', needs: ['a'] }] }
    const id = createDagTracker(SMALL, { log }).startWorkflow(spec)
    const next = log.replayInto(createDagTracker(SMALL, { log }))
    next.afterRecovery()
    expect(next.getWorkflowState(id).state).toBe('running')
    const view = next.task(next.taskRow(id, 'a'))
    expect([view.type.model, view.params]).toEqual(['ocr', { page: 1 }])
    expect(next.taskSpec(view.row)?.id).toBe('a')
  })
})

describe('definitions', () => {
  it('come from a graphology graph and go back to one', () => {
    const graph = new DirectedGraph()
    graph.setAttribute('name', 'drawn')
    graph.setAttribute('output', 'b')
    graph.addNode('a', { run: () => 1, _x: 10 })
    graph.addNode('b', { run: () => 2, params: [1] })
    graph.addEdge('a', 'b', { kind: 'soft' })
    const tracker = createDagTracker(SMALL)
    const template = tracker.defineWorkflow(graph)
    expect([template.name, template.taskCount, template.edgeCount]).toEqual(['drawn', 2, 1])
    const again = tracker.exportGraph(template)
    expect(again.getEdgeAttributes('a', 'b')).toEqual({ kind: 'soft' })
    expect(createDagTracker(SMALL).defineWorkflow(again).hash).toBe(template.hash)
    graph.addEdge('b', 'a')
    expect(() => tracker.defineWorkflow(graph)).toThrow(expect.objectContaining({ code: 'WORKFLOW_CYCLE' }))
  })

  it('have a hash of their shape: not of functions, knobs or the order of keys', () => {
    const hash = (over: object): string => createDagTracker(SMALL).defineWorkflow({ name: 'w', tasks: [{ id: 'a', run: () => 1, params: { x: 1, y: 2 }, ...over }] }).hash
    expect(hash({ run: () => 2, timeoutMs: 5, params: { y: 2, x: 1 } })).toBe(hash({}))
    for (const other of [{ version: '2' }, { params: { x: 2, y: 2 } }, { id: 'b' }, { allowFailure: true }]) expect(hash(other)).not.toBe(hash({}))
  })

  it('that nobody runs make room for new ones', () => {
    const tracker = createDagTracker({ ...SMALL, edgesMax: 4, keepEndedRuns: 1 })
    for (let turn = 0; turn < 20; turn++) {
      const id = tracker.startWorkflow({ ...pair, name: `w${turn}`, tasks: [...pair.tasks, { id: 'c', type: 'x', needs: ['a', 'b'] }] })
      drain(tracker)
      expect(tracker.getWorkflowState(id).state).toBe('succeeded')
    }
  })

  it('may be built step by step', () => {
    const spec = defineWorkflow('ocr', '3').type('page', { model: 'm', retry: { attempts: 3 } }).task('scan', { run: () => 1 }).task('read', { type: 'page', needs: ['scan'] }).output('read').build()
    expect(createDagTracker(SMALL).defineWorkflow(spec)).toMatchObject({ name: 'ocr', version: '3', taskCount: 2, edgeCount: 1 })
    // @ts-expect-error a need that was not named before
    expect(() => createDagTracker(SMALL).defineWorkflow(defineWorkflow('w').task('a', { run: () => 1, needs: ['b'] }).build())).toThrow('no task "b"')
  })
})

describe('time', () => {
  it('a run is measured by what was known when it began: its path and its slack agree, whatever was learned since', () => {
    const clock = new VirtualClock()
    const tracker = createDagTracker(SMALL, { clock })
    const first = tracker.startWorkflow(pair)
    tracker.pauseWorkflow(first)
    tracker.startWorkflow(pair)
    drain(tracker, () => clock.advance(50))
    const third = tracker.startWorkflow(pair)
    expect([first, third].map((id) => tracker.criticalPath(id).lengthMs)).toEqual([2, 100])
    expect(tracker.slack(first)).toEqual([{ task: 'a', earliestMs: 0, slackMs: 0 }, { task: 'b', earliestMs: 1, slackMs: 0 }])
    expect(tracker.slack(third)).toEqual([{ task: 'a', earliestMs: 0, slackMs: 0 }, { task: 'b', earliestMs: 50, slackMs: 0 }])
  })

  it('is learned: ranks and the time that remains follow what attempts took', () => {
    const clock = new VirtualClock()
    const tracker = createDagTracker(SMALL, { clock })
    const first = tracker.startWorkflow(pair)
    expect(tracker.progress(first).remainingMs).toBeUndefined()
    expect(tracker.criticalPath(first)).toEqual({ tasks: ['a', 'b'], lengthMs: 2 })
    drain(tracker, () => clock.advance(50))
    const second = tracker.startWorkflow(pair)
    expect(tracker.criticalPath(second)).toEqual({ tasks: ['a', 'b'], lengthMs: 100 })
    expect(tracker.progress(second).remainingMs).toBe(100)
    tracker.beginTask(tracker.taskRow(second, 'a'))
    clock.advance(50)
    tracker.completeTask(tracker.taskRow(second, 'a'))
    expect(tracker.progress(second).remainingMs).toBe(50)
  })

  it('is asked once a batch', () => {
    const clock = new VirtualClock()
    const tracker = createDagTracker(SMALL, { clock })
    const id = tracker.startWorkflow(pair)
    tracker.batch(() => drain(tracker, () => clock.advance(7)))
    expect(tracker.tasks(id).map(({ startedAtMs, endedAtMs }) => endedAtMs - startedAtMs)).toEqual([0, 0])
  })
})

describe('the region', () => {
  it('is the same bytes for whoever attaches to it', () => {
    const tracker = createDagTracker(SMALL)
    const id = tracker.startWorkflow(pair)
    const { columns } = attachRegion(DAG_LAYOUT, tracker.buffer).tables.tasks
    expect([...columns.state.subarray(0, 2)]).toEqual([TASK_STATES.READY, TASK_STATES.PENDING])
    tracker.beginTask(tracker.taskRow(id, 'a'))
    expect(columns.state[0]).toBe(TASK_STATES.RUNNING)
  })
})

describe('limits', () => {
  it('are checked when a tracker is created', () => {
    try {
      createDagTracker({ taskMax: 5, runsMax: 0 } as never)
      expect.unreachable()
    } catch (error) {
      expect(isSymphonyError(error, 'CONFIG_INVALID')).toBe(true)
      expect((error as { details: unknown }).details).toEqual({ problems: ['taskMax: unknown key; did you mean "tasksMax"?', 'runsMax: must be a whole number from 1 to 268435456, not 0'] })
    }
  })

  it('hold for signals nobody waits for', () => {
    const tracker = createDagTracker(SMALL)
    const id = tracker.startWorkflow(pair)
    for (let index = 0; index < 1024; index++) tracker.signalWorkflow(id, 'go')
    expect(() => tracker.signalWorkflow(id, 'go')).toThrow(expect.objectContaining({ code: 'CAPACITY_EXCEEDED' }))
  })

  it('refuse wrong arguments before anything changes', () => {
    const tracker = createDagTracker(SMALL)
    const id = tracker.startWorkflow(pair)
    const before = tracker.stateDigest()
    const code = (call: () => unknown): string => {
      try {
        call()
      } catch (error) {
        return (error as { code: string }).code
      }
      return 'none'
    }
    expect(code(() => tracker.completeTask(tracker.taskRow(id, 'a'), { output: 'short' as ArtifactRef }))).toBe('INVALID_ARGUMENT')
    expect(code(() => tracker.failTask(tracker.taskRow(id, 'a'), failure, { retryAtMs: Number.NaN }))).toBe('INVALID_ARGUMENT')
    expect(code(() => tracker.startWorkflow('pair', { priority: 1.5 }))).toBe('INVALID_ARGUMENT')
    expect(code(() => tracker.startWorkflow('pair', { ids: 'x' } as never))).toBe('UNKNOWN_KEY')
    expect(tracker.stateDigest()).toBe(before)
  })
})

describe('a closed tracker', () => {
  it('starts and hands out nothing', async () => {
    const tracker = createDagTracker(SMALL)
    tracker.startWorkflow(pair)
    await tracker.close()
    expect(tracker.takeReady(new Int32Array(4))).toBe(0)
    expect(() => tracker.startWorkflow(pair)).toThrow(expect.objectContaining({ code: 'CLOSED' }))
    expect(tracker.health().status).toBe('closed')
  })
})
