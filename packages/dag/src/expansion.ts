import type { Json } from '@symphony/interface'
import { assert } from '@symphony/interface'
import { doom, makeReady, settle } from './backend.ts'
import { FLAGS, KINDS } from './layout.ts'
import { addRows, clearTasks } from './run-table.ts'
import type { DagState, RunData } from './state.ts'
import type { DagTables } from './tables.ts'
import { flagsOf } from './template.ts'
import { FAILED, FIRST_FINAL, PENDING, SUCCEEDED } from './transitions.ts'

/** Tasks to be added, with every name resolved: what is logged and what is applied. */
export interface ResolvedExpansion {
  readonly ids: readonly string[]
  /** Places of their types. */
  readonly types: readonly number[]
  readonly params: readonly (Json | undefined)[]
  /** Triples (from, to, kind). A task of the run is its row; the i-th new task is -1 - i. */
  readonly links: readonly number[]
}

/** Adds tasks to a run. @returns how many */
export function applyExpansion(state: DagState, by: number, expansion: ResolvedExpansion, nowMs: number): number {
  const t = state.tables
  const run = t.taskRun[by] as number
  const data = state.run(run)
  const count = expansion.ids.length
  const first = count === 0 ? 0 : addTasks(state, data, by, expansion)
  // Links go to the head of their lists: added last to first, they are found in the order they were given.
  for (let at = expansion.links.length - 3; at >= 0; at -= 3) {
    const from = expansion.links[at] as number
    const to = expansion.links[at + 1] as number
    addLink(t, from >= 0 ? from : first - 1 - from, to >= 0 ? to : first - 1 - to, expansion.links[at + 2] as number)
  }
  for (let task = first + count - 1; task >= first && count > 0; task--) rankAdded(state, data, task)
  for (let task = first; task < first + count; task++) {
    if (t.taskState[task] === PENDING && t.taskPending[task] === 0) makeReady(t, task, nowMs)
  }
  data.critical = undefined
  settle(t, run, nowMs)
  return count
}

function addTasks(state: DagState, data: RunData, by: number, expansion: ResolvedExpansion): number {
  const t = state.tables
  const { runs } = t.region.tables
  const count = expansion.ids.length
  const first = addRows(t, data.row, count)
  clearTasks(t, data.row, first, count)
  t.taskOutStart.fill(0, first, first + count)
  t.taskOutCount.fill(0, first, first + count)
  t.taskPending.fill(0, first, first + count)
  t.counts[data.row * 8 + PENDING]! += count
  runs.columns.tasksTotal[data.row]! += count
  t.runTasksOpen[data.row]! += count
  state.growTo(t.tasks.used)
  if (data.addedIds === undefined) {
    data.addedIds = new Map()
    data.added = []
  }
  for (let index = 0; index < count; index++) {
    const row = first + index
    const place = expansion.types[index] as number
    const type = data.template.compiled.types[place]
    assert(type !== undefined, 'an added task has a type of its workflow')
    t.taskType[row] = data.binding.typeBase + place
    t.taskFlags[row] = flagsOf(type)
    t.taskNode[row] = -1 - data.added.length
    const id = expansion.ids[index] as string
    data.added.push({ id, type: place, params: expansion.params[index], by, row })
    data.addedIds.set(id, row)
  }
  return first
}

function addLink(t: DagTables, from: number, to: number, kind: number): void {
  putLink(t, from, to, kind)
  if (kind === KINDS.OPTIONAL) {
    absorb(t, from)
    return
  }
  const state = t.taskState[from] as number
  if (state < FIRST_FINAL) t.taskPending[to]!++
  else if (kind === KINDS.SOFT) absorb(t, from)
  else if (state !== SUCCEEDED) {
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
    if (t.linkKind[link - 1] !== KINDS.OPTIONAL) longest = Math.max(longest, t.taskRankMs[t.linkTo[link - 1] as number] as number)
  }
  t.taskRankMs[task] = longest + (data.template.expectedMs[place] ?? 1)
}
