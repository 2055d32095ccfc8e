import type { Json, TaskType } from '@symphony/interface'
import { assert } from '@symphony/interface'
import { movedCondition } from './added-conditions.ts'
import type { AddedCondition } from './added-conditions.ts'
import { doom, makeReady, outcomeFor, settle } from './backend.ts'
import { FLAGS, KINDS } from './layout.ts'
import { addRows, clearTasks } from './run-table.ts'
import type { DagState, RunData } from './state.ts'
import type { DagTables } from './tables.ts'
import { flagsOf, waitMsOf } from './definition/template.ts'
import { FAILED, FIRST_FINAL, PENDING, SUCCEEDED } from './transitions.ts'

/** Many tasks that differ in their number only. */
export interface ResolvedRange {
  readonly prefix: string
  readonly count: number
  /** Place of the type. */
  readonly type: number
  readonly params: Json | undefined
  readonly join: number
  /** Pairs (from, kind): needs of each of them. */
  readonly needs: readonly number[]
  /** Pairs (to, kind): tasks that need each of them. */
  readonly feeds: readonly number[]
}

/**
 * Tasks to be added, with every name resolved: what is logged and what is applied. A task of the run is its row; the i-th new
 * task is -1 - i, where those of the ranges come after the single ones.
 */
export interface ResolvedExpansion {
  readonly ids: readonly string[]
  /** Places of their types. */
  readonly types: readonly number[]
  readonly params: readonly (Json | undefined)[]
  /** How many of its needs each has to see met; 0 for all. */
  readonly joins: readonly number[]
  /** Triples (from, to, kind). */
  readonly links: readonly number[]
  readonly ranges: readonly ResolvedRange[]
  /** By place among the tasks, and after them the ranges. */
  readonly conditions: ReadonlyMap<number, AddedCondition>
}

/** How many tasks an expansion adds. */
export function tasksIn(expansion: ResolvedExpansion): number {
  let count = expansion.ids.length
  for (const range of expansion.ranges) count += range.count
  return count
}

/** How many edges an expansion adds. */
export function linksIn(expansion: ResolvedExpansion): number {
  let count = expansion.links.length / 3
  for (const range of expansion.ranges) count += (range.count * (range.needs.length + range.feeds.length)) / 2
  return count
}

/** Adds tasks to a run. @returns how many */
export function applyExpansion(state: DagState, by: number, expansion: ResolvedExpansion, nowMs: number): number {
  const t = state.tables
  const run = t.taskRun[by] as number
  const data = state.run(run)
  const count = tasksIn(expansion)
  const first = count === 0 ? 0 : addTasks(state, data, by, expansion, count)
  // Links go to the head of their lists: added last to first, they are found in the order they were given.
  addRangeLinks(t, expansion, first)
  for (let at = expansion.links.length - 3; at >= 0; at -= 3) {
    addNeed(t, rowOf(expansion.links[at] as number, first), rowOf(expansion.links[at + 1] as number, first), expansion.links[at + 2] as number)
  }
  for (let task = first + count - 1; task >= first && count > 0; task--) rankAdded(state, data, task)
  for (let task = first; task < first + count; task++) judgeNew(t, task, nowMs)
  // What is fed may have had enough already, if it needs only some of its needs.
  for (let at = 1; at < expansion.links.length; at += 3) judgeFed(t, expansion.links[at] as number, nowMs)
  for (const { feeds } of expansion.ranges) for (let at = 0; at < feeds.length; at += 2) judgeFed(t, feeds[at] as number, nowMs)
  data.critical = undefined
  settle(t, run, nowMs)
  return count
}

function rowOf(end: number, first: number): number {
  return end >= 0 ? end : first - 1 - end
}

function judgeNew(t: DagTables, task: number, nowMs: number): void {
  if (t.taskState[task] !== PENDING) return
  if ((t.taskSlack[task] as number) < 0) doom(t, task)
  else if ((t.taskPending[task] as number) <= 0) makeReady(t, task, nowMs)
}

function judgeFed(t: DagTables, task: number, nowMs: number): void {
  if (task >= 0 && t.taskState[task] === PENDING && (t.taskPending[task] as number) <= 0) makeReady(t, task, nowMs)
}

function addTasks(state: DagState, data: RunData, by: number, expansion: ResolvedExpansion, count: number): number {
  const t = state.tables
  const { runs } = t.region.tables
  const first = addRows(t, data.row, count)
  clearTasks(t, data.row, first, count)
  t.taskOutStart.fill(0, first, first + count)
  t.taskOutCount.fill(0, first, first + count)
  t.counts[data.row * 8 + PENDING]! += count
  runs.columns.tasksTotal[data.row]! += count
  t.runTasksOpen[data.row]! += count
  state.growTo(t.tasks.used)
  if (data.addedIds === undefined) {
    data.addedIds = new Map()
    data.addedRanges = new Map()
    data.added = []
  }
  const { ids, types, params, joins, ranges } = expansion
  const whenOf = (place: number): AddedCondition | undefined => {
    const condition = expansion.conditions.get(place)
    return condition === undefined ? undefined : movedCondition(condition, (task) => rowOf(task, first))
  }
  for (let index = 0; index < ids.length; index++) {
    const id = ids[index] as string
    const type = types[index] as number
    const join = joins[index] as number
    const row = first + index
    const when = whenOf(index)
    fillRows(state, data, row, 1, type, join, when)
    data.added.push({ id, type, params: params[index], join, when, by, row, count: 0 })
    data.addedIds.set(id, row)
  }
  let row = first + ids.length
  ranges.forEach(({ prefix, count, type, params: each, join }, place) => {
    const when = whenOf(ids.length + place)
    fillRows(state, data, row, count, type, join, when)
    data.addedRanges?.set(prefix, data.added.length)
    data.added.push({ id: prefix, type, params: each, join, when, by, row, count })
    row += count
  })
  return first
}

