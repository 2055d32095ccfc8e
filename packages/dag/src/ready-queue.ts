import { FIRST_QUEUED, NOT_QUEUED, TAKEN } from './layout.ts'
import type { DagTables } from './tables.ts'

// A doubly linked list through the task rows themselves: a task leaves it in constant time when it is cancelled, skipped or
// held back, and nothing is ever searched.

/** Appends a READY task. */
export function enqueue(t: DagTables, task: number): void {
  const tail = t.readyTail[0] as number
  t.queuePrev[task] = tail + FIRST_QUEUED
  t.queueNext[task] = 0
  if (tail === 0) t.readyHead[0] = task + 1
  else t.queueNext[tail - 1] = task + 1
  t.readyTail[0] = task + 1
  t.readyCount[0]!++
}

/** Takes a task out of the queue, or out of the hands of whoever took it. Does nothing when it is in neither. */
export function unqueue(t: DagTables, task: number): void {
  const previous = t.queuePrev[task] as number
  if (previous >= FIRST_QUEUED) {
    const next = t.queueNext[task] as number
    if (previous === FIRST_QUEUED) t.readyHead[0] = next
    else t.queueNext[previous - FIRST_QUEUED - 1] = next
    if (next === 0) t.readyTail[0] = previous - FIRST_QUEUED
    else t.queuePrev[next - 1] = previous
    t.readyCount[0]!--
  }
  t.queuePrev[task] = NOT_QUEUED
  t.queueNext[task] = 0
}

/** Moves up to `into.length` tasks from the head of the queue into `into`. */
export function takeFromQueue(t: DagTables, into: Int32Array): number {
  const count = Math.min(into.length, t.readyCount[0] as number)
  let head = t.readyHead[0] as number
  for (let index = 0; index < count; index++) {
    const task = head - 1
    into[index] = task
    head = t.queueNext[task] as number
    t.queueNext[task] = 0
    t.queuePrev[task] = TAKEN
  }
  t.readyHead[0] = head
  if (head === 0) t.readyTail[0] = 0
  else t.queuePrev[head - 1] = FIRST_QUEUED
  t.readyCount[0]! -= count
  return count
}
