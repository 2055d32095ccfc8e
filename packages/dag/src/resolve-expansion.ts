import { SymphonyError } from '@symphony/interface'
import type { DynamicRange, DynamicTask, Expansion, Json, Need, NeedKind } from '@symphony/interface'
import type { ResolvedExpansion, ResolvedRange } from './expansion.ts'
import { circleIn } from './expansion-cycles.ts'
import { readAddedCondition } from './added-conditions.ts'
import type { AddedCondition, ConditionSurroundings } from './added-conditions.ts'
import { checkJoin, readJoin } from './definition/join.ts'
import { KINDS } from './layout.ts'
import { RANGE_MAX } from './limits.ts'
import { suggestion } from './definition/nearest.ts'
import { Problems } from './definition/problems.ts'
import { forEachDependent } from './runs/retry.ts'
import type { AddedTask, DagState, RunData } from './state.ts'
import { itemId, taskId } from './definition/task-id.ts'
import { PENDING } from './transitions.ts'

const TASK_KEYS: ReadonlySet<string> = new Set(['id', 'type', 'params', 'needs', 'join', 'when', 'feeds', 'reuse'])
const RANGE_KEYS: ReadonlySet<string> = new Set(['prefix', 'count', 'type', 'params', 'needs', 'join', 'when', 'feeds'])
const ITEM = /^(.*)\[(0|[1-9]\d{0,8})\]$/s
const NO_IDS: ReadonlyMap<string, number> = new Map()
const KIND_NUMBERS: Readonly<Record<NeedKind, number>> = { hard: KINDS.HARD, soft: KINDS.SOFT, optional: KINDS.OPTIONAL }

/** Row of a task of the run, or undefined. */
export function findTask(state: DagState, data: RunData, id: string): number | undefined {
  const node = data.template.compiled.index.get(id)
  if (node !== undefined) return (state.tables.runTaskBase[data.row] as number) + node
  const row = data.addedIds?.get(id)
  if (row !== undefined || data.addedRanges === undefined || data.addedRanges.size === 0) return row
  const item = splitItem(id)
  const range = item === undefined ? undefined : data.added[data.addedRanges.get(item.prefix) ?? -1]
  return item !== undefined && range !== undefined && item.index < range.count ? range.row + item.index : undefined
}

/** The id of a task of a range, taken apart. */
function splitItem(id: string): { readonly prefix: string; readonly index: number } | undefined {
  const found = id.endsWith(']') ? ITEM.exec(id) : null
  return found === null ? undefined : { prefix: found[1] as string, index: Number(found[2]) }
}

