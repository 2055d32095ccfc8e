import { createDagTracker } from '@symphony/dag'
import type { RegionDagTracker } from '@symphony/dag'
import type { ArtifactRef, ErrorData, NeedKind, TaskRow, WorkflowSpec } from '@symphony/interface'
import { isSymphonyError } from '@symphony/interface'
import { seededRandom, VirtualClock } from '@symphony/ports'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RecordedLog } from './recorded-log.ts'

const KINDS: readonly NeedKind[] = ['hard', 'soft', 'optional']
const FINAL = new Set(['succeeded', 'failed', 'skipped', 'cancelled'])
const failure: ErrorData = { code: 'TASK_FAILED', component: 'test', message: 'as asked', retryable: true, details: {} }
const REF = 'c0'.repeat(32) as ArtifactRef
/** What a call may be refused with: the state does not allow it, which random calls find out. */
const REFUSALS = new Set(['TASK_STATE', 'RUN_ENDED', 'INVALID_ARGUMENT', 'CAPACITY_EXCEEDED', 'WORKFLOW_INVALID', 'WORKFLOW_CYCLE', 'RUN_UNKNOWN', 'NOT_FOUND'])

const shape = fc.array(fc.record({ needs: fc.array(fc.tuple(fc.nat(20), fc.nat(2)), { maxLength: 3 }), nature: fc.nat(9), params: fc.nat(1) }), { minLength: 1, maxLength: 6, size: 'max' })
const steps = fc.array(fc.tuple(fc.nat(23), fc.nat(1000), fc.nat(1000)), { maxLength: 60, size: 'max' })
type Shape = readonly { readonly needs: readonly (readonly [number, number])[]; readonly nature: number; readonly params: number }[]

function specOf(version: string, tasks: Shape): WorkflowSpec {
  return {
    name: 'w',
    version,
    types: [{ name: 'plain', run: () => 1 }, { name: 'tolerated', run: () => 1, allowFailure: true }],
    tasks: tasks.map(({ needs, nature, params }, index) => {
      const picked = new Map(index === 0 ? [] : needs.map(([from, kind]) => [`t${from % index}`, KINDS[kind] as NeedKind]))
      const means = nature === 9 ? { waitFor: 'go' } : { type: nature === 8 ? 'tolerated' : 'plain' }
      return { id: `t${index}`, needs: [...picked].map(([task, kind]) => ({ task, kind })), ...means, ...(params === 0 ? {} : { params }) }
    }),
  }
}

/** Many runs under every change there is, with a log. */
class World {
  readonly clock = new VirtualClock()
  readonly log = new RecordedLog()
  readonly versions: readonly WorkflowSpec[]
  tracker: RegionDagTracker
  #count = 0

  constructor(shapes: readonly Shape[]) {
    this.versions = shapes.map((tasks, index) => specOf(String(index + 1), tasks))
    this.tracker = this.create()
    this.tracker.startWorkflow(this.versions[0] as WorkflowSpec, { id: 'r0' })
  }

  create(): RegionDagTracker {
    return createDagTracker({ tasksMax: 512, edgesMax: 512, runsMax: 32, keepEndedRuns: 6, workflows: this.versions }, { clock: this.clock, log: this.log, random: seededRandom(1) })
  }

  step([kind, a, b]: readonly [number, number, number]): void {
    this.clock.advance(1)
    const runs = this.tracker.runs()
    const id = runs[a % runs.length]
    try {
      if (kind <= 7) this.#work(kind, a)
      else if (kind <= 9 || id === undefined) this.#start(a, b)
      else this.#manage(kind, id, a, b)
    } catch (error) {
      if (!isSymphonyError(error) || !REFUSALS.has(error.code)) throw error
    }
  }

