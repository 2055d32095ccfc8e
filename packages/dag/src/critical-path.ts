import type { CriticalPathReport, SlackReport } from '@symphony/interface'
import { KINDS } from './layout.ts'
import { forEachDependent } from './runs/retry.ts'
import { rangesOf } from './run-table.ts'
import { taskId } from './definition/task-id.ts'
import type { DagState, RunData } from './state.ts'
import type { DagTables } from './tables.ts'
import { FIRST_FINAL } from './transitions.ts'

/**
 * What is kept to answer from, from the first question on. Tasks only ever end, so nothing here has to be found twice: the first
 * open task of the order begins the longest path that is left, the cursor moves through the order once in the life of a run, and
 * the dependent a path goes on to stays the one as long as it is open. An expansion or a retry begins anew.
 */
export interface CriticalOrder {
  /** Rows, less `base`, by rank, longest first. Runs of a template share it as long as they have nothing of their own. */
  readonly tasks: Int32Array
  readonly base: number
  cursor: number
  /** Of each task of the definition, the row its path goes on to + 1; -1 when it ends there, 0 until somebody asked. */
  readonly next: Int32Array
}

/** The open task with the longest path behind it, or -1. */
export function criticalTask(state: DagState, data: RunData): number {
  const order = (data.critical ??= orderOf(state, data))
  const { tasks, base } = order
  const { taskState } = state.tables
  while (order.cursor < tasks.length && (taskState[base + (tasks[order.cursor] as number)] as number) >= FIRST_FINAL) order.cursor++
  return order.cursor < tasks.length ? base + (tasks[order.cursor] as number) : -1
}

/** The longest path through what is left of a run, in expected ms. */
export function criticalPath(state: DagState, data: RunData): CriticalPathReport {
  const tasks: string[] = []
  const first = criticalTask(state, data)
  for (let task = first; task >= 0; task = nextTask(state, data, task)) tasks.push(taskId(state, data, task))
  return { tasks, lengthMs: first < 0 ? 0 : (state.tables.taskRankMs[first] as number) }
}

/** The open dependent with the longest path behind it, or -1. */
function nextTask(state: DagState, data: RunData, task: number): number {
  const { next } = data.critical as CriticalOrder
  const node = state.tables.taskNode[task] as number
  const known = node < 0 ? 0 : (next[node] as number)
  if (known < 0 || (known > 0 && (state.tables.taskState[known - 1] as number) < FIRST_FINAL)) return known < 0 ? -1 : known - 1
  const found = longestDependent(state.tables, task)
  if (node >= 0) next[node] = found < 0 ? -1 : found + 1
  return found
}

function longestDependent(t: DagTables, task: number): number {
  let longest = -1
  forEachDependent(t, task, (dependent, kind) => {
    if (kind === KINDS.OPTIONAL || (t.taskState[dependent] as number) >= FIRST_FINAL) return
    if (longest < 0 || (t.taskRankMs[dependent] as number) > (t.taskRankMs[longest] as number)) longest = dependent
  })
  return longest
}

/** Less than this is rounding, ms. */
const ROUNDING_MS = 1e-6

/**
 * The time each open task has to spare, by the two passes of the critical path method (Kelley and Walker, 1959): forwards when it can
 * begin at the earliest; backwards, kept as its rank, what comes after it.
 */
export function slackOf(state: DagState, data: RunData): readonly SlackReport[] {
  const t = state.tables
  const longest = criticalTask(state, data)
  if (longest < 0) return []
  const lengthMs = t.taskRankMs[longest] as number
  const open = openNeeds(state, data)
  const earliestMs = new Map<number, number>()
  const reports: SlackReport[] = []
  // Those that wait for nothing, then whom they let go.
  const next = [...open].flatMap(([task, needs]) => (needs === 0 ? [task] : []))
  for (const task of next) {
    const beginMs = earliestMs.get(task) ?? 0
    const endMs = beginMs + expectedMsOf(state, data, task)
    const spareMs = lengthMs - beginMs - (t.taskRankMs[task] as number)
    reports.push({ task: taskId(state, data, task), earliestMs: beginMs, slackMs: spareMs < ROUNDING_MS ? 0 : spareMs })
    forEachDependent(t, task, (dependent, kind) => {
      const needs = open.get(dependent)
      if (kind === KINDS.OPTIONAL || needs === undefined) return
      earliestMs.set(dependent, Math.max(earliestMs.get(dependent) ?? 0, endMs))
      open.set(dependent, needs - 1)
      if (needs === 1) next.push(dependent)
    })
  }
  return reports.sort((a, b) => a.slackMs - b.slackMs || a.earliestMs - b.earliestMs)
}

/** What a task was expected to take when its rank was worked out, which may be long ago. */
function expectedMsOf(state: DagState, data: RunData, task: number): number {
  const t = state.tables
  if ((t.taskNode[task] as number) < 0) return data.template.expectedMs[(t.taskType[task] as number) - data.binding.typeBase] ?? 1
  const base = t.runTaskBase[data.row] as number
  const start = t.taskOutStart[task] as number
  const end = start + (t.taskOutCount[task] as number)
  let behindMs = 0
  for (let edge = start; edge < end; edge++) {
    const target = t.edgeTarget[edge] as number
    if ((target & 3) !== KINDS.OPTIONAL) behindMs = Math.max(behindMs, t.taskRankMs[base + (target >> 2)] as number)
  }
  return (t.taskRankMs[task] as number) - behindMs
}

/** Open tasks of a run, with how many of their needs are open too. */
function openNeeds(state: DagState, data: RunData): Map<number, number> {
  const t = state.tables
  const open = new Map<number, number>()
  for (const [first, count] of rangesOf(t, data.row)) {
    for (let task = first; task < first + count; task++) if ((t.taskState[task] as number) < FIRST_FINAL) open.set(task, 0)
  }
  for (const task of open.keys()) {
    forEachDependent(t, task, (dependent, kind) => {
      const needs = open.get(dependent)
      if (kind !== KINDS.OPTIONAL && needs !== undefined) open.set(dependent, needs + 1)
    })
  }
  return open
}

function orderOf(state: DagState, data: RunData): CriticalOrder {
  const t = state.tables
  const { template } = data
  const base = t.runTaskBase[data.row] as number
  const next = new Int32Array(template.compiled.taskCount)
  // A definition may have learned since the run began; then the run has ranks of its own.
  const isShared = data.added.length === 0 && template.ranks.every((rank, node) => rank === t.taskRankMs[base + node])
  if (isShared) return { tasks: (template.byRank ??= sorted(template.compiled.nodes, template.ranks)), base, cursor: 0, next }
  const rows: number[] = []
  for (const [first, count] of rangesOf(t, data.row)) for (let task = first; task < first + count; task++) rows.push(task)
  return { tasks: sorted(Int32Array.from(rows), t.taskRankMs), base: 0, cursor: 0, next }
}

function sorted(tasks: Int32Array, ranks: Float64Array): Int32Array {
  return tasks.slice().sort((a, b) => (ranks[b] as number) - (ranks[a] as number))
}
