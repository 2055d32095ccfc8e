import { SymphonyError } from '@symphony/interface'
import type { DynamicTask, Expansion, Json, Need, NeedKind } from '@symphony/interface'
import type { ResolvedExpansion } from './expansion.ts'
import { KINDS } from './layout.ts'
import { suggestion } from './nearest.ts'
import { Problems } from './problems.ts'
import { forEachDependent } from './retry.ts'
import type { DagState, RunData } from './state.ts'
import { taskId } from './task-id.ts'
import { PENDING } from './transitions.ts'

const TASK_KEYS: ReadonlySet<string> = new Set(['id', 'type', 'params', 'needs', 'feeds', 'reuse'])
const KIND_NUMBERS: Readonly<Record<NeedKind, number>> = { hard: KINDS.HARD, soft: KINDS.SOFT, optional: KINDS.OPTIONAL }

/** Row of a task of the run, or undefined. */
export function findTask(state: DagState, data: RunData, id: string): number | undefined {
  const node = data.template.compiled.index.get(id)
  return node === undefined ? data.addedIds?.get(id) : (state.tables.runTaskBase[data.row] as number) + node
}

/**
 * Turns names into rows and checks everything, before anything is logged.
 * @throws SymphonyError `WORKFLOW_INVALID` with all problems, `WORKFLOW_CYCLE`
 */
export function resolveExpansion(state: DagState, data: RunData, expansion: Expansion): ResolvedExpansion {
  const resolver = new Resolver(state, data)
  resolver.read(expansion)
  resolver.problems.throwIfAny(`The expansion of run "${data.id}"`)
  resolver.refuseCycles()
  return resolver
}

class Resolver implements ResolvedExpansion {
  readonly ids: string[] = []
  readonly types: number[] = []
  readonly params: (Json | undefined)[] = []
  readonly links: number[] = []
  readonly problems: Problems = new Problems()
  readonly #state: DagState
  readonly #data: RunData
  /** Ids of this expansion: -1 - index for a new task, a row for one that is used again. */
  readonly #own = new Map<string, number>()
  /** Whether an edge was added that could close a circle. */
  #isRisky = false

  constructor(state: DagState, data: RunData) {
    this.#state = state
    this.#data = data
  }

