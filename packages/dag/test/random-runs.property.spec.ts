import { createDagTracker } from '@symphony/dag'
import type { RegionDagTracker } from '@symphony/dag'
import type { DynamicTask, ErrorData, FencingToken, Need, NeedKind, TaskRow, WorkflowSpec } from '@symphony/interface'
import { isSymphonyError } from '@symphony/interface'
import { VirtualClock } from '@symphony/ports'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NaiveRun } from './naive-interpreter.ts'
import { RecordedLog } from './recorded-log.ts'

const KINDS: readonly NeedKind[] = ['hard', 'soft', 'optional']
const failure: ErrorData = { code: 'TASK_FAILED', component: 'test', message: 'as asked', retryable: true, details: {} }
const REF = 'c0'.repeat(32) as never

/** Of each task: which earlier tasks it needs and how strongly, and what it is. */
const plan = fc.array(fc.record({ needs: fc.array(fc.tuple(fc.nat(20), fc.nat(2)), { maxLength: 4 }), nature: fc.nat(9) }), { minLength: 1, maxLength: 10, size: 'max' })
const steps = fc.array(fc.tuple(fc.nat(19), fc.nat(1000), fc.nat(1000)), { maxLength: 60, size: 'max' })

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

  constructor(tasks: readonly { readonly needs: readonly (readonly [number, number])[]; readonly nature: number }[]) {
    this.spec = {
      name: 'random',
      types: [{ name: 'plain', run: () => 1 }, { name: 'tolerated', run: () => 1, allowFailure: true }],
      tasks: tasks.map(({ needs, nature }, index) => {
        const picked = new Map(index === 0 ? [] : needs.map(([from, kind]) => [`t${from % index}`, KINDS[kind] as NeedKind]))
        const list: Need[] = [...picked].map(([task, kind]) => ({ task, kind }))
        const waitFor = nature === 9 ? `s${index}` : undefined
        this.naive.add(`t${index}`, list, { allowFailure: nature === 8, waitFor })
        return { id: `t${index}`, needs: list, ...(waitFor === undefined ? { type: nature === 8 ? 'tolerated' : 'plain' } : { waitFor }) }
      }),
    }
    this.tracker = this.#create()
    this.tracker.startWorkflow(this.spec, { id: 'r' })
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
    this.clock.advance(1)
    if (kind <= 4) this.#take(a)
    else if (kind <= 8) this.#complete(a)
    else if (kind <= 10) this.#fail(a, b % 2 === 0)
    else if (kind === 11) this.#wake()
    else if (kind === 12) this.#skip(a)
    else if (kind === 13) this.#signal(a)
    else if (kind === 14 && a % 4 === 0) this.#cancel()
    else if (kind === 15) this.#pauseOrResume()
    else if (kind === 16) this.#retry(a)
    else if (kind === 17) this.#expand(a, b)
    else if (kind === 18) this.#crash(a % 2 === 0)
    else expect(tracker.progress('r').total).toBe(naive.tasks.size)
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

  #complete(a: number): void {
    const id = this.#pick(this.naive.in('running', 'ready'), a)
    if (id === undefined) return
    const row = this.row(id)
    const isRunning = this.naive.get(id).state === 'running'
    if (isRunning) expect(this.tracker.completeTask(row, {}, ((this.tokens.get(id) as number) - 0.5) as FencingToken), 'a stale token').toBe(false)
    expect(this.tracker.completeTask(row, { output: REF, recalled: !isRunning }, isRunning ? this.tokens.get(id) : undefined)).toBe(true)
    this.#taken.delete(row)
    this.naive.set(id, 'succeeded')
  }

  #fail(a: number, again: boolean): void {
    const id = this.#pick(this.naive.in('running'), a)
    if (id === undefined) return
    const token = this.tokens.get(id) as FencingToken
    expect(this.tracker.failTask(this.row(id), failure, again ? { token, retryAtMs: this.clock.nowMs() + (a % 7) } : { token })).toBe(true)
    this.naive.set(id, again ? 'waiting' : 'failed')
  }

  #wake(): void {
    this.clock.advance(10)
    const due = this.naive.in('waiting').filter((id) => this.naive.get(id).waitFor === undefined)
    expect(this.tracker.nextDueMs() === undefined).toBe(due.length === 0)
    expect(this.tracker.wakeDue(this.clock.nowMs())).toBe(due.length)
    for (const id of due) this.naive.set(id, 'ready')
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
    const tasks: DynamicTask[] = [
      { id: first, type: b % 2 === 0 ? 'plain' : 'tolerated', needs: [need], ...(target === undefined ? {} : { feeds: [{ task: target, kind: KINDS[a % 3] as NeedKind }] }) },
      { id: second, type: 'plain', needs: [first] },
    ]
    const isCircle = target !== undefined && need.kind !== 'optional' && KINDS[a % 3] !== 'optional' && this.naive.waitsFor(need.task, target)
    const code = codeOf(() => this.tracker.expandTask(this.row(by), { tasks }))
    expect(code).toBe(isCircle ? 'WORKFLOW_CYCLE' : undefined)
    if (isCircle) return
    this.naive.add(first, [need], { allowFailure: b % 2 !== 0, by })
    this.naive.add(second, [{ task: first, kind: 'hard' }], { by })
    if (target !== undefined) this.naive.get(target).needs.push({ task: first, kind: KINDS[a % 3] as NeedKind })
    this.naive.settle()
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
    const found = Object.fromEntries(tracker.tasks('r').map(({ id, state }) => [id, state]))
    expect(found).toEqual(Object.fromEntries([...naive.tasks].map(([id, { state }]) => [id, state])))
    expect(tracker.getWorkflowState('r').state).toBe(naive.state)
    const { total: _total, recalled: _recalled, remainingMs: _remaining, ...counts } = tracker.progress('r')
    for (const [state, count] of Object.entries(counts)) expect([state, count]).toEqual([state, naive.in(state as never).length])
  }

  /** Another tracker that sees the log alone gets to the same bytes, and so does one that starts from a snapshot. */
  checkReplay(): void {
    expect(this.log.replayInto(this.#create()).stateDigest()).toBe(this.tracker.stateDigest())
    const restored = this.#create()
    restored.restore(this.tracker.snapshot())
    expect(restored.stateDigest()).toBe(this.tracker.stateDigest())
  }
}

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
        pair.checkReplay()
      }),
      { numRuns: Number(process.env['DAG_RUNS'] ?? 300), seed: Number(process.env['DAG_SEED'] ?? 20_260_101) },
    )
  })
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
