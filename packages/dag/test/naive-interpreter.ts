import type { Condition, Need, NeedKind, TaskStateName } from '@symphony/interface'
import { holds } from './random-conditions.ts'

interface NaiveTask {
  state: TaskStateName
  needs: { task: string; kind: NeedKind }[]
  readonly allowFailure: boolean
  readonly waitFor: string | undefined
  /** How long it waits for its signal; 0 for ever. */
  readonly timeoutMs: number
  /** How many of its needs have to be met; 0 for all. After a retry it asks for no more than are left. */
  readonly join: number
  least: number
  readonly when: Condition | undefined
  /** The task that added it. */
  readonly by: string | undefined
  /** When it is due; undefined while it waits for no time. */
  dueAtMs: number | undefined
  isTimed: boolean
  /** Dependents it did not go on to. */
  untaken: Set<string>
}

type Nature = Partial<Pick<NaiveTask, 'allowFailure' | 'waitFor' | 'timeoutMs' | 'join' | 'when' | 'by'>>

const FINAL: ReadonlySet<TaskStateName> = new Set(['succeeded', 'failed', 'skipped', 'cancelled'])

/** The rules of a run, written down as plainly as possible: after each change, everything is looked at until nothing moves. */
export class NaiveRun {
  readonly tasks: Map<string, NaiveTask> = new Map()
  state: 'running' | 'paused' | 'succeeded' | 'failed' | 'cancelled' = 'running'
  signals: string[] = []
  nowMs = 0

  add(id: string, needs: readonly Need[], { allowFailure = false, waitFor, timeoutMs = 0, join = 0, when, by }: Nature = {}): void {
    const list = needs.map(({ task, kind = 'hard' }) => ({ task, kind }))
    const fresh = { state: 'pending', dueAtMs: undefined, isTimed: false, untaken: new Set<string>(), least: join } as const
    this.tasks.set(id, { ...fresh, needs: list, allowFailure, waitFor, timeoutMs, join, when, by })
  }

  set(id: string, state: TaskStateName): void {
    this.get(id).state = state
    this.get(id).dueAtMs = undefined
    this.settle()
  }

  get(id: string): NaiveTask {
    return this.tasks.get(id) as NaiveTask
  }

  get hasEnded(): boolean {
    return this.state !== 'running' && this.state !== 'paused'
  }

  in(...states: readonly TaskStateName[]): string[] {
    return [...this.tasks].filter(([, task]) => states.includes(task.state)).map(([id]) => id)
  }

