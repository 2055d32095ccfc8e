import { createDagTracker } from '@symphony/dag'
import type { RegionDagTracker } from '@symphony/dag'
import type { TaskRow, WorkflowSpec } from '@symphony/interface'
import { VirtualClock } from '@symphony/ports'
import { describe, expect, it } from 'vitest'
import { DueTimes } from '../src/runs/due-times.ts'
import { RecordedLog } from './recorded-log.ts'

const SMALL = { tasksMax: 1 << 12, edgesMax: 1 << 12, runsMax: 1 << 11 }
const spec: WorkflowSpec = { name: 'w', tasks: [{ id: 'a', run: () => 1 }, { id: 'b', run: () => 2, needs: ['a'] }] }

function drain(tracker: RegionDagTracker): void {
  const ready = new Int32Array(8)
  for (let count = tracker.takeReady(ready); count > 0; count = tracker.takeReady(ready)) {
    for (const task of ready.subarray(0, count)) tracker.completeTask(task as TaskRow, {}, tracker.beginTask(task as TaskRow))
  }
}

describe('watching', () => {
  it('keeps nothing of runs nobody watched, and little of those nobody watches any more', async () => {
    const tracker = createDagTracker(SMALL)
    const ids = Array.from({ length: 300 }, () => tracker.startWorkflow(spec))
    const abort = new AbortController()
    for (const id of ids) tracker.watch(id, { signal: abort.signal })
    abort.abort()
    const late = tracker.startWorkflow(spec)
    tracker.watch(late)
    drain(tracker)
    const told: string[] = []
    for (const id of [ids[0] as string, late]) for await (const step of tracker.watch(id, { fromSequence: 1 })) told.push(step.type)
    expect(told).toEqual(['lost', 'task', 'task', 'task', 'task', 'task', 'run'])
  })
})

describe('schedules', () => {
  it('that have much to catch up do it in slices, and wait when there is no room', () => {
    const clock = new VirtualClock()
    const tracker = createDagTracker({ ...SMALL, runsMax: 1500, workflows: [spec] }, { clock })
    tracker.schedule({ id: 's', everyMs: 100, workflow: 'w', catchUp: 'all' })
    clock.advance(200_000)
    expect(tracker.wakeDue(clock.nowMs())).toBe(1000)
    expect(tracker.nextDueMs()).toBeLessThan(clock.nowMs())
    expect(tracker.wakeDue(clock.nowMs())).toBe(500)
    expect(tracker.nextDueMs()).toBe(clock.nowMs() + 1000)
    drain(tracker)
    clock.advance(1000)
    expect(tracker.wakeDue(clock.nowMs())).toBe(510)
  })

  it('tell whoever waits for work that something is due earlier', () => {
    const tracker = createDagTracker({ ...SMALL, workflows: [spec] }, { clock: new VirtualClock() })
    let told = 0
    tracker.onReady(() => told++)
    tracker.schedule({ id: 's', everyMs: 100, workflow: 'w' })
    tracker.startWorkflow(spec, { notBeforeMs: 2 ** 43 })
    expect(told).toBe(2)
  })
})

describe('times that are due', () => {
  it('come in order, moved and removed ones left out, however often they were moved', () => {
    const times = new DueTimes<number>()
    const expected = new Map<number, number>()
    for (let turn = 0; turn < 5000; turn++) {
      const key = (turn * 7919) % 97
      if (turn % 11 === 0) {
        times.delete(key)
        expected.delete(key)
      } else {
        times.set(key, (turn * 104_729) % 1009)
        expected.set(key, (turn * 104_729) % 1009)
      }
    }
    const found: number[] = []
    for (let key = times.due(Infinity); key !== undefined; key = times.due(Infinity)) {
      found.push(key)
      times.delete(key)
    }
    expect(found).toEqual([...expected].sort(([a, aMs], [b, bMs]) => aMs - bMs || a - b).map(([key]) => key))
  })
})

describe('families', () => {
  it('with many ended children that are still needed keep the books bounded and the end of a run cheap', () => {
    const tracker = createDagTracker({ ...SMALL, keepEndedRuns: 2 }, { log: new RecordedLog() })
    const parent = tracker.startWorkflow(spec, { id: 'p' })
    const task = tracker.taskRow(parent, 'a')
    tracker.beginTask(task)
    for (let index = 0; index < 10; index++) tracker.startWorkflow({ ...spec, name: 'c' }, { id: `c${index}`, parent: task })
    drain(tracker)
    expect(tracker.runs()).toHaveLength(11)
    tracker.completeTask(task)
    expect(tracker.runs()).toHaveLength(3)
  })
})
