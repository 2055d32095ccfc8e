import { createDagTracker } from '@symphony/dag'
import type { RegionDagTracker } from '@symphony/dag'
import type { TaskRow, WorkflowSpec } from '@symphony/interface'
import { seededRandom } from '@symphony/ports'
import { describe, expect, it } from 'vitest'
import { RecordedLog } from './recorded-log.ts'

const SIZES = { tasksMax: 1 << 13, edgesMax: 1 << 15, runsMax: 256, keepEndedRuns: 0 }
const LIVES = 1_000_000

/** Each task needs the one before it, and the one before that. */
function chain(length: number, name = `chain-${length}`): WorkflowSpec {
  const needs = (place: number): string[] => [place - 1, place - 2].filter((need) => need >= 0).map((need) => `t${need}`)
  return { name, types: [{ name: 'x', run: () => 1 }], tasks: Array.from({ length }, (_, place) => ({ id: `t${place}`, type: 'x', needs: needs(place) })) }
}

function expectWholeRoom(tracker: RegionDagTracker): void {
  const half = SIZES.tasksMax / 2
  const ids = ['one', 'two'].map((id) => tracker.startWorkflow(chain(half, id), { id }))
  expect(ids.map((id) => tracker.progress(id).total)).toEqual([half, half])
}

describe('a million short runs of mixed sizes', { timeout: 120_000 }, () => {
  it('leave room for two runs of half the table', () => {
    const tracker = createDagTracker(SIZES)
    const random = seededRandom(11)
    // Mostly small ones, and now and then one that takes a large piece of the table.
    const templates = [1, 2, 3, 5, 8, 13, 21, 300, 900].map((length) => tracker.defineWorkflow(chain(length)))
    const held: string[] = []
    for (let life = 0; life < LIVES; life++) {
      const place = Math.floor(random.next() * (life % 500 === 0 ? templates.length : 4))
      held.push(tracker.startWorkflow(templates[place] as (typeof templates)[number]))
      if (held.length > 20) tracker.cancelWorkflow(held.splice(Math.floor(random.next() * held.length), 1)[0] as string)
    }
    for (const id of held) tracker.cancelWorkflow(id)
    expect(tracker.runs()).toEqual([])
    expectWholeRoom(tracker)
  })
})

describe('definitions that come and go', () => {
  it('leave room for two that have half of all edges', () => {
    const log = new RecordedLog()
    const wide = { ...SIZES, tasksMax: SIZES.edgesMax }
    const tracker = createDagTracker(wide, { log })
    for (let life = 0; life < 600; life++) tracker.cancelWorkflow(tracker.startWorkflow(chain(2 + ((life * 37) % 97), `w${life}`)))
    const half = SIZES.edgesMax / 4
    // Twice as many edges as tasks, but for the first two.
    for (const id of ['one', 'two']) tracker.startWorkflow(chain(half + 1, id), { id })
    expect(tracker.runs()).toEqual(['one', 'two'])
    const next = log.replayInto(createDagTracker({ ...wide, tasksMax: wide.tasksMax * 4 }))
    expect(next.stateDigest()).toBe(tracker.stateDigest())
  })
})

describe('a burst', () => {
  it('leaves a snapshot behind that is as small as before, and a restored tracker goes on with the same bytes', () => {
    const log = new RecordedLog()
    const large = { ...SIZES, tasksMax: 1 << 15, edgesMax: 1 << 17 }
    const tracker = createDagTracker(large, { log })
    const small = chain(3)
    tracker.startWorkflow(small, { id: 'stays' })
    const before = tracker.snapshot().length
    const burst = Array.from({ length: 5 }, () => tracker.startWorkflow(chain(4000)))
    for (const id of burst) tracker.cancelWorkflow(id)
    // The definition stays; the rows, which are more, do not.
    expect(tracker.snapshot().length).toBeLessThan(before + 500_000)
    const restored = createDagTracker(large)
    restored.restore(tracker.snapshot())
    restored.afterRecovery()
    const from = log.commands.length
    for (let turn = 0; turn < 60; turn++) tracker.startWorkflow(turn % 3 === 0 ? chain(60) : small, { id: `r${turn}` })
    for (let turn = 0; turn < 60; turn += 2) tracker.cancelWorkflow(`r${turn}`)
    // Comes to lie where the burst was, and needs less of its range.
    tracker.startWorkflow(chain(3000), { id: 'later' })
    const ready = new Int32Array(8)
    for (const task of ready.subarray(0, tracker.takeReady(ready))) tracker.completeTask(task as TaskRow)
    expect(log.replayInto(restored, from).stateDigest()).toBe(tracker.stateDigest())
  })
})