/** Whole columns at a time; their place among what was added is the next one. */
function fillRows(state: DagState, data: RunData, row: number, count: number, place: number, join: number, when: AddedCondition | undefined): void {
  const t = state.tables
  const type = data.template.compiled.types[place]
  assert(type !== undefined, 'an added task has a type of its workflow')
  const end = row + count
  t.taskType.fill(data.binding.typeBase + place, row, end)
  t.taskFlags.fill(addedFlags(type, join, when), row, end)
  t.taskNode.fill(-1 - data.added.length, row, end)
  // Each need that comes adds to what may fail, so that what must be met is counted once, here.
  t.taskPending.fill(join, row, end)
  t.taskSlack.fill(-join, row, end)
  armTimeout(t, type, row, end)
}

/** What the definition of an added task says about it. */
export function addedFlags(type: TaskType, join: number, when: AddedCondition | undefined): number {
  return flagsOf(type) | (join === 0 ? 0 : FLAGS.JOINS) | (when === undefined ? 0 : FLAGS.WHEN)
}

/** A wait that is not for ever keeps how long it may take, negative, until it begins. */
export function armTimeout(t: DagTables, type: TaskType, first: number, end: number): void {
  const waitMs = waitMsOf(type)
  if (waitMs > 0) t.taskDueAtMs.fill(-waitMs, first, end)
}

function addRangeLinks(t: DagTables, expansion: ResolvedExpansion, first: number): void {
  let end = first + tasksIn(expansion)
  for (let place = expansion.ranges.length - 1; place >= 0; place--) {
    const { count, needs, feeds } = expansion.ranges[place] as ResolvedRange
    for (let task = end - 1; task >= end - count; task--) {
      for (let at = feeds.length - 2; at >= 0; at -= 2) addNeed(t, task, rowOf(feeds[at] as number, first), feeds[at + 1] as number)
      for (let at = needs.length - 2; at >= 0; at -= 2) addNeed(t, rowOf(needs[at] as number, first), task, needs[at + 1] as number)
    }
    end -= count
  }
}

function addNeed(t: DagTables, from: number, to: number, kind: number): void {
  putLink(t, from, to, kind)
  if (kind === KINDS.OPTIONAL) {
    absorb(t, from)
    return
  }
  const outcome = outcomeFor(t, from, to)
  const joins = ((t.taskFlags[to] as number) & FLAGS.JOINS) !== 0
  if (kind === KINDS.SOFT) absorb(t, from)
  if (outcome < FIRST_FINAL) {
    if (joins) t.taskSlack[to]!++
    else t.taskPending[to]!++
  } else if (kind === KINDS.SOFT || outcome === SUCCEEDED) {
    if (!joins) return
    t.taskSlack[to]!++
    t.taskPending[to]!--
  } else if (!joins) {
    // One more than will ever be met: it cannot become ready before it is skipped.
    t.taskPending[to]!++
    doom(t, to)
  }
}

/** Puts a link on both its lists. */
export function putLink(t: DagTables, from: number, to: number, kind: number): void {
  const { from: froms, to: tos, kind: kinds, nextOut, nextIn } = t.region.tables.links.columns
  const link = t.links.allocate()
  froms[link] = from
  tos[link] = to
  kinds[link] = kind
  nextOut[link] = t.taskExtraOut[from] as number
  t.taskExtraOut[from] = link + 1
  nextIn[link] = t.taskExtraIn[to] as number
  t.taskExtraIn[to] = link + 1
}

/** A failure that somebody now goes on without fails the run no longer. */
function absorb(t: DagTables, task: number): void {
  const flags = t.taskFlags[task] as number
  if (t.taskState[task] !== FAILED || (flags & (FLAGS.ALLOW_FAILURE | FLAGS.ABSORBED)) !== 0) return
  t.taskFlags[task] = flags | FLAGS.ABSORBED
  t.region.tables.runs.columns.failures[t.taskRun[task] as number]!--
}

/** Rank of an added task: exact when an expansion lists tasks before those they feed. A hint for scheduling, nothing more. */
export function rankAdded(state: DagState, data: RunData, task: number): void {
  const t = state.tables
  const place = (t.taskType[task] as number) - data.binding.typeBase
  let longest = 0
  for (let link = t.taskExtraOut[task] as number; link !== 0; link = t.linkNextOut[link - 1] as number) {
    if ((t.linkKind[link - 1] as number) < KINDS.OPTIONAL) longest = Math.max(longest, t.taskRankMs[t.linkTo[link - 1] as number] as number)
  }
  t.taskRankMs[task] = longest + (data.template.expectedMs[place] ?? 1)
}
