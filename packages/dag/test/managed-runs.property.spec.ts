import { createDagTracker } from '@symphony/dag'
import type { RegionDagTracker } from '@symphony/dag'
import type { ArtifactRef, DynamicTask, ErrorData, Expansion, Need, NeedKind, StartOptions, TaskReport, TaskRow, TaskStateName, WorkflowSpec } from '@symphony/interface'
import { isSymphonyError } from '@symphony/interface'
import { seededRandom, VirtualClock } from '@symphony/ports'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { conditionOf, earlier, holds, namedIn } from './random-conditions.ts'
import { expectRowsLeftClean } from './freed-rows.ts'
import { RecordedLog } from './recorded-log.ts'

const KINDS: readonly NeedKind[] = ['hard', 'soft', 'optional']
const FINAL = new Set(['succeeded', 'failed', 'skipped', 'cancelled'])
const failure: ErrorData = { code: 'TASK_FAILED', component: 'test', message: 'as asked', retryable: true, details: {} }
const REF = 'c0'.repeat(32) as ArtifactRef
/** What a call may be refused with: the state does not allow it, which random calls find out. */
const REFUSALS = new Set(['TASK_STATE', 'RUN_ENDED', 'INVALID_ARGUMENT', 'CAPACITY_EXCEEDED', 'WORKFLOW_INVALID', 'WORKFLOW_CYCLE', 'RUN_UNKNOWN', 'NOT_FOUND'])

/** Of each task: which earlier tasks it needs and how strongly, and what it is. */
const shape = fc.array(
  fc.record({ needs: fc.array(fc.tuple(fc.nat(20), fc.nat(2)), { maxLength: 3 }), nature: fc.nat(9), params: fc.nat(1), join: fc.nat(9), when: fc.nat(999) }),
  { minLength: 1, maxLength: 6, size: 'max' },
)
const steps = fc.array(fc.tuple(fc.nat(24), fc.nat(1000), fc.nat(1000)), { maxLength: 60, size: 'max' })

interface Planned {
  readonly needs: readonly (readonly [number, number])[]
  readonly nature: number
  readonly params: number
  readonly join: number
  readonly when: number
}
type Shape = readonly Planned[]

const TYPES = ['plain', 'tolerated', 'asked'] as const

