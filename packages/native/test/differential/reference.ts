import { KINDS } from '@symphony/dag/for-backends'
import { standingOf, TESTS } from './plan.ts'
import type { Need, PlannedTask, Tree } from './plan.ts'

export type State = 'pending' | 'ready' | 'running' | 'waiting' | 'succeeded' | 'failed' | 'skipped' | 'cancelled'

/** Names by number. */
export const STATES: readonly State[] = ['pending', 'ready', 'running', 'waiting', 'succeeded', 'failed', 'skipped', 'cancelled']
const FINAL: ReadonlySet<State> = new Set(STATES.slice(4))

export interface ReferenceTask {
  readonly row: number
  readonly run: ReferenceRun
  readonly plan: PlannedTask
  readonly needs: readonly { readonly task: ReferenceTask; readonly kind: number }[]
  /** Without needs, nobody but a command has it begin. */
  readonly isRoot: boolean
  state: State
  attempt: number
  attemptsEnded: number
  token: number
  dueAtMs: number
  endedAtMs: number
  /** Dependents it did not go on to. */
  readonly untaken: Set<ReferenceTask>
}

export interface ReferenceRun {
  readonly row: number
  readonly tasks: ReferenceTask[]
  state: 'running' | 'paused' | 'succeeded' | 'failed'
}

/**
 * The rules as plainly as they can be written: after each change, whatever can move is looked for until nothing does. Knows nothing
 * of counters, lists or heaps; that is what it is for.
 */
export class Reference {
  readonly runs: Map<number, ReferenceRun> = new Map()
  /** Rows in the queue, oldest first. */
  queue: number[] = []
  /** Rows that the last command put behind them, in no order. */
  fresh: number[] = []

  start(row: number, base: number, plans: readonly PlannedTask[]): ReferenceRun {
    const run: ReferenceRun = { row, tasks: [], state: 'running' }
    plans.forEach((plan, node) => run.tasks.push(this.#task(run, base + node, plan, (need) => run.tasks[need.node] as ReferenceTask)))
    this.runs.set(row, run)
    return run
  }

  /** A task added at run time; its needs are places among the run's tasks. */
  add(run: ReferenceRun, row: number, plan: PlannedTask): ReferenceTask {
    const task = this.#task(run, row, plan, ({ node }) => run.tasks[node] as ReferenceTask)
    run.tasks.push(task)
    return task
  }

  #task(run: ReferenceRun, row: number, plan: PlannedTask, find: (need: Need) => ReferenceTask): ReferenceTask {
    const needs = plan.needs.map((need) => ({ task: find(need), kind: need.kind }))
    const isRoot = needs.every(({ kind }) => kind === KINDS.OPTIONAL)
    return { row, run, plan, needs, isRoot, state: 'pending', attempt: 0, attemptsEnded: 0, token: 0, dueAtMs: 0, endedAtMs: 0, untaken: new Set() }
  }

  begin(task: ReferenceTask, token: number): void {
    task.state = 'running'
    task.attempt++
    task.token = token
    this.#leaveQueue(task)
  }

  end(task: ReferenceTask, state: 'succeeded' | 'failed' | 'skipped', nowMs: number): void {
    this.close(task, state, nowMs)
    this.settle(task.run, nowMs)
  }

  close(task: ReferenceTask, state: State, nowMs: number): void {
    this.#leaveQueue(task)
    if (state === 'skipped' || state === 'cancelled') {
      task.attempt = task.attemptsEnded
      task.dueAtMs = 0
    }
    task.state = state
    task.endedAtMs = nowMs
  }

  postpone(task: ReferenceTask, dueAtMs: number): void {
    this.#leaveQueue(task)
    task.state = 'waiting'
    task.token = 0
    task.dueAtMs = dueAtMs
  }

  wake(task: ReferenceTask): void {
    task.dueAtMs = 0
    this.#ready(task)
  }

  settle(run: ReferenceRun, nowMs: number): void {
    for (let moved = true; moved; ) {
      moved = false
      for (const task of run.tasks) moved = this.#step(task, nowMs) || moved
    }
    if (run.state === 'succeeded' || run.state === 'failed' || run.tasks.some(({ state }) => !FINAL.has(state))) return
    run.state = run.tasks.some((task) => task.state === 'failed' && !task.plan.allowsFailure && !isForgiven(task)) ? 'failed' : 'succeeded'
  }

  #step(task: ReferenceTask, nowMs: number): boolean {
    if (task.state !== 'pending' || task.isRoot) return false
    const { pending: wanted, slack } = standingOf(task.plan)
    const asked = task.needs.filter(({ kind }) => kind !== KINDS.OPTIONAL)
    const seen = asked.map(({ task: need, kind }) => ({ kind, state: outcome(need, task) })).filter(({ state }) => FINAL.has(state))
    const met = seen.filter(({ kind, state }) => kind === KINDS.SOFT || state === 'succeeded').length
    if (seen.length - met > slack) this.close(task, 'skipped', nowMs)
    else if (met < wanted) return false
    else if (task.plan.when !== undefined && !holds(task.plan.when, (node) => outcome(task.run.tasks[node] as ReferenceTask, task))) this.close(task, 'skipped', nowMs)
    else if (task.plan.waits) {
      task.state = 'waiting'
      task.dueAtMs = task.plan.waitMs > 0 ? nowMs + task.plan.waitMs : 0
    } else this.#ready(task)
    return true
  }

  #ready(task: ReferenceTask): void {
    task.state = 'ready'
    if (task.run.state === 'running') this.fresh.push(task.row)
  }

  #leaveQueue({ row }: ReferenceTask): void {
    for (const list of [this.queue, this.fresh]) {
      const at = list.indexOf(row)
      if (at >= 0) list.splice(at, 1)
    }
  }
}

/** State of a need as its dependent sees it. */
function outcome(need: ReferenceTask, dependent: ReferenceTask): State {
  return need.untaken.has(dependent) ? 'skipped' : need.state
}

/** Somebody goes on without it. */
function isForgiven(task: ReferenceTask): boolean {
  return task.run.tasks.some(({ needs }) => needs.some((need) => need.task === task && need.kind !== KINDS.HARD))
}

export function holds(tree: Tree, stateOf: (node: number) => State): boolean {
  if ('not' in tree) return !holds(tree.not, stateOf)
  if ('both' in tree) {
    const left = holds(tree.left, stateOf)
    const right = holds(tree.right, stateOf)
    return tree.both ? left && right : left || right
  }
  const state = stateOf(tree.node)
  const test = TESTS[tree.test]
  return test === 'ended' ? FINAL.has(state) : state === test
}
