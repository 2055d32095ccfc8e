import { createDagTracker } from '@symphony/dag'
import type { RegionDagTracker } from '@symphony/dag'
import type { Condition, DynamicTask, ErrorData, FencingToken, Need, NeedKind, TaskRow, WorkflowSpec } from '@symphony/interface'
import { isSymphonyError, RUN_STATES } from '@symphony/interface'
import { VirtualClock } from '@symphony/ports'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { expectRowsLeftClean } from './freed-rows.ts'
import { NaiveRun } from './naive-interpreter.ts'
import { conditionOf, earlier, namedIn, textOf } from './random-conditions.ts'
import { RecordedLog } from './recorded-log.ts'

const KINDS: readonly NeedKind[] = ['hard', 'soft', 'optional']
const failure: ErrorData = { code: 'TASK_FAILED', component: 'test', message: 'as asked', retryable: true, details: {} }
const REF = 'c0'.repeat(32) as never

/** Of each task: which earlier tasks it needs and how strongly, and what it is. */
const plan = fc.array(fc.record({ needs: fc.array(fc.tuple(fc.nat(20), fc.nat(2)), { maxLength: 4 }), nature: fc.nat(9), join: fc.nat(9), when: fc.nat(999) }), { minLength: 1, maxLength: 10, size: 'max' })
const steps = fc.array(fc.tuple(fc.nat(22), fc.nat(1000), fc.nat(1000)), { maxLength: 60, size: 'max' })

interface Planned {
  readonly needs: readonly (readonly [number, number])[]
  readonly nature: number
  readonly join: number
  readonly when: number
}

const STATES = ['pending', 'ready', 'running', 'waiting', 'succeeded', 'failed', 'skipped', 'cancelled'] as const

/** A tracker and the plain rules side by side. */
class Pair {
  readonly clock = new VirtualClock()
  readonly log = new RecordedLog()
  readonly naive = new NaiveRun()
  readonly spec: WorkflowSpec
  tracker: RegionDagTracker
  readonly tokens = new Map<string, FencingToken>()
  readonly #taken = new Set<number>()
  #added = 0

  constructor(tasks: readonly Planned[]) {
    this.spec = {
      name: 'random',
      types: [{ name: 'plain', run: () => 1 }, { name: 'tolerated', run: () => 1, allowFailure: true }],
      tasks: tasks.map(({ needs, nature, join, when: seed }, index) => {
        const picked = new Map(index === 0 ? [] : needs.map(([from, kind]) => [`t${from % index}`, KINDS[kind] as NeedKind]))
        const list: Need[] = [...picked].map(([task, kind]) => ({ task, kind }))
        const waitFor = nature === 9 ? `s${index}` : undefined
        const timeoutMs = nature === 9 && join % 2 === 0 ? 5 + join : 0
        const when = index > 0 && seed < 300 && list.filter(({ kind }) => kind === 'optional').length < index ? conditionOf(seed, earlier(index), list) : undefined
        const waitedFor = list.filter(({ kind }) => kind !== 'optional').length
        const least = when === undefined && join >= 4 ? Math.min(waitedFor, 1 + (join % 3)) : 0
        const named = when === undefined ? [] : namedIn(when).filter((task) => !picked.has(task))
        const needed: Need[] = [...list, ...[...new Set(named)].map((task): Need => ({ task, kind: 'soft' }))]
        this.naive.add(`t${index}`, needed, { allowFailure: nature === 8, waitFor, timeoutMs, join: least, when })
        return {
          id: `t${index}`,
          needs: list,
          ...(waitFor === undefined ? { type: nature === 8 ? 'tolerated' : 'plain' } : { waitFor, ...(timeoutMs === 0 ? {} : { timeoutMs }) }),
          ...(least === 0 ? {} : { join: least === 1 ? 'any' : { atLeast: least } }),
          ...(when === undefined ? {} : { when: seed % 2 === 0 ? when : textOf(when) }),
        }
      }),
    }
    this.tracker = this.#create()
    this.tracker.startWorkflow(this.spec, { id: 'r' })
    this.#pass(0)
    this.naive.settle()
  }

