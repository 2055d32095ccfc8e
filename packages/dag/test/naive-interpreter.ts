import type { Need, NeedKind, TaskStateName } from '@symphony/interface'

interface NaiveTask {
  state: TaskStateName
  needs: { task: string; kind: NeedKind }[]
  readonly allowFailure: boolean
  readonly waitFor: string | undefined
  /** The task that added it. */
  readonly by: string | undefined
}

const FINAL: ReadonlySet<TaskStateName> = new Set(['succeeded', 'failed', 'skipped', 'cancelled'])

/** The rules of a run, written down as plainly as possible: after each change, everything is looked at until nothing moves. */
export class NaiveRun {
  readonly tasks: Map<string, NaiveTask> = new Map()
  state: 'running' | 'paused' | 'succeeded' | 'failed' | 'cancelled' = 'running'
  signals: string[] = []

  add(id: string, needs: readonly Need[], more: { allowFailure?: boolean; waitFor?: string | undefined; by?: string } = {}): void {
    this.tasks.set(id, { state: 'pending', needs: needs.map(({ task, kind = 'hard' }) => ({ task, kind })), allowFailure: more.allowFailure ?? false, waitFor: more.waitFor, by: more.by })
  }

  set(id: string, state: TaskStateName): void {
    this.get(id).state = state
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
      for (const task of this.tasks.values()) moved = this.#step(task) || moved
    }
    const tasks = [...this.tasks.values()]
    if (this.hasEnded || tasks.some((task) => !FINAL.has(task.state))) return
    this.state = [...this.tasks].some(([id, task]) => task.state === 'failed' && !task.allowFailure && !this.#isAbsorbed(id)) ? 'failed' : 'succeeded'
  }

  cancel(): void {
    for (const task of this.tasks.values()) if (!FINAL.has(task.state)) task.state = 'cancelled'
    this.state = 'cancelled'
  }

  /** Whether setting this task back makes sense. */
  canRetry(id: string): boolean {
    return this.get(id).needs.every(({ task, kind }) => kind !== 'hard' || !FINAL.has(this.get(task).state) || this.get(task).state === 'succeeded')
  }

  retry(id: string): number {
    const cone = new Set([id])
    const dropped = new Set<string>()
    for (const seen of cone) {
      for (const [other, task] of this.tasks) {
        if (task.by === seen) dropped.add(other)
        if (task.by === seen || task.needs.some((need) => need.task === seen)) cone.add(other)
      }
    }
    for (const other of dropped) this.tasks.delete(other)
    for (const [other, task] of this.tasks) {
      task.needs = task.needs.filter((need) => !dropped.has(need.task))
      if (cone.has(other)) task.state = 'pending'
    }
    if (this.state !== 'paused') this.state = 'running'
    this.settle()
    return [...cone].filter((other) => !dropped.has(other)).length
  }

  /** Whether `from` already waits, over however many steps, for `to`. */
  waitsFor(from: string, to: string): boolean {
    return from === to || this.get(from).needs.some(({ task, kind }) => kind !== 'optional' && this.waitsFor(task, to))
  }

  #step(task: NaiveTask): boolean {
    if (task.state === 'waiting' && task.waitFor !== undefined && this.signals.includes(task.waitFor)) {
      this.signals.splice(this.signals.indexOf(task.waitFor), 1)
      task.state = 'succeeded'
      return true
    }
    if (task.state !== 'pending') return false
    const ends = task.needs.filter(({ kind }) => kind !== 'optional').map(({ task: need, kind }) => ({ kind, state: this.get(need).state }))
    if (ends.some(({ kind, state }) => kind === 'hard' && FINAL.has(state) && state !== 'succeeded')) task.state = 'skipped'
    else if (ends.every(({ state }) => FINAL.has(state))) task.state = task.waitFor === undefined ? 'ready' : 'waiting'
    return task.state !== 'pending'
  }

  #isAbsorbed(id: string): boolean {
    return [...this.tasks.values()].some(({ needs }) => needs.some(({ task, kind }) => task === id && kind !== 'hard'))
  }
}
