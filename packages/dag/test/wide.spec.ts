import { createDagTracker } from '@symphony/dag'
import type { RegionDagTracker } from '@symphony/dag'
import type { DynamicTask, TaskRow, WorkflowSpec } from '@symphony/interface'
import { isSymphonyError } from '@symphony/interface'
import { describe, expect, it } from 'vitest'
import { RecordedLog } from './recorded-log.ts'

const COUNT = 200_000
const LARGE = { tasksMax: 1 << 20, edgesMax: 1 << 20, runsMax: 1024 }
const spec: WorkflowSpec = { name: 'wide', types: [{ name: 'x', run: () => 1 }], tasks: [{ id: 'plan', type: 'x' }, { id: 'join', type: 'x', needs: ['plan'] }] }

function replayed(log: RecordedLog, ...workflows: readonly WorkflowSpec[]): RegionDagTracker {
  const next = log.replayInto(createDagTracker({ ...LARGE, workflows }))
  next.afterRecovery()
  return next
}

function drain(tracker: RegionDagTracker): number {
  const ready = new Int32Array(4096)
  let done = 0
  for (let count = tracker.takeReady(ready); count > 0; count = tracker.takeReady(ready)) {
    for (let at = 0; at < count; at++) tracker.completeTask(ready[at] as TaskRow)
    done += count
  }
  return done
}

describe('a range of tasks', { timeout: 60_000 }, () => {
  it('costs one small command, however wide it is, and comes back from log and snapshot', () => {
    const log = new RecordedLog()
    const tracker = createDagTracker(LARGE, { log })
    const id = tracker.startWorkflow(spec)
    const ranges = [{ prefix: 'page', count: 100_000, type: 'x', params: { dpi: 300 }, needs: ['plan'], feeds: ['join'] }]
    tracker.completeTask(tracker.taskRow(id, 'plan'), { expansion: { tasks: [], ranges } })
    expect(log.commands.at(-1)?.body.length).toBeLessThan(200)
    const row = tracker.taskRow(id, 'page[99999]')
    expect(tracker.task(row)).toMatchObject({ id: 'page[99999]', params: { index: 99_999, of: { dpi: 300 } } })
    for (const none of ['page[100000]', 'page[-1]', 'page[01]', 'page', 'page[1]x', 'pag[1]']) expect(() => tracker.taskRow(id, none)).toThrow('has no task')
    expect(tracker.progress(id)).toMatchObject({ total: 100_002, ready: 100_000 })
    const restored = createDagTracker({ ...LARGE, workflows: [spec] })
    restored.restore(tracker.snapshot())
    expect(restored.stateDigest()).toBe(tracker.stateDigest())
    expect(replayed(log, spec).stateDigest()).toBe(tracker.stateDigest())
    expect(drain(restored)).toBe(100_001)
    expect(restored.getWorkflowState(id).state).toBe('succeeded')
  })

  it('may have ranges in its tasks, whose parts others name', () => {
    const log = new RecordedLog()
    const tracker = createDagTracker(LARGE, { log })
    const id = tracker.startWorkflow(spec)
    const own = (index: number, count: number): object => ({ prefix: `doc[${index}]/page`, count, type: 'x', needs: [`doc[${index}]`], feeds: ['join'] })
    tracker.completeTask(tracker.taskRow(id, 'plan'), { expansion: { tasks: [], ranges: [{ prefix: 'doc', count: 300, type: 'x', feeds: ['join'] }] } })
    for (let index = 0; index < 300; index++) {
      tracker.completeTask(tracker.taskRow(id, `doc[${index}]`), { expansion: { tasks: [], ranges: [own(index, 300) as never] } })
    }
    const pick = { id: 'pick', type: 'x', needs: ['doc[299]/page[0]', 'doc[0]/page[299]'] }
    tracker.expandTask(tracker.taskRow(id, 'join'), { tasks: [pick] })
    expect(tracker.needs(tracker.taskRow(id, 'pick')).map((need) => need.id)).toEqual(pick.needs)
    expect(tracker.progress(id).total).toBe(90_303)
    expect(replayed(log, spec).stateDigest()).toBe(tracker.stateDigest())
    expect(drain(tracker)).toBe(90_002)
  })

  it('is dropped as a whole by a retry of who added it, and may come again', () => {
    const tracker = createDagTracker(LARGE)
    const id = tracker.startWorkflow(spec)
    const expansion = { tasks: [], ranges: [{ prefix: 'p', count: 3, type: 'x', feeds: ['join'] }] }
    tracker.completeTask(tracker.taskRow(id, 'plan'), { expansion })
    tracker.pauseWorkflow(id)
    expect(tracker.retryFrom(id, 'plan')).toBe(2)
    expect(() => tracker.taskRow(id, 'p[1]')).toThrow('has no task')
    tracker.completeTask(tracker.taskRow(id, 'plan'), { expansion: { tasks: [], ranges: [{ prefix: 'p', count: 2, type: 'x', feeds: ['join'] }] } })
    tracker.resumeWorkflow(id)
    expect(drain(tracker)).toBe(3)
    expect(tracker.progress(id).total).toBe(4)
  })

  it('is refused when it takes ids that exist, names what is not there, or closes a circle', () => {
    const tracker = createDagTracker(LARGE)
    const id = tracker.startWorkflow(spec)
    const row = tracker.taskRow(id, 'plan')
    tracker.expandTask(row, { tasks: [{ id: 'p[7]', type: 'x' }], ranges: [{ prefix: 'q', count: 2, type: 'x' }] })
    const problemsOf = (...ranges: readonly object[]): unknown => {
      try {
        return tracker.expandTask(row, { tasks: [{ id: 'z', type: 'x', needs: ['r[0]'] }], ranges: ranges as never })
      } catch (error) {
        return isSymphonyError(error) ? (error.details['problems'] ?? error.details['cycle']) : error
      }
    }
    const rest = { prefix: 'r', count: 2, type: 'x' }
    expect(problemsOf(rest, { prefix: 'p', count: 8, type: 'x' })).toEqual([expect.stringContaining('ranges[1].prefix')])
    expect(problemsOf(rest, { prefix: 'q', count: 1, type: 'x' })).toEqual([expect.stringContaining('ranges[1].prefix')])
    expect(problemsOf({ ...rest, needs: ['r[1]'] })).toEqual([expect.stringContaining('ranges[0].needs[0]')])
    expect(problemsOf({ ...rest, count: 0 })).toEqual([expect.stringContaining('tasks[0].needs[0]')])
    expect(problemsOf({ ...rest, join: { atLeast: 2 }, needs: ['plan'] })).toEqual([expect.stringContaining('ranges[0].join')])
    expect(problemsOf({ ...rest, needs: ['z'] })).toEqual(expect.arrayContaining(['z', 'r[0]']))
    expect(problemsOf({ ...rest, needs: ['join'], feeds: ['join'] })).toEqual(expect.arrayContaining(['join']))
    expect(problemsOf(rest)).toBe(3)
  })
})