  #create(): RegionDagTracker {
    return createDagTracker({ tasksMax: 512, edgesMax: 512, runsMax: 8, workflows: [this.spec] }, { clock: this.clock, log: this.log })
  }

  row(id: string): TaskRow {
    return this.tracker.taskRow('r', id)
  }

  step([kind, a, b]: readonly [number, number, number]): void {
    const { tracker, naive } = this
    this.#pass(1)
    if (kind <= 4) this.#take(a)
    else if (kind <= 8) this.#complete(a, b)
    else if (kind <= 10) this.#fail(a, b % 2 === 0)
    else if (kind === 11) this.#wake()
    else if (kind === 12) this.#skip(a)
    else if (kind === 13) this.#signal(a)
    else if (kind === 14 && a % 4 === 0) this.#cancel()
    else if (kind === 15) this.#pauseOrResume()
    else if (kind === 16) this.#retry(a)
    else if (kind === 17) this.#expand(a, b)
    else if (kind === 18) this.#crash(a % 2 === 0)
    else if (kind === 19) this.#wait(a)
    else if (kind <= 21) this.#fanOut(a, b)
    else expect(tracker.progress('r').total).toBe(naive.tasks.size)
  }

  #pass(byMs: number): void {
    this.clock.advance(byMs)
    this.naive.nowMs = this.clock.nowMs()
  }

  #pick(ids: readonly string[], number: number): string | undefined {
    return ids.length === 0 ? undefined : ids[number % ids.length]
  }

  #take(a: number): void {
    const into = new Int32Array((a % 3) + 1)
    const count = this.tracker.takeReady(into)
    if (this.naive.state !== 'running') expect(count).toBe(0)
    for (const task of into.subarray(0, count)) {
      expect(this.#taken.has(task), 'a task is handed out once').toBe(false)
      const { id } = this.tracker.task(task as TaskRow)
      expect(this.naive.get(id).state).toBe('ready')
      if (a % 5 === 0) this.tracker.returnReady(task as TaskRow)
      else if (a % 5 === 1) this.#taken.add(task)
      else {
        this.tokens.set(id, this.tracker.beginTask(task as TaskRow))
        this.naive.set(id, 'running')
      }
    }
  }

  #complete(a: number, b: number): void {
    const id = this.#pick(this.naive.in('running', 'ready'), a)
    if (id === undefined) return
    const row = this.row(id)
    const isRunning = this.naive.get(id).state === 'running'
    if (isRunning) expect(this.tracker.completeTask(row, {}, ((this.tokens.get(id) as number) - 0.5) as FencingToken), 'a stale token').toBe(false)
    const dependents = this.naive.dependents(id)
    const routes = b % 3 === 0 ? dependents.filter((_, place) => (b >> place) % 2 === 0) : undefined
    const token = isRunning ? this.tokens.get(id) : undefined
    if (b % 3 === 1) expect(codeOf(() => this.tracker.completeTask(row, { routes: [...dependents, id] }, token))).toBe('WORKFLOW_INVALID')
    const result = { output: REF, recalled: !isRunning, defaulted: b % 5 === 0, ...(routes === undefined ? {} : { routes }) }
    expect(this.tracker.completeTask(row, result, token)).toBe(true)
    this.#taken.delete(row)
    if (routes !== undefined) this.naive.get(id).untaken = new Set(dependents.filter((other) => !routes.includes(other)))
    this.naive.set(id, 'succeeded')
  }

  #fail(a: number, again: boolean): void {
    const id = this.#pick(this.naive.in('running'), a)
    if (id === undefined) return
    const token = this.tokens.get(id) as FencingToken
    expect(this.tracker.failTask(this.row(id), failure, again ? { token, retryAtMs: this.clock.nowMs() + (a % 7) } : { token })).toBe(true)
    this.naive.set(id, again ? 'waiting' : 'failed')
    if (again) this.naive.get(id).dueAtMs = this.clock.nowMs() + (a % 7)
  }

  #wake(): void {
    this.#pass(5)
    const due = this.naive.in('waiting').map((id) => this.naive.get(id).dueAtMs ?? Infinity)
    expect(this.tracker.nextDueMs() ?? Infinity).toBe(Math.min(...due))
    expect(this.tracker.wakeDue(this.clock.nowMs())).toBe(this.naive.wake())
  }

  #wait(a: number): void {
    const id = this.#pick(this.naive.in('ready'), a)
    if (id === undefined) return
    const row = this.row(id)
    expect(this.tracker.waitTask(row, this.clock.nowMs() + (a % 11))).toBe(true)
    this.#taken.delete(row)
    this.naive.set(id, 'waiting')
    this.naive.get(id).isTimed = true
    this.naive.get(id).dueAtMs = this.clock.nowMs() + (a % 11)
  }

  /** A range of up to four, and one that joins them, or a single one of them. */
  #fanOut(a: number, b: number): void {
    const by = this.#pick([...this.naive.tasks.keys()], a) as string
    if (this.naive.hasEnded) return
    const number = this.#added++
    const count = a % 5
    const [prefix, joining] = [`${b % 4 === 0 ? by : 'f'}/${number}`, `j${number}`]
    const need = { task: this.#pick([...this.naive.tasks.keys()], b) as string, kind: KINDS[b % 3] as NeedKind }
    const isWhole = b % 5 !== 0
    const least = isWhole && count > 0 && a % 3 === 0 ? 1 + (b % count) : 0
    const item = (index: number): string => `${prefix}[${index}]`
    const join: DynamicTask = { id: joining, type: 'plain', ...(isWhole || count === 0 ? {} : { needs: [item(b % count)] }), ...(least === 0 ? {} : { join: { atLeast: least } }) }
    const when = b % 4 === 1 ? this.#condition(a + b, [need]) : undefined
    const named = when === undefined ? [] : namedIn(when).filter((task) => task !== need.task)
    const range = { prefix, count, type: 'tolerated', params: number, needs: [need], ...(isWhole ? { feeds: [joining] } : {}), ...(when === undefined ? {} : { when: a % 2 === 0 ? when : textOf(when) }) }
    expect(this.tracker.expandTask(this.row(by), { tasks: [join], ranges: [range] })).toBe(count + 1)
    for (let index = 0; index < count; index++) {
      this.naive.add(item(index), [need, ...[...new Set(named)].map((task): Need => ({ task, kind: 'soft' }))], { allowFailure: true, by, when })
      expect(this.tracker.task(this.row(item(index))).params).toEqual({ index, of: number })
    }
    const needs = isWhole ? Array.from({ length: count }, (_, index) => item(index)) : count === 0 ? [] : [item(b % count)]
    this.naive.add(joining, needs.map((task) => ({ task })), { join: least, by })
    this.naive.settle()
  }

  #skip(a: number): void {
    const id = this.#pick([...this.naive.tasks.keys()], a)
    if (id === undefined || a % 3 !== 0) return
    const row = this.row(id)
    const isOpen = this.naive.in('pending', 'ready', 'running', 'waiting').includes(id)
    expect(this.tracker.skipTask(row, 'not wanted')).toBe(isOpen)
    this.#taken.delete(row)
    if (isOpen) this.naive.set(id, 'skipped')
  }

  #signal(a: number): void {
    const name = `s${a % 10}`
    expect(this.tracker.signalWorkflow('r', name, REF)).toBe(!this.naive.hasEnded)
    if (this.naive.hasEnded) return
    this.naive.signals.push(name)
    this.naive.settle()
  }

  #cancel(): void {
    expect(this.tracker.cancelWorkflow('r', 'enough')).toBe(!this.naive.hasEnded)
    if (!this.naive.hasEnded) this.naive.cancel()
    this.#taken.clear()
  }

  #pauseOrResume(): void {
    if (this.naive.state === 'paused') {
      expect(this.tracker.resumeWorkflow('r')).toBe(true)
      this.naive.state = 'running'
    } else {
      expect(this.tracker.pauseWorkflow('r')).toBe(this.naive.state === 'running')
      if (this.naive.state === 'running') this.naive.state = 'paused'
    }
  }

  #retry(a: number): void {
    const id = this.#pick([...this.naive.tasks.keys()], a) as string
    if (this.naive.state === 'running' || !this.naive.canRetry(id)) {
      expect(codeOf(() => this.tracker.retryFrom('r', id))).toBe('TASK_STATE')
      return
    }
    expect(this.tracker.retryFrom('r', id)).toBe(this.naive.retry(id))
    // Rows that were taken may have been set back; nobody may use them any more.
    this.#taken.clear()
    for (const task of this.naive.in('ready')) this.tracker.returnReady(this.row(task))
  }

  #expand(a: number, b: number): void {
    const by = this.#pick([...this.naive.tasks.keys()], a) as string
    if (this.naive.hasEnded) {
      expect(codeOf(() => this.tracker.expandTask(this.row(by), { tasks: [] }))).toBe('TASK_STATE')
      return
    }
    const known = [...this.naive.tasks.keys()]
    const pending = this.naive.in('pending')
    const first = `d${this.#added++}`
    const second = `d${this.#added++}`
    const need = { task: this.#pick(known, b) as string, kind: KINDS[b % 3] as NeedKind }
    const target = this.#pick(pending, a + b)
    const joins = a % 4 === 0 && need.kind !== 'optional'
    const when = a % 4 === 1 ? this.#condition(b, [{ task: first, kind: 'hard' }], first) : undefined
    const named = when === undefined ? [] : [...new Set(namedIn(when))].filter((task) => task !== first).map((task): Need => ({ task, kind: 'soft' }))
    const tasks: DynamicTask[] = [
      { id: first, type: b % 2 === 0 ? 'plain' : 'tolerated', needs: [need], ...(target === undefined ? {} : { feeds: [{ task: target, kind: KINDS[a % 3] as NeedKind }] }) },
      { id: second, type: 'plain', needs: joins ? [first, need] : [first], ...(joins ? { join: 'any' } : {}), ...(when === undefined ? {} : { when }) },
    ]
    const isCircle = target !== undefined && need.kind !== 'optional' && KINDS[a % 3] !== 'optional' && this.naive.waitsFor(need.task, target)
    const code = codeOf(() => this.tracker.expandTask(this.row(by), { tasks }))
    expect(code).toBe(isCircle ? 'WORKFLOW_CYCLE' : undefined)
    if (isCircle) return
    this.naive.add(first, [need], { allowFailure: b % 2 !== 0, by })
    this.naive.add(second, joins ? [{ task: first }, need] : [{ task: first }, ...named], { by, join: joins ? 1 : 0, when })
    if (target !== undefined) this.naive.get(target).needs.push({ task: first, kind: KINDS[a % 3] as NeedKind })
    this.naive.settle()
  }

  /** Over tasks of the run, and one that is only being added. */
  #condition(seed: number, needs: readonly Need[], own?: string): Condition | undefined {
    const known = [...this.naive.tasks.keys(), ...(own === undefined ? [] : [own])]
    return known.length > needs.length ? conditionOf(seed, known, needs) : undefined
  }

  /** The process dies; another one goes on from the log, or from a snapshot. */
  #crash(fromSnapshot: boolean): void {
    const next = this.#create()
    if (fromSnapshot) next.restore(this.tracker.snapshot())
    else this.log.replayInto(next)
    next.afterRecovery()
    this.tracker = next
    this.#taken.clear()
    for (const id of this.naive.in('running')) this.naive.set(id, 'ready')
  }

  check(): void {
    const { tracker, naive } = this
    const line = (id: string, state: string): string => `${id} ${state}`
    const found = tracker.tasks('r').map(({ id, state }) => line(id, state)).sort().join('\n')
    const wanted = [...naive.tasks].map(([id, { state }]) => line(id, state)).sort().join('\n')
    // Comparing by hand first: a hundred thousand deep comparisons would be most of the test.
    if (found !== wanted) expect(found).toBe(wanted)
    if (tracker.columns.runState[tracker.runRow('r')] !== RUN_STATES[naive.state.toUpperCase() as 'RUNNING']) {
      expect(tracker.getWorkflowState('r').state).toBe(naive.state)
    }
  }

  /** What is counted along the way, and what a task gets to know of its needs. */
  checkReports(): void {
    const { tracker, naive } = this
    const progress = tracker.progress('r')
    for (const state of STATES) expect([state, progress[state]]).toEqual([state, naive.in(state).length])
    const reports = tracker.tasks('r')
    expect(progress.recalled).toBe(reports.filter(({ recalled }) => recalled).length)
    expect(progress.defaulted).toBe(reports.filter(({ defaulted }) => defaulted).length)
    for (const [id, { needs }] of naive.tasks) {
      const seen = tracker.needs(this.row(id)).map((need) => `${need.id} ${need.state}`).sort()
      expect(seen).toEqual(needs.map(({ task }) => `${task} ${naive.get(task).untaken.has(id) ? 'skipped' : naive.get(task).state}`).sort())
    }
  }

  /** Another tracker that sees the log alone gets to the same bytes, and so does one that starts from a snapshot. */
  checkReplay(): void {
    const digest = this.tracker.stateDigest()
    expect(this.log.replayInto(this.#create()).stateDigest()).toBe(digest)
    const restored = this.#create()
    restored.restore(this.tracker.snapshot())
    expect(restored.stateDigest()).toBe(digest)
  }
}

// Most of what an expected error costs is its stack.
Error.stackTraceLimit = 5

describe('random runs', () => {
  it('behave as the plain rules say, and replay to the same bytes', () => {
    fc.assert(
      fc.property(plan, steps, (tasks, moves) => {
        const pair = new Pair(tasks)
        pair.check()
        for (const move of moves) {
          pair.step(move)
          pair.check()
        }
        pair.checkReports()
        pair.checkReplay()
        expectRowsLeftClean(pair.tracker)
      }),
      { numRuns: Number(process.env['DAG_RUNS'] ?? 10_000), seed: Number(process.env['DAG_SEED'] ?? 20_260_101) },
    )
  }, 1_200_000)
})

function codeOf(run: () => unknown): string | undefined {
  try {
    run()
  } catch (error) {
    if (isSymphonyError(error)) return error.code
    throw error
  }
  return undefined
}