function specOf(version: string, tasks: Shape): WorkflowSpec {
  return {
    name: 'w',
    version,
    types: [{ name: 'plain', run: () => 1 }, { name: 'tolerated', run: () => 1, allowFailure: true }, { name: 'asked', waitFor: 'go', timeoutMs: 70 }],
    tasks: tasks.map(({ needs, nature, params, join, when: seed }, index) => {
      const picked = new Map(index === 0 ? [] : needs.map(([from, kind]) => [`t${from % index}`, KINDS[kind] as NeedKind]))
      const list: Need[] = [...picked].map(([task, kind]) => ({ task, kind }))
      const timeout = join % 2 === 0 ? { timeoutMs: 20 + join } : {}
      const means = nature === 9 ? { waitFor: 'go', ...timeout } : { type: nature === 8 ? 'tolerated' : 'plain' }
      const isConditional = index > 0 && seed < 300 && list.filter(({ kind }) => kind === 'optional').length < index
      const least = isConditional || join < 4 ? 0 : Math.min(list.filter(({ kind }) => kind !== 'optional').length, 1 + (join % 3))
      return {
        id: `t${index}`, needs: list, ...means,
        ...(params === 0 ? {} : { params }),
        ...(least === 0 ? {} : { join: { atLeast: least } }),
        ...(isConditional ? { when: conditionOf(seed, earlier(index), list) } : {}),
      }
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
  /** Runs that have not begun, with the time they are due and the latest one it may be put off to. */
  readonly #held = new Map<string, { dueMs: number; readonly latestMs: number }>()
  /** Of added tasks, the joins; of added edges, `from->to`, the kinds. Ids are given once, so that copies of runs may share them. */
  readonly #joins = new Map<string, number>()
  readonly #kinds = new Map<string, NeedKind>()
  #hasDropped = false

  constructor(shapes: readonly Shape[]) {
    const [first] = shapes as [Shape]
    // Most of what a later version has is as it was, so that a migration keeps something.
    const later = (tasks: Shape): Shape => tasks.map((task, place) => (task.when % 4 === 0 ? task : (first[place] ?? task)))
    this.versions = shapes.map((tasks, index) => specOf(String(index + 1), index === 0 ? tasks : later(tasks)))
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
      if (kind <= 7) this.#work(kind, a, b)
      else if (kind <= 9 || id === undefined) this.#start(a, b)
      else this.#manage(kind, id, a, b)
    } catch (error) {
      if (!isSymphonyError(error) || !REFUSALS.has(error.code)) throw error
    }
  }

  #work(kind: number, a: number, b: number): void {
    const { tracker } = this
    const into = new Int32Array(2)
    for (const task of into.subarray(0, tracker.takeReady(into)) as unknown as TaskRow[]) {
      if (kind === 7 && a % 3 === 0) {
        tracker.waitTask(task, this.clock.nowMs() + (b % 30))
        continue
      }
      const token = tracker.beginTask(task)
      if (kind <= 3) {
        const routes = b % 3 === 0 ? this.#dependents(task).filter((_, place) => (b >> place) % 2 === 0) : undefined
        const result = { output: REF, defaulted: b % 5 === 0, ...(routes === undefined ? {} : { routes }) }
        tracker.completeTask(task, a % 3 === 0 ? { ...result, expansion: this.#expansion(task, a, b) } : result, token)
      } else if (kind === 4) tracker.failTask(task, failure, { token })
      else if (kind === 5) tracker.failTask(task, failure, { token, retryAtMs: this.clock.nowMs() + (a % 5) })
      else if (kind === 6) {
        tracker.startWorkflow(this.versions[a % this.versions.length] as WorkflowSpec, { parent: task })
        tracker.awaitChild(task)
      } else if (a % 2 === 0) tracker.returnReady(task)
    }
  }

  #dependents(task: TaskRow): string[] {
    const { id, runId } = this.tracker.task(task)
    return this.tracker.tasks(runId).map((other) => other.id).filter((other) => this.tracker.needs(this.tracker.taskRow(runId, other)).some((need) => need.id === id))
  }

  /** A range, one that joins it or a single one of it, and perhaps an edge to a task that waits. */
  #expansion(task: TaskRow, a: number, b: number): Expansion {
    const { tracker } = this
    const { id, runId } = tracker.task(task)
    const number = this.#count++
    const [prefix, joining, count] = [`f${number}`, `d${number}`, b % 4]
    const items = Array.from({ length: count }, (_, index) => `${prefix}[${index}]`)
    const isWhole = a % 2 === 0
    const least = isWhole && count > 1 && b % 5 < 3 ? 1 + (a % count) : 0
    const need: Need = { task: id, kind: KINDS[b % 3] as NeedKind }
    const waiting = tracker.tasks(runId, { state: 'pending' })
    const target = a % 5 === 0 ? waiting[b % waiting.length]?.id : undefined
    const fed: Need | undefined = target === undefined ? undefined : { task: target, kind: KINDS[a % 3] as NeedKind }
    const [single] = items
    const join: DynamicTask = {
      id: joining, type: TYPES[a % 3] as string,
      ...(isWhole || single === undefined ? {} : { needs: [single] }),
      ...(least === 0 ? {} : { join: { atLeast: least } }),
      ...(fed === undefined ? {} : { feeds: [fed] }),
    }
    this.#joins.set(joining, least)
    for (const item of items) this.#kinds.set(`${id}->${item}`, need.kind as NeedKind)
    if (fed !== undefined) this.#kinds.set(`${joining}->${fed.task}`, fed.kind as NeedKind)
    return { tasks: [join], ranges: [{ prefix, count, type: TYPES[b % 3] as string, params: number, needs: [need], ...(isWhole ? { feeds: [joining] } : {}) }] }
  }

  #start(a: number, b: number): void {
    const version = this.versions[a % this.versions.length] as WorkflowSpec
    const nowMs = this.clock.nowMs()
    const options = [
      {},
      { attributes: { number: b, even: b % 2 === 0 } },
      { notBeforeMs: nowMs + (b % 10) },
      { debounce: { key: `k${b % 2}`, waitMs: 5, maxWaitMs: 12 } },
    ][b % 4] as StartOptions
    const wish = `r${this.#count++}`
    if (this.tracker.findRun(wish) !== undefined) return
    const id = this.tracker.startWorkflow(version, { id: wish, input: b, tenant: `t${a % 3}`, ...options })
    const { notBeforeMs = nowMs, debounce } = options
    const held = this.#held.get(id)
    if (held !== undefined) held.dueMs = Math.min(nowMs + 5, held.latestMs)
    else if (debounce !== undefined) this.#held.set(id, { dueMs: nowMs + 5, latestMs: nowMs + 12 })
    else if (notBeforeMs > nowMs) this.#held.set(id, { dueMs: notBeforeMs, latestMs: notBeforeMs })
  }

  #manage(kind: number, id: string, a: number, b: number): void {
    const { tracker } = this
    const ids = tracker.tasks(id).map((task) => task.id)
    const task = ids[b % ids.length] as string
    const other = ids[(a + b) % ids.length] as string
    if (kind >= 14 && kind <= 17) this.#hasDropped = true
    if (kind === 10) tracker.cancelWorkflow(id, 'enough')
    else if (kind === 11) tracker.pauseWorkflow(id)
    else if (kind === 12) tracker.resumeWorkflow(id)
    else if (kind === 13) tracker.setAttributes(id, { [`k${a % 4}`]: b % 3 === 0 ? null : b })
    else if (kind === 14) tracker.retryFrom(id, [task, other])
    else if (kind === 15) tracker.rollback(id, b % 2 === 0 ? { toTask: task } : { toMs: this.clock.nowMs() - (b % 20) })
    else if (kind === 16) tracker.forkRun(id, { from: [task, other], ...(b % 3 === 0 ? { outputs: { [a % 2 === 0 ? task : other]: REF } } : {}), id: `f${this.#count++}` })
    else if (kind === 17) tracker.migrateRun(id, this.versions[b % this.versions.length] as WorkflowSpec, ({ task: asked, state }) => (a % 4 === 0 && asked === task ? (state !== undefined && FINAL.has(state) ? 'keep' : { output: REF }) : undefined))
    else if (kind === 18) tracker.signalWorkflow(id, 'go', REF)
    else if (kind === 19) tracker.schedule({ id: `s${a % 2}`, workflow: 'w', everyMs: 100 + (b % 50), overlap: (['allow', 'skip', 'cancel'] as const)[b % 3] as 'skip', catchUp: (['all', 'last', 'none'] as const)[a % 3] as 'last' })
    else if (kind === 20) this.#wait(b)
    else if (kind === 21) this.#endWaits(b)
    else if (kind === 22) this.#crash(b % 2 === 0)
    else if (kind === 23) tracker.expandTask(tracker.taskRow(id, task), this.#expansion(tracker.taskRow(id, task), a, b))
    else if (a % 3 === 0) tracker.unschedule(`s${b % 2}`)
    else if (a % 3 === 1) tracker.skipTask(tracker.taskRow(id, task))
    else tracker.forgetRun(id)
  }

  #wait(b: number): void {
    this.clock.advance((b % 4) * 60)
    const nowMs = this.clock.nowMs()
    this.tracker.wakeDue(nowMs)
    for (const [id, { dueMs }] of this.#held) if (dueMs <= nowMs) this.#held.delete(id)
    const dueMs = this.tracker.nextDueMs()
    if (dueMs !== undefined) expect(dueMs).toBeGreaterThan(nowMs)
    for (const id of this.tracker.runs()) {
      for (const task of this.tracker.tasks(id, { state: 'waiting' })) {
        const { waitFor, timeoutMs } = this.tracker.task(this.tracker.taskRow(id, task.id)).type
        if (waitFor !== undefined && timeoutMs !== undefined) expect(task.readyAtMs + timeoutMs, `${id}/${task.id}`).toBeGreaterThan(nowMs)
      }
    }
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
      const { total, recalled, defaulted, remainingMs: _remaining, ...told } = report.progress
      expect([total, told]).toEqual([tasks.length, counts])
      expect([recalled, defaulted]).toEqual([tasks.filter((task) => task.recalled).length, tasks.filter((task) => task.defaulted).length])
      const open = tasks.filter(({ state }) => !FINAL.has(state)).length
      expect(tracker.columns.runTasksOpen[report.row]).toBe(open)
      expect(open === 0, id).toBe(FINAL.has(report.state))
      if (open === 0) this.#held.delete(id)
      for (const task of tasks) this.#checkTask(id, task)
    }
  }

  #checkTask(run: string, { id, state }: TaskReport): void {
    const { tracker } = this
    if (this.#held.has(run)) expect(state === 'pending' || FINAL.has(state), `${run}/${id} is ${state} in a run that has not begun`).toBe(true)
    if (state !== 'pending' && state !== 'ready') return
    const row = tracker.taskRow(run, id)
    const spec = tracker.taskSpec(row)
    const needs = tracker.needs(row)
    const outcomes = new Map(needs.map((need): [string, TaskStateName] => [need.id, need.state]))
    if (state === 'ready') {
      if (typeof spec?.when === 'object') expect(holds(spec.when, (need) => outcomes.get(need) as TaskStateName), `${run}/${id}`).toBe(true)
      return
    }
    const own = new Map<string, NeedKind>(spec?.when === undefined ? [] : namedIn(spec.when as never).map((need) => [need, 'soft']))
    for (const need of spec?.needs ?? []) own.set(typeof need === 'string' ? need : need.task, typeof need === 'string' ? 'hard' : (need.kind ?? 'hard'))
    const kindOf = (need: string): NeedKind => own.get(need) ?? this.#kinds.get(`${need}->${id}`) ?? 'hard'
    const waited = needs.filter((need) => kindOf(need.id) !== 'optional')
    const ended = waited.filter((need) => FINAL.has(need.state))
    const met = ended.filter((need) => need.state === 'succeeded' || kindOf(need.id) === 'soft').length
    const join = spec?.join ?? this.#joins.get(id) ?? 0
    const least = typeof join === 'object' ? join.atLeast : (join as number)
    const wanted = least === 0 ? waited.length : Math.min(least, waited.length)
    const pending = tracker.columns.taskPending[row] as number
    const label = `${run}/${id}`
    // What lost needs by a retry asks for as many as were left then, also when others come.
    if (least > 0 && this.#hasDropped) expect(pending + met, label).toBeLessThanOrEqual(wanted)
    else expect(pending + met, label).toBe(wanted)
    if (!this.#held.has(run)) expect(pending, label).toBeGreaterThan(0)
    expect(ended.length - met, label).toBeLessThanOrEqual(waited.length - pending - met)
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
        expectRowsLeftClean(world.tracker)
      }),
      { numRuns: Number(process.env['DAG_RUNS'] ?? 200), seed: Number(process.env['DAG_SEED'] ?? 20_260_101) },
    )
  })
})