  read(expansion: Expansion): void {
    const tasks = expansion?.tasks as unknown
    if (!Array.isArray(tasks)) {
      this.problems.add('tasks', 'must be an array of tasks')
      return
    }
    const isNew = tasks.map((task: DynamicTask, place) => this.#readTask(task, place))
    tasks.forEach((task: DynamicTask, place) => {
      const self = this.#own.get(task?.id)
      if (self === undefined) return
      if (isNew[place] === true) this.#readEnds(task.needs, `tasks[${place}].needs`, (need, kind, path) => this.#need(self, need, kind, path))
      this.#readEnds(task.feeds, `tasks[${place}].feeds`, (target, kind, path) => this.#feed(self, target, kind, path))
    })
  }

  /** Walks forward from every new task over what is waited for; coming back to where the walk is means a circle. */
  refuseCycles(): void {
    if (!this.#isRisky) return
    const next = new Map<number, number[]>()
    for (let at = 0; at < this.links.length; at += 3) {
      if (this.links[at + 2] === KINDS.OPTIONAL) continue
      const targets = next.get(this.links[at] as number)
      if (targets === undefined) next.set(this.links[at] as number, [this.links[at + 1] as number])
      else targets.push(this.links[at + 1] as number)
    }
    const done = new Set<number>()
    for (const start of next.keys()) {
      const cycle = done.has(start) ? undefined : this.#walk(start, next, done)
      if (cycle !== undefined) throw this.#circle(cycle)
    }
  }

  #walk(start: number, next: ReadonlyMap<number, readonly number[]>, done: Set<number>): readonly number[] | undefined {
    const path = [start]
    const left = [this.#after(start, next)]
    const onPath = new Set(path)
    while (path.length > 0) {
      const target = (left[left.length - 1] as number[]).pop()
      if (target === undefined) {
        const task = path.pop() as number
        left.pop()
        onPath.delete(task)
        done.add(task)
      } else if (onPath.has(target)) return path.slice(path.indexOf(target))
      else if (!done.has(target)) {
        path.push(target)
        onPath.add(target)
        left.push(this.#after(target, next))
      }
    }
    return undefined
  }

  #after(task: number, next: ReadonlyMap<number, readonly number[]>): number[] {
    const after = [...(next.get(task) ?? [])]
    if (task >= 0) forEachDependent(this.#state.tables, task, (dependent, kind) => void (kind !== KINDS.OPTIONAL && after.push(dependent)))
    return after
  }

  #circle(cycle: readonly number[]): SymphonyError {
    const names = cycle.map((task) => (task < 0 ? (this.ids[-1 - task] as string) : taskId(this.#state, this.#data, task)))
    const circle = [...names, names[0]].join(' -> ')
    return new SymphonyError({
      code: 'WORKFLOW_CYCLE',
      component: '@symphony/dag',
      message: `The expansion of run "${this.#data.id}" would make ${circle} wait for each other. Remove one of these needs or feeds.`,
      details: { cycle: names },
    })
  }

  /** @returns whether the task is to be added */
  #readTask(task: DynamicTask, place: number): boolean {
    const path = `tasks[${place}]`
    if (typeof task?.id !== 'string' || task.id === '') {
      this.problems.add(`${path}.id`, 'must be a string that is not empty')
      return false
    }
    for (const key in task) if (!TASK_KEYS.has(key)) this.problems.addUnknownKey(path, key, TASK_KEYS)
    const known = this.#own.get(task.id) ?? findTask(this.#state, this.#data, task.id)
    if (known !== undefined) {
      if (task.reuse === true) this.#own.set(task.id, known)
      else this.problems.add(`${path}.id`, `the run already has a task "${task.id}"; choose another id, or set \`reuse\` to use that one`)
      return false
    }
    const type = this.#data.template.compiled.typeIndex.get(task.type)
    if (type === undefined) {
      const known = this.#data.template.compiled.typeIndex.keys()
      this.problems.add(`${path}.type`, `no type "${String(task.type)}" among the workflow's types${suggestion(task.type, known)}`)
    }
    this.#own.set(task.id, -1 - this.ids.length)
    this.ids.push(task.id)
    this.types.push(type ?? 0)
    this.params.push(task.params)
    return true
  }

  #readEnds(ends: DynamicTask['needs'], path: string, use: (task: number, kind: number, path: string) => void): void {
    if (ends === undefined) return
    if (!Array.isArray(ends)) {
      this.problems.add(path, 'must be an array of ids or { task, kind }')
      return
    }
    const seen = new Set<number>()
    ends.forEach((end: string | Need, place) => {
      const at = `${path}[${place}]`
      const id: unknown = typeof end === 'string' ? end : end?.task
      const kind = typeof end === 'string' ? KINDS.HARD : KIND_NUMBERS[end?.kind ?? 'hard']
      const task = typeof id === 'string' ? (this.#own.get(id) ?? findTask(this.#state, this.#data, id)) : undefined
      if (task === undefined) this.problems.add(at, `no task "${String(id)}" in the run or the expansion`)
      else if (kind === undefined) this.problems.add(`${at}.kind`, 'must be "hard", "soft" or "optional"')
      else if (seen.has(task)) this.problems.add(at, `"${String(id)}" is listed twice`)
      else {
        seen.add(task)
        use(task, kind, at)
      }
    })
  }

  #need(self: number, need: number, kind: number, path: string): void {
    if (need === self) {
      this.problems.add(path, 'a task cannot need itself')
      return
    }
    // Whoever is no longer PENDING waits for nobody, so no circle can lead through it.
    if (need < 0 || this.#state.tables.taskState[need] === PENDING) this.#isRisky = true
    this.links.push(need, self, kind)
  }

  #feed(self: number, target: number, kind: number, path: string): void {
    const { tables } = this.#state
    if (target === self) this.problems.add(path, 'a task cannot feed itself')
    else if (target >= 0 && tables.taskState[target] !== PENDING) {
      this.problems.add(path, `"${taskId(this.#state, this.#data, target)}" is no longer pending, so it cannot wait for another task`)
    } else {
      if (target < 0 || (self >= 0 && tables.taskState[self] === PENDING)) this.#isRisky = true
      if (self >= 0 && target >= 0 && this.#feedsAlready(self, target, kind)) return
      this.links.push(self, target, kind)
    }
  }

  /** A task that is used again may feed its target already. */
  #feedsAlready(self: number, target: number, kind: number): boolean {
    let found = false
    forEachDependent(this.#state.tables, self, (dependent, has) => {
      if (dependent === target && has <= kind) found = true
    })
    return found
  }
}