/** Params of an added task. */
export function paramsOf(added: AddedTask, row: number): Json | undefined {
  return added.count === 0 ? added.params : { index: row - added.row, of: added.params ?? null }
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
  readonly joins: number[] = []
  readonly links: number[] = []
  readonly ranges: ResolvedRange[] = []
  readonly conditions: Map<number, AddedCondition> = new Map()
  readonly problems: Problems = new Problems()
  readonly #state: DagState
  readonly #data: RunData
  /** Ids of this expansion: -1 - index for a new task, a row for one that is used again. */
  readonly #own = new Map<string, number>()
  /** By prefix: the number of the first new task of a range, and how many there are. */
  readonly #ownRanges = new Map<string, { readonly first: number; readonly count: number }>()
  #count = 0
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
    const ranges = expansion.ranges ?? []
    if (!Array.isArray(ranges)) this.problems.add('ranges', 'must be an array of ranges')
    const isNew = tasks.map((task: DynamicTask, place) => this.#readTask(task, place))
    this.#count = this.ids.length
    const starts = Array.isArray(ranges) ? ranges.map((range: DynamicRange, place) => this.#readRange(range, `ranges[${place}]`)) : []
    tasks.forEach((task: DynamicTask, place) => {
      const self = this.#own.get(task?.id)
      if (self === undefined) return
      if (isNew[place] === true) this.#readNeeds(task, self, `tasks[${place}]`)
      this.#readEnds(task.feeds, `tasks[${place}].feeds`, (target, kind, path) => this.#feed(self, target, kind, path))
    })
    starts.forEach((first, place) => this.#readRangeEnds(ranges[place] as DynamicRange, first, `ranges[${place}]`))
    if (this.joins.some((join) => join > 0)) this.#checkJoins(tasks)
  }

  /** @returns the number of its first new task, or undefined when it adds none */
  #readRange(range: DynamicRange, path: string): number | undefined {
    if (typeof range?.prefix !== 'string' || range.prefix === '') {
      this.problems.add(`${path}.prefix`, 'must be a string that is not empty')
      return undefined
    }
    for (const key in range) if (!RANGE_KEYS.has(key)) this.problems.addUnknownKey(path, key, RANGE_KEYS)
    const { prefix, count } = range
    if (!Number.isInteger(count) || count < 0 || count > RANGE_MAX) {
      this.problems.add(`${path}.count`, `must be a whole number from 0 to ${RANGE_MAX}`)
      return undefined
    }
    const taken = this.#takenItem(prefix, count)
    if (taken !== undefined) this.problems.add(`${path}.prefix`, `the run already has a task "${taken}"; choose another prefix`)
    const type = this.#data.template.compiled.typeIndex.get(range.type)
    if (type === undefined) this.#reportType(range.type, path)
    const join = readJoin(range.join, `${path}.join`, this.problems)
    if (taken !== undefined || count === 0) return undefined
    const first = this.#count
    this.#ownRanges.set(prefix, { first, count })
    this.#count += count
    this.ranges.push({ prefix, count, type: type ?? 0, params: range.params, join, needs: [], feeds: [] })
    return first
  }

  /** An id of the range that is taken, if there is one: looked for on the smaller side. */
  #takenItem(prefix: string, count: number): string | undefined {
    if (this.#ownRanges.has(prefix) || this.#data.addedRanges?.has(prefix) === true) return itemId(prefix, 0)
    const { index } = this.#data.template.compiled
    const known = [index, this.#data.addedIds ?? NO_IDS, this.#own]
    if (known.reduce((sum, ids) => sum + ids.size, 0) > count) {
      for (let at = 0; at < count; at++) if (known.some((ids) => ids.has(itemId(prefix, at)))) return itemId(prefix, at)
      return undefined
    }
    for (const ids of known) {
      for (const id of ids.keys()) {
        const item = splitItem(id)
        if (item !== undefined && item.prefix === prefix && item.index < count) return id
      }
    }
    return undefined
  }

  #readRangeEnds(range: DynamicRange, first: number | undefined, path: string): void {
    if (first === undefined) return
    const place = this.ranges.findIndex(({ prefix }) => prefix === range.prefix)
    const { count, join } = this.ranges[place] as ResolvedRange
    const isOwn = (end: number): boolean => -1 - end >= first && -1 - end < first + count
    const needs: number[] = []
    const feeds: number[] = []
    const kinds = new Map<number, number>()
    const add = (need: number, kind: number): void => {
      needs.push(need, kind)
      kinds.set(need, kind)
      if (need < 0 || this.#state.tables.taskState[need] === PENDING) this.#isRisky = true
    }
    this.#readEnds(range.needs, `${path}.needs`, (need, kind, at) => {
      if (isOwn(need)) this.problems.add(at, 'tasks of a range cannot need each other')
      else add(need, kind)
    })
    this.#readWhen(range, this.ids.length + place, { path: `${path}.when`, needs: kinds, isSelf: isOwn, need: (need) => add(need, KINDS.SOFT) })
    this.#readEnds(range.feeds, `${path}.feeds`, (target, kind, at) => {
      if (isOwn(target)) this.problems.add(at, 'tasks of a range cannot feed each other')
      else if (this.#mayBeFed(target, at)) feeds.push(target, kind)
    })
    // Those others of the expansion feed to single tasks of the range come on top: the rest of the range must do without.
    if (join > 0) checkJoin(join, needs.filter((kind, at) => at % 2 === 1 && kind !== KINDS.OPTIONAL).length, `${path}.join`, this.problems)
    this.ranges[place] = { ...(this.ranges[place] as ResolvedRange), needs, feeds }
  }

  #readNeeds(task: DynamicTask, self: number, path: string): void {
    const needs = new Map<number, number>()
    const add = (need: number, kind: number, at: string): void => {
      needs.set(need, kind)
      this.#need(self, need, kind, at)
    }
    this.#readEnds(task.needs, `${path}.needs`, add)
    const at = `${path}.when`
    this.#readWhen(task, -1 - self, { path: at, needs, isSelf: (need) => need === self, need: (need) => add(need, KINDS.SOFT, at) })
  }

  /** @param place among the tasks, and after them the ranges */
  #readWhen({ when, join }: DynamicTask | DynamicRange, place: number, given: Omit<ConditionSurroundings, 'problems' | 'find' | 'nameOf'>): void {
    if (when === undefined) return
    if (join !== undefined) this.problems.add(given.path, 'goes not with `join`; say in the condition how many there must be')
    const condition = readAddedCondition(when, {
      ...given, problems: this.problems, find: (id) => this.#find(id), nameOf: (task) => this.#nameOf(task),
    })
    if (condition !== undefined) this.conditions.set(place, condition)
  }

  #checkJoins(tasks: readonly DynamicTask[]): void {
    const needs = new Array<number>(this.ids.length).fill(0)
    const count = (to: number, kind: number, times: number): void => {
      if (kind !== KINDS.OPTIONAL && to < 0 && -1 - to < needs.length) needs[-1 - to]! += times
    }
    for (let at = 0; at < this.links.length; at += 3) count(this.links[at + 1] as number, this.links[at + 2] as number, 1)
    for (const { feeds, count: times } of this.ranges) {
      for (let at = 0; at < feeds.length; at += 2) count(feeds[at] as number, feeds[at + 1] as number, times)
    }
    tasks.forEach((task, place) => {
      const self = this.#own.get(task?.id)
      if (self !== undefined && self < 0) checkJoin(this.joins[-1 - self] as number, needs[-1 - self] as number, `tasks[${place}].join`, this.problems)
    })
  }

  refuseCycles(): void {
    if (!this.#isRisky) return
    const ranges = this.ranges.map((range) => ({ ...range, first: (this.#ownRanges.get(range.prefix) as { readonly first: number }).first }))
    const cycle = circleIn(this.#state.tables, this.links, ranges)
    if (cycle !== undefined) throw this.#circle(cycle)
  }

  #circle(cycle: readonly number[]): SymphonyError {
    const names = cycle.map((task) => this.#nameOf(task))
    const circle = [...names, names[0]].join(' -> ')
    return new SymphonyError({
      code: 'WORKFLOW_CYCLE',
      component: '@symphony/dag',
      message: `The expansion of run "${this.#data.id}" would make ${circle} wait for each other. Remove one of these needs or feeds.`,
      details: { cycle: names },
    })
  }

  #nameOf(task: number): string {
    return task < 0 ? this.#newId(-1 - task) : taskId(this.#state, this.#data, task)
  }

  #newId(index: number): string {
    for (const [prefix, { first, count }] of this.#ownRanges) if (index >= first && index < first + count) return itemId(prefix, index - first)
    return this.ids[index] as string
  }

  #find(id: string): number | undefined {
    const own = this.#own.get(id)
    if (own !== undefined) return own
    const item = this.#ownRanges.size === 0 ? undefined : splitItem(id)
    const range = item === undefined ? undefined : this.#ownRanges.get(item.prefix)
    if (item !== undefined && range !== undefined && item.index < range.count) return -1 - range.first - item.index
    return findTask(this.#state, this.#data, id)
  }

  #reportType(type: unknown, path: string): void {
    const known = this.#data.template.compiled.typeIndex.keys()
    this.problems.add(`${path}.type`, `no type "${String(type)}" among the workflow's types${suggestion(type, known)}`)
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
    if (type === undefined) this.#reportType(task.type, path)
    this.#own.set(task.id, -1 - this.ids.length)
    this.ids.push(task.id)
    this.types.push(type ?? 0)
    this.joins.push(readJoin(task.join, `${path}.join`, this.problems))
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
      const task = typeof id === 'string' ? this.#find(id) : undefined
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
    else if (this.#mayBeFed(target, path)) {
      if (target < 0 || (self >= 0 && tables.taskState[self] === PENDING)) this.#isRisky = true
      if (self >= 0 && target >= 0 && this.#feedsAlready(self, target, kind)) return
      this.links.push(self, target, kind)
    }
  }

  #mayBeFed(target: number, path: string): boolean {
    if (target < 0 || this.#state.tables.taskState[target] === PENDING) return true
    this.problems.add(path, `"${taskId(this.#state, this.#data, target)}" is no longer pending, so it cannot wait for another task`)
    return false
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
