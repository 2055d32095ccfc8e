import type { CriticalPathReport, SlackReport } from '@symphony/interface'
import { KINDS } from './layout.ts'
import { forEachDependent } from './runs/retry.ts'
import { rangesOf } from './run-table.ts'
import { taskId } from './definition/task-id.ts'
import type { DagState, RunData } from './state.ts'
import { FIRST_FINAL } from './transitions.ts'

/**
 * Tasks of a run by rank, longest first, and how far they have ended. The first open task of this order begins the longest path
 * that is left. Tasks only ever end, so the cursor moves through the order once in the life of a run: constant time a question
 * on average. An expansion or a retry makes a new order.
 */
export interface CriticalOrder {
  readonly tasks: Int32Array
  cursor: number
}

/** The open task with the longest path behind it, or -1. */
export function criticalTask(state: DagState, data: RunData): number {
  const order = (data.critical ??= orderOf(state, data))
  const { taskState } = state.tables
  while (order.cursor < order.tasks.length && (taskState[order.tasks[order.cursor] as number] as number) >= FIRST_FINAL) order.cursor++
  return order.tasks[order.cursor] ?? -1
}

/** The longest path through what is left of a run, in expected ms. */
export function criticalPath(state: DagState, data: RunData): CriticalPathReport {
  const t = state.tables
  const tasks: string[] = []
  const first = criticalTask(state, data)
  for (let task = first; task >= 0; ) {
    tasks.push(taskId(state, data, task))
    let next = -1
    forEachDependent(t, task, (dependent, kind) => {
      if (kind === KINDS.OPTIONAL || (t.taskState[dependent] as number) >= FIRST_FINAL) return
      if (next < 0 || (t.taskRankMs[dependent] as number) > (t.taskRankMs[next] as number)) next = dependent
    })
    task = next
  }
  return { tasks, lengthMs: first < 0 ? 0 : (t.taskRankMs[first] as number) }
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
    const endMs = beginMs + (data.template.expectedMs[(t.taskType[task] as number) - data.binding.typeBase] ?? 1)
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
  const rows: number[] = []
  for (const [first, count] of rangesOf(t, data.row)) for (let task = first; task < first + count; task++) rows.push(task)
  const tasks = Int32Array.from(rows).sort((a, b) => (t.taskRankMs[b] as number) - (t.taskRankMs[a] as number))
  return { tasks, cursor: 0 }
}