  settle(): void {
    let moved = true
    while (moved) {
      moved = false
      for (const [id, task] of this.tasks) moved = this.#step(id, task) || moved
    }
    const tasks = [...this.tasks.values()]
    if (this.hasEnded || tasks.some((task) => !FINAL.has(task.state))) return
    this.state = [...this.tasks].some(([id, task]) => task.state === 'failed' && !task.allowFailure && !this.#isAbsorbed(id)) ? 'failed' : 'succeeded'
  }

  cancel(): void {
    for (const task of this.tasks.values()) if (!FINAL.has(task.state)) task.state = 'cancelled'
    this.state = 'cancelled'
  }

  /** Whether setting this task back makes sense: what is set back with it is asked anew, what is dropped with it is gone. */
  canRetry(id: string): boolean {
    const { join, needs } = this.get(id)
    const { cone, dropped } = this.#coneOf(id)
    const left = needs.filter(({ task, kind }) => kind !== 'optional' && !dropped.has(task))
    const failed = left.filter(({ task, kind }) => kind === 'hard' && !cone.has(task) && FINAL.has(this.#outcome(task, id)) && this.#outcome(task, id) !== 'succeeded')
    return failed.length <= left.length - (join === 0 ? left.length : Math.min(join, left.length))
  }

  dependents(id: string): string[] {
    return [...this.tasks].filter(([, task]) => task.needs.some((need) => need.task === id)).map(([other]) => other)
  }

  /** Everything that is due happens, one after the other. @returns how much that was */
  wake(): number {
    let woken = 0
    for (;;) {
      const due = [...this.tasks].find(([, { state, dueAtMs }]) => state === 'waiting' && dueAtMs !== undefined && dueAtMs <= this.nowMs)
      if (due === undefined) return woken
      woken++
      const [id, task] = due
      this.set(id, task.isTimed ? 'succeeded' : task.waitFor === undefined ? 'ready' : 'failed')
    }
  }

  retry(id: string): number {
    const { cone, dropped } = this.#coneOf(id)
    for (const other of dropped) this.tasks.delete(other)
    for (const [other, task] of this.tasks) {
      task.needs = task.needs.filter((need) => !dropped.has(need.task))
      for (const gone of dropped) task.untaken.delete(gone)
      if (!cone.has(other)) continue
      task.state = 'pending'
      task.isTimed = false
      task.dueAtMs = undefined
      task.untaken.clear()
      task.least = task.join === 0 ? 0 : Math.min(task.join, task.needs.filter(({ kind }) => kind !== 'optional').length)
    }
    if (this.state !== 'paused') this.state = 'running'
    this.settle()
    return [...cone].filter((other) => !dropped.has(other)).length
  }

  /** Whether `from` already waits, over however many steps, for `to`. */
  waitsFor(from: string, to: string): boolean {
    return from === to || this.get(from).needs.some(({ task, kind }) => kind !== 'optional' && this.waitsFor(task, to))
  }

  /** A task, what depends on it, and what any of those has added. */
  #coneOf(id: string): { readonly cone: ReadonlySet<string>; readonly dropped: ReadonlySet<string> } {
    const cone = new Set([id])
    const dropped = new Set<string>()
    for (const seen of cone) {
      for (const [other, task] of this.tasks) {
        if (task.by === seen) dropped.add(other)
        if (task.by === seen || task.needs.some((need) => need.task === seen)) cone.add(other)
      }
    }
    return { cone, dropped }
  }

  /** How a need has ended, as this dependent sees it. */
  #outcome(need: string, dependent: string): TaskStateName {
    const found = this.tasks.get(need)
    // Only a condition still names a task that a retry has dropped.
    return found === undefined || found.untaken.has(dependent) ? 'skipped' : found.state
  }

  #standing(id: string, task: NaiveTask): { needs: number; met: number; failed: number } {
    const ends = task.needs.filter(({ kind }) => kind !== 'optional').map(({ task: need, kind }) => ({ kind, state: this.#outcome(need, id) }))
    const ended = ends.filter(({ state }) => FINAL.has(state))
    const met = ended.filter(({ kind, state }) => kind === 'soft' || state === 'succeeded').length
    return { needs: ends.length, met, failed: ended.length - met }
  }

  #step(id: string, task: NaiveTask): boolean {
    if (task.state === 'waiting' && task.waitFor !== undefined && this.signals.includes(task.waitFor)) {
      this.signals.splice(this.signals.indexOf(task.waitFor), 1)
      task.state = 'succeeded'
      return true
    }
    if (task.state !== 'pending') return false
    const { needs, met, failed } = this.#standing(id, task)
    const wanted = task.join === 0 ? needs : task.least
    if (failed > needs - wanted) task.state = 'skipped'
    else if (met >= wanted) {
      if (task.when !== undefined && !holds(task.when, (need) => this.#outcome(need, id))) task.state = 'skipped'
      else task.state = task.waitFor === undefined ? 'ready' : 'waiting'
      if (task.state === 'waiting' && task.timeoutMs > 0) task.dueAtMs = this.nowMs + task.timeoutMs
    }
    return task.state !== 'pending'
  }

  #isAbsorbed(id: string): boolean {
    return [...this.tasks.values()].some(({ needs }) => needs.some(({ task, kind }) => task === id && kind !== 'hard'))
  }
}
