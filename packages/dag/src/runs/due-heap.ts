import { FLAGS } from '../layout.ts'
import type { DagTables } from '../tables.ts'
import { WAITING } from '../transitions.ts'

// A binary heap of WAITING tasks by due time, ties by row. A task knows its place (`queueNext`), so that it can leave from
// the middle.

export function pushDue(t: DagTables, task: number): void {
  const at = t.dueCount[0] as number
  t.dueCount[0] = at + 1
  siftUp(t, at, task)
}

/** Whether a task waits for a time: one that waits for a signal may do so for ever, and one that waits for a run does. */
export function waitsForTime(t: DagTables, task: number): boolean {
  const flags = t.taskFlags[task] as number
  if (t.taskState[task] !== WAITING || (flags & FLAGS.AWAITS_CHILD) !== 0) return false
  return (flags & FLAGS.WAITS) === 0 || (t.taskDueAtMs[task] as number) > 0
}

/** The task that is due first, or -1. */
export function firstDue(t: DagTables): number {
  return (t.dueCount[0] as number) > 0 ? (t.dueTask[0] as number) : -1
}

/** Does nothing for a task that waits for no time. */
export function removeDue(t: DagTables, task: number): void {
  const place = t.queueNext[task] as number
  if (place === 0) return
  t.queueNext[task] = 0
  const last = (t.dueCount[0] as number) - 1
  t.dueCount[0] = last
  const moved = t.dueTask[last] as number
  if (moved === task) return
  const at = place - 1
  if (at > 0 && isBefore(t, moved, t.dueTask[(at - 1) >> 1] as number)) siftUp(t, at, moved)
  else siftDown(t, at, moved)
}

function siftUp(t: DagTables, from: number, task: number): void {
  let at = from
  while (at > 0) {
    const parent = (at - 1) >> 1
    const other = t.dueTask[parent] as number
    if (!isBefore(t, task, other)) break
    place(t, at, other)
    at = parent
  }
  place(t, at, task)
}

function siftDown(t: DagTables, from: number, task: number): void {
  const count = t.dueCount[0] as number
  let at = from
  for (;;) {
    let child = at * 2 + 1
    if (child >= count) break
    if (child + 1 < count && isBefore(t, t.dueTask[child + 1] as number, t.dueTask[child] as number)) child++
    const other = t.dueTask[child] as number
    if (!isBefore(t, other, task)) break
    place(t, at, other)
    at = child
  }
  place(t, at, task)
}

function place(t: DagTables, at: number, task: number): void {
  t.dueTask[at] = task
  t.queueNext[task] = at + 1
}

function isBefore(t: DagTables, a: number, b: number): boolean {
  const aMs = t.taskDueAtMs[a] as number
  const bMs = t.taskDueAtMs[b] as number
  return aMs < bMs || (aMs === bMs && a < b)
}