  #work(kind: number, a: number): void {
    const { tracker } = this
    const into = new Int32Array(2)
    for (const task of into.subarray(0, tracker.takeReady(into)) as unknown as TaskRow[]) {
      const token = tracker.beginTask(task)
      if (kind <= 3) tracker.completeTask(task, { output: REF, ...(a % 3 === 0 ? { expansion: { tasks: [{ id: `d${this.#count++}`, type: a % 2 === 0 ? 'plain' : 'tolerated' }] } } : {}) }, token)
      else if (kind === 4) tracker.failTask(task, failure, { token })
      else if (kind === 5) tracker.failTask(task, failure, { token, retryAtMs: this.clock.nowMs() + (a % 5) })
      else if (kind === 6) {
        tracker.startWorkflow(this.versions[a % this.versions.length] as WorkflowSpec, { parent: task })
        tracker.awaitChild(task)
      } else if (a % 2 === 0) tracker.returnReady(task)
    }
  }

  #start(a: number, b: number): void {
    const version = this.versions[a % this.versions.length] as WorkflowSpec
    const options = [
      {},
      { attributes: { number: b, even: b % 2 === 0 } },
      { notBeforeMs: this.clock.nowMs() + (b % 10) },
      { debounce: { key: `k${b % 2}`, waitMs: 5, maxWaitMs: 12 } },
    ][b % 4]
    this.tracker.startWorkflow(version, { id: `r${this.#count++}`, input: b, tenant: `t${a % 3}`, ...options })
  }

  #manage(kind: number, id: string, a: number, b: number): void {
    const { tracker } = this
    const ids = tracker.tasks(id).map((task) => task.id)
    const task = ids[b % ids.length] as string
    const other = ids[(a + b) % ids.length] as string
    if (kind === 10) tracker.cancelWorkflow(id, 'enough')
    else if (kind === 11) tracker.pauseWorkflow(id)
    else if (kind === 12) tracker.resumeWorkflow(id)
    else if (kind === 13) tracker.setAttributes(id, { [`k${a % 4}`]: b % 3 === 0 ? null : b })
    else if (kind === 14) tracker.retryFrom(id, [task, other])
    else if (kind === 15) tracker.rollback(id, b % 2 === 0 ? { toTask: task } : { toMs: this.clock.nowMs() - (b % 20) })
    else if (kind === 16) tracker.forkRun(id, { from: [task, other], id: `f${this.#count++}` })
    else if (kind === 17) tracker.migrateRun(id, this.versions[b % this.versions.length] as WorkflowSpec, ({ task: asked, state }) => (a % 4 === 0 && asked === task ? (state !== undefined && FINAL.has(state) ? 'keep' : { output: REF }) : undefined))
    else if (kind === 18) tracker.signalWorkflow(id, 'go', REF)
    else if (kind === 19) tracker.schedule({ id: `s${a % 2}`, workflow: 'w', everyMs: 100 + (b % 50), overlap: (['allow', 'skip', 'cancel'] as const)[b % 3] as 'skip', catchUp: (['all', 'last', 'none'] as const)[a % 3] as 'last' })
    else if (kind === 20) this.#wait(b)
    else if (kind === 21) this.#endWaits(b)
    else if (kind === 22) this.#crash(b % 2 === 0)
    else if (a % 3 === 0) tracker.unschedule(`s${b % 2}`)
    else if (a % 3 === 1) tracker.skipTask(tracker.taskRow(id, task))
    else tracker.forgetRun(id)
  }

  #wait(b: number): void {
    this.clock.advance((b % 4) * 60)
    this.tracker.wakeDue(this.clock.nowMs())
    const dueMs = this.tracker.nextDueMs()
    if (dueMs !== undefined) expect(dueMs).toBeGreaterThan(this.clock.nowMs())
  }

  #endWaits(b: number): void {
    for (const { task } of this.tracker.orphanedWaits()) {
      if (b % 2 === 0) expect(this.tracker.completeTask(task, { output: REF })).toBe(true)
      else expect(this.tracker.failTask(task, failure)).toBe(true)
    }
  }

  #crash(fromSnapshot: boolean): void {
    const next = this.create()
    if (fromSnapshot) next.restore(this.tracker.snapshot())
    else this.log.replayInto(next)
    next.afterRecovery()
    this.tracker = next
  }

  /** What must hold of every run at every moment, whatever was done to it. */
  check(): void {
    const { tracker } = this
    for (const id of tracker.runs()) {
      const tasks = tracker.tasks(id)
      const report = tracker.getWorkflowState(id)
      const counts: Record<string, number> = { pending: 0, ready: 0, running: 0, waiting: 0, succeeded: 0, failed: 0, skipped: 0, cancelled: 0 }
      for (const { state } of tasks) counts[state]!++
      const { total, recalled, remainingMs: _remaining, ...told } = report.progress
      expect([total, told]).toEqual([tasks.length, counts])
      expect(recalled).toBe(tasks.filter((task) => task.recalled).length)
      const open = tasks.filter(({ state }) => !FINAL.has(state)).length
      expect(tracker.columns.runTasksOpen[report.row]).toBe(open)
      expect(open === 0, id).toBe(FINAL.has(report.state))
      for (const task of tasks) if (task.state === 'pending') this.#checkPending(id, task.id)
    }
  }

  #checkPending(id: string, task: string): void {
    const row = this.tracker.taskRow(id, task)
    const pending = this.tracker.columns.taskPending[row] as number
    const kinds = new Map((this.tracker.taskSpec(row)?.needs ?? []).map((need) => (typeof need === 'string' ? [need, 'hard'] : [need.task, need.kind ?? 'hard'])))
    const unmet = this.tracker.needs(row).filter((need) => kinds.get(need.id) !== 'optional' && !FINAL.has(need.state)).length
    expect(pending, `${id}/${task}`).toBe(unmet)
  }

  /** Another tracker that sees the log alone gets to the same bytes, and so does one that starts from a snapshot. */
  checkReplay(): void {
    expect(this.log.replayInto(this.create()).stateDigest()).toBe(this.tracker.stateDigest())
    const restored = this.create()
    restored.restore(this.tracker.snapshot())
    expect(restored.stateDigest()).toBe(this.tracker.stateDigest())
  }
}

describe('managed runs', () => {
  it('keep their books under every change, and replay to the same bytes', () => {
    fc.assert(
      fc.property(fc.tuple(shape, shape, shape), steps, (shapes, moves) => {
        const world = new World(shapes)
        for (const move of moves) {
          world.step(move)
          world.check()
        }
        world.checkReplay()
      }),
      { numRuns: Number(process.env['DAG_RUNS'] ?? 200), seed: Number(process.env['DAG_SEED'] ?? 20_260_101) },
    )
  })
})
