import { createDagTracker } from '@symphony/dag'
import type { RegionDagTracker } from '@symphony/dag'
import { typescriptBackend } from '@symphony/dag/for-backends'
import type { FencingToken, RunId, TaskRow, WorkflowSpec } from '@symphony/interface'
import { nativeDag } from '@symphony/native/dag'
import { VirtualClock } from '@symphony/ports'
import { describe, expect, it } from 'vitest'
import { Chance } from './differential/chance.ts'
import { hasNative } from './native-here.ts'

const run = (): number => 1
const SIZES = { tasksMax: 1 << 16, edgesMax: 1 << 17, runsMax: 64 }

/** One task, many that need it, and one that needs them all. */
function fan(width: number): WorkflowSpec {
  const middle = Array.from({ length: width }, (_, at) => `m${at}`)
  return {
    name: `fan-${width}`,
    types: [{ name: 'x', run }],
    tasks: [{ id: 'first', type: 'x' }, ...middle.map((id) => ({ id, type: 'x', needs: ['first'] })), { id: 'last', type: 'x', needs: middle }],
  }
}

/** Two trackers told the same, with one clock. */
function pair(): { readonly clock: VirtualClock; readonly own: RegionDagTracker; readonly native: RegionDagTracker; tell<R>(change: (dag: RegionDagTracker) => R): R } {
  const clock = new VirtualClock()
  const own = createDagTracker(SIZES, { clock })
  const native = createDagTracker(SIZES, { clock })
  native.attachBackend(nativeDag())
  return {
    clock,
    own,
    native,
    tell(change) {
      const result = change(own)
      expect(change(native)).toEqual(result)
      expect(Buffer.from(native.buffer).equals(Buffer.from(own.buffer))).toBe(true)
      return result
    },
  }
}

describe.skipIf(!hasNative)('a tracker on the native backend', () => {
  it('makes changes that are larger than what crosses at once, and gives back rows of a table that was large', () => {
    const { tell, native } = pair()
    const told: number[] = []
    const id = tell((dag) => dag.startWorkflow(fan(20_000), { id: 'large' }))
    tell((dag) => dag.completeTask(dag.taskRow(id, 'first'), {}, dag.beginTask(dag.taskRow(id, 'first'))))
    native.onRunEnded((_, ended) => void told.push(ended === id ? 1 : 0))
    tell((dag) => dag.startWorkflow(fan(3), { id: 'small' }))
    tell((dag) => dag.cancelWorkflow(id))
    expect(told).toEqual([1])
    expect(native.progress(id).cancelled).toBe(20_001)
    tell((dag) => dag.forgetRun(id))
    tell((dag) => dag.startWorkflow(fan(5), { id: 'next' }))
  })

  it('tells watchers every transition of a large change', async () => {
    const { native } = pair()
    const id = native.startWorkflow(fan(2000), { id: 'watched' })
    const seen: string[] = []
    const watching = (async () => {
      for await (const transition of native.watch(id, { fromSequence: 0 })) if (transition.type === 'task') seen.push(transition.task)
    })()
    native.cancelWorkflow(id)
    await watching
    expect(new Set(seen).size).toBe(2002)
  })

  it('leaves runs that have not begun to the tracker', () => {
    const { tell, clock, native } = pair()
    const id = tell((dag) => dag.startWorkflow(fan(3), { id: 'later', notBeforeMs: clock.nowMs() + 100 }))
    tell((dag) => dag.skipTask(dag.taskRow(id, 'first')))
    clock.advance(100)
    tell((dag) => dag.wakeDue(clock.nowMs()))
    expect(native.getWorkflowState(id).state).toBe('succeeded')
  })

  it('is taken away and attached again in the middle of everything, and nobody can tell', () => {
    const { clock, own, native, tell } = pair()
    const chance = new Chance(5)
    const ids: RunId[] = []
    const into = new Int32Array(7)
    const tokens = new Map<number, FencingToken>()
    for (let step = 0; step < 400; step++) {
      if (step % 3 === 0) native.attachBackend(step % 2 === 0 ? nativeDag() : typescriptBackend)
      const workflow = fan(1 + chance.below(30))
      if (step % 40 === 0) ids.push(tell((dag) => dag.startWorkflow(workflow, { id: `run-${step}` })))
      const taken = tell((dag) => dag.takeReady(into))
      for (const task of into.slice(0, taken)) tokens.set(task, tell((dag) => dag.beginTask(task as TaskRow)))
      for (const [task, token] of tokens) {
        if (chance.below(3) === 0) continue
        const isAgain = chance.below(5) === 0
        clock.advance(1)
        if (isAgain) tell((dag) => dag.failTask(task as TaskRow, { code: 'TASK_FAILED', component: 'test', message: 'again', retryable: true, details: {} }, { token, retryAtMs: clock.nowMs() + 3 }))
        else tell((dag) => dag.completeTask(task as TaskRow, {}, token))
        tokens.delete(task)
      }
      tell((dag) => dag.wakeDue(clock.nowMs()))
    }
    expect(ids.map((id) => native.getWorkflowState(id))).toEqual(ids.map((id) => own.getWorkflowState(id)))
    expect(ids.filter((id) => native.getWorkflowState(id).state === 'succeeded').length).toBeGreaterThan(5)
  })
})