describe('what is larger than a record', { timeout: 60_000 }, () => {
  it('is logged in parts: a definition of 200,000 tasks', () => {
    const log = new RecordedLog()
    const tasks = Array.from({ length: COUNT }, (_, index) => ({ id: `task number ${index}`, type: 'x', needs: index === 0 ? [] : [`task number ${index - 1}`] }))
    const large = { name: 'large', types: [{ name: 'x', run: (): number => 1 }], tasks }
    const tracker = createDagTracker(LARGE, { log })
    const id = tracker.startWorkflow(large)
    expect(Math.max(...log.commands.map(({ body }) => body.length))).toBeLessThan(300 * 1024)
    tracker.completeTask(tracker.taskRow(id, 'task number 0'))
    const next = replayed(log, large)
    expect(next.stateDigest()).toBe(tracker.stateDigest())
    expect(next.getWorkflowState(id).state).toBe('running')
  })

  it('is logged in parts: an expansion of 200,000 tasks, also ahead of a transaction', () => {
    const expansion = { tasks: Array.from({ length: COUNT }, (_, index): DynamicTask => ({ id: `page number ${index}`, type: 'x', feeds: ['join'] })) }
    for (const isStaged of [false, true]) {
      const log = new RecordedLog(1 << 20)
      const tracker = createDagTracker(LARGE, { log })
      const id = tracker.startWorkflow(spec)
      const row = tracker.taskRow(id, 'plan')
      if (isStaged) tracker.stageExpansion(row, expansion)
      const before = log.commands.length
      if (isStaged) log.transact(() => tracker.completeTask(row, { expansion }))
      else tracker.expandTask(row, expansion)
      expect(log.commands.length - before > 1).toBe(!isStaged)
      expect(replayed(log, spec).stateDigest()).toBe(tracker.stateDigest())
      expect(tracker.progress(id).total).toBe(COUNT + 2)
    }
  })

  it('leaves nothing behind when the process dies before the command that refers to the parts', () => {
    const log = new RecordedLog()
    const big = { tasks: Array.from({ length: 20_000 }, (_, index): DynamicTask => ({ id: `a page with number ${index}`, type: 'x', feeds: ['join'] })) }
    const tracker = createDagTracker(LARGE, { log })
    const id = tracker.startWorkflow(spec)
    const before = tracker.stateDigest()
    tracker.stageExpansion(tracker.taskRow(id, 'plan'), big)
    expect(log.commands.length).toBeGreaterThan(4)
    // The last of the parts is lost with the process; the next one counts them from the start again.
    log.commands.pop()
    const next = createDagTracker({ ...LARGE, workflows: [spec] }, { log })
    log.replayInto(next).afterRecovery()
    expect(next.stateDigest()).toBe(before)
    next.expandTask(next.taskRow(id, 'plan'), { tasks: big.tasks.toReversed() })
    expect(replayed(log, spec).stateDigest()).toBe(next.stateDigest())
  })
})
