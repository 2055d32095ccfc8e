import { RUN_STATES } from '@symphony/interface'
import { RangeAllocator } from '@symphony/shared-memory'
import { CHUNK_ROWS_DOUBLED_MAX, CHUNK_ROWS_MIN } from './limits.ts'
import { FIRST_QUEUED, NOT_QUEUED } from './layout.ts'
import { enqueue, unqueue } from './ready-queue.ts'
import { takeTaskRows } from './tables.ts'
import type { DagTables } from './tables.ts'
import { PENDING, READY } from './transitions.ts'

/** Columns of a template, ready to be copied into the rows of a run. */
export interface StartColumns {
  readonly taskCount: number
  readonly pending: Int32Array
  /** Undefined when every task needs all its needs. */
  readonly slack: Int32Array | undefined
  /** Absolute edge rows. */
  readonly outStart: Int32Array
  readonly outCount: Int32Array
  readonly flags: Int32Array
  readonly nodes: Int32Array
  /** Tasks that wait for a signal, but not for ever: node and ms. */
  readonly timeouts: readonly (readonly [node: number, waitMs: number])[]
}

export interface RunInit {
  readonly template: number
  readonly tenant: number
  readonly priority: number
  readonly nowMs: number
}

/** Reserves the rows of a run and copies its template into them. Tasks without needs are still PENDING. @returns the run row */
export function startRun(t: DagTables, columns: StartColumns, types: Int32Array, ranks: Float64Array, init: RunInit): number {
  const run = t.runs.allocate()
  placeTasks(t, run, columns, types, ranks)
  const count = columns.taskCount
  const { runs } = t.region.tables
  const order = t.region.words.runsStarted[0] as number
  t.region.words.runsStarted[0] = order + 1
  t.runState[run] = RUN_STATES.RUNNING
  t.runDurableState[run] = RUN_STATES.RUNNING
  runs.columns.tasksTotal[run] = count
  t.runTasksOpen[run] = count
  runs.columns.failures[run] = 0
  runs.columns.recalled[run] = 0
  runs.columns.defaulted[run] = 0
  runs.columns.template[run] = init.template
  runs.columns.tenant[run] = init.tenant
  runs.columns.priority[run] = init.priority
  runs.columns.endedNext[run] = 0
  runs.columns.endedPrev[run] = -1
  runs.columns.order[run] = order
  runs.columns.startedAtMs[run] = init.nowMs
  runs.columns.endedAtMs[run] = 0
  t.runTransitions[run] = 0
  for (let at = run * 8; at < run * 8 + 8; at++) t.counts[at] = 0
  t.counts[run * 8 + PENDING] = count
  return run
}

/** Reserves the rows of a run's first range and copies a template into them. */
export function placeTasks(t: DagTables, run: number, columns: StartColumns, types: Int32Array, ranks: Float64Array): void {
  const count = columns.taskCount
  const base = takeTaskRows(t, count)
  const { runs } = t.region.tables
  t.runTaskBase[run] = base
  runs.columns.taskCapacity[run] = RangeAllocator.capacityFor(count)
  runs.columns.taskCount[run] = count
  runs.columns.chunkHead[run] = 0
  runs.columns.chunkTail[run] = 0
  copyColumns(t, columns, types, ranks, base)
  clearTasks(t, run, base, count)
  for (const [node, waitMs] of columns.timeouts) t.taskDueAtMs[base + node] = -waitMs
  // The range was rounded up: its spare rows must not look like tasks of whoever had them before.
  const capacity = runs.columns.taskCapacity[run] as number
  for (let task = base + count; task < base + capacity; task++) t.taskRun[task] = -1
}

/** Up to so many rows a loop of ours is faster than a call of the engine's for each column. */
const FEW_ROWS = 32

function copyColumns(t: DagTables, columns: StartColumns, types: Int32Array, ranks: Float64Array, base: number): void {
  const { taskCount, pending, slack, outStart, outCount, flags, nodes } = columns
  if (taskCount > FEW_ROWS) {
    t.taskPending.set(pending, base)
    if (slack === undefined) t.taskSlack.fill(0, base, base + taskCount)
    else t.taskSlack.set(slack, base)
    t.taskOutStart.set(outStart, base)
    t.taskOutCount.set(outCount, base)
    t.taskFlags.set(flags, base)
    t.taskNode.set(nodes, base)
    t.taskType.set(types, base)
    t.taskRankMs.set(ranks, base)
    return
  }
  copyInts(t.taskPending, base, pending)
  if (slack === undefined) fillInts(t.taskSlack, base, base + taskCount, 0)
  else copyInts(t.taskSlack, base, slack)
  copyInts(t.taskOutStart, base, outStart)
  copyInts(t.taskOutCount, base, outCount)
  copyInts(t.taskFlags, base, flags)
  copyInts(t.taskNode, base, nodes)
  copyInts(t.taskType, base, types)
  for (let node = 0; node < taskCount; node++) t.taskRankMs[base + node] = ranks[node] as number
}

function copyInts(column: Int32Array, base: number, values: Int32Array): void {
  for (let at = 0; at < values.length; at++) column[base + at] = values[at] as number
}

function fillInts(column: Int32Array, base: number, end: number, value: number): void {
  for (let at = base; at < end; at++) column[at] = value
}

function zero(column: Float64Array, base: number, end: number): void {
  for (let at = base; at < end; at++) column[at] = 0
}

/**
 * Sets what does not depend on the template. Whatever has ended is in no queue and has no place in the heap of due tasks, a token
 * means something only while an attempt runs, and links are given back with their tasks: what says so needs no store.
 */
export function clearTasks(t: DagTables, run: number, base: number, count: number): void {
  const end = base + count
  if (count <= FEW_ROWS) {
    fillInts(t.taskState, base, end, PENDING)
    fillInts(t.taskRun, base, end, run)
    fillInts(t.taskAttempt, base, end, 0)
    fillInts(t.taskAttemptsEnded, base, end, 0)
    fillInts(t.taskExtraIn, base, end, 0)
    zero(t.taskReadyAtMs, base, end)
    zero(t.taskStartedAtMs, base, end)
    zero(t.taskEndedAtMs, base, end)
    zero(t.taskDueAtMs, base, end)
    return
  }
  t.taskState.fill(PENDING, base, end)
  t.taskRun.fill(run, base, end)
  t.taskAttempt.fill(0, base, end)
  t.taskAttemptsEnded.fill(0, base, end)
  t.taskExtraIn.fill(0, base, end)
  t.taskReadyAtMs.fill(0, base, end)
  t.taskStartedAtMs.fill(0, base, end)
  t.taskEndedAtMs.fill(0, base, end)
  t.taskDueAtMs.fill(0, base, end)
}

/** The task rows of a run as pairs (first, count). */
export function rangesOf(t: DagTables, run: number): readonly (readonly [first: number, count: number])[] {
  const { runs, chunks } = t.region.tables
  const ranges: [number, number][] = [[t.runTaskBase[run] as number, runs.columns.taskCount[run] as number]]
  for (let chunk = runs.columns.chunkHead[run] as number; chunk !== 0; chunk = chunks.columns.next[chunk - 1] as number) {
    ranges.push([chunks.columns.base[chunk - 1] as number, chunks.columns.count[chunk - 1] as number])
  }
  return ranges
}

/** Rows the next chunk of a run would get when `count` tasks are added, or 0 when they still fit into its last range. */
export function chunkNeeded(t: DagTables, run: number, count: number): number {
  const { runs, chunks } = t.region.tables
  const tail = runs.columns.chunkTail[run] as number
  const spare =
    tail === 0
      ? (runs.columns.taskCapacity[run] as number) - (runs.columns.taskCount[run] as number)
      : (chunks.columns.capacity[tail - 1] as number) - (chunks.columns.count[tail - 1] as number)
  if (count <= spare) return 0
  const doubled = tail === 0 ? CHUNK_ROWS_MIN : Math.min(CHUNK_ROWS_DOUBLED_MAX, (chunks.columns.capacity[tail - 1] as number) * 2)
  return RangeAllocator.capacityFor(Math.max(count, doubled))
}

/** Rows for `count` more tasks of a run, next to each other. @returns the first */
export function addRows(t: DagTables, run: number, count: number): number {
  const { runs, chunks } = t.region.tables
  const needed = chunkNeeded(t, run, count)
  if (needed > 0) {
    const chunk = t.chunks.allocate()
    const base = takeTaskRows(t, needed)
    chunks.columns.base[chunk] = base
    chunks.columns.capacity[chunk] = needed
    chunks.columns.count[chunk] = 0
    chunks.columns.next[chunk] = 0
    const tail = runs.columns.chunkTail[run] as number
    if (tail === 0) runs.columns.chunkHead[run] = chunk + 1
    else chunks.columns.next[tail - 1] = chunk + 1
    runs.columns.chunkTail[run] = chunk + 1
    t.taskRun.fill(-1, base, base + needed)
  }
  const tail = runs.columns.chunkTail[run] as number
  if (tail === 0) {
    const first = (t.runTaskBase[run] as number) + (runs.columns.taskCount[run] as number)
    runs.columns.taskCount[run]! += count
    return first
  }
  const first = (chunks.columns.base[tail - 1] as number) + (chunks.columns.count[tail - 1] as number)
  chunks.columns.count[tail - 1]! += count
  return first
}

/** Sets a run's state; quarantine hides a state that goes on underneath. */
export function setRunState(t: DagTables, run: number, state: number): void {
  t.runDurableState[run] = state
  if (t.runState[run] !== RUN_STATES.QUARANTINED || state >= RUN_STATES.SUCCEEDED) t.runState[run] = state
}

/** Takes the READY tasks of a run out of the queue: nothing of it is handed out until `releaseRun`. What was taken stays taken. */
export function holdRun(t: DagTables, run: number): void {
  for (const [first, count] of rangesOf(t, run)) {
    for (let task = first; task < first + count; task++) {
      if (t.taskState[task] === READY && (t.queuePrev[task] as number) >= FIRST_QUEUED) unqueue(t, task)
    }
  }
}

/** Puts the READY tasks of a run that nobody has taken back into the queue. */
export function releaseRun(t: DagTables, run: number): void {
  for (const [first, count] of rangesOf(t, run)) {
    for (let task = first; task < first + count; task++) {
      if (t.taskState[task] === READY && t.queuePrev[task] === NOT_QUEUED) enqueue(t, task)
    }
  }
}

/** Puts a run among the ended ones. */
export function endRun(t: DagTables, run: number, state: number, nowMs: number): void {
  const { columns } = t.region.tables.runs
  const { endedHead, endedTail, endedCount } = t.region.words
  setRunState(t, run, state)
  columns.endedAtMs[run] = nowMs
  const tail = endedTail[0] as number
  columns.endedPrev[run] = tail
  columns.endedNext[run] = 0
  if (tail === 0) endedHead[0] = run + 1
  else columns.endedNext[tail - 1] = run + 1
  endedTail[0] = run + 1
  endedCount[0]!++
  t.endedRuns.push(run)
}

/** Takes a run off the list of ended ones. */
export function unendRun(t: DagTables, run: number): void {
  const { columns } = t.region.tables.runs
  const { endedHead, endedTail, endedCount } = t.region.words
  const previous = columns.endedPrev[run] as number
  const next = columns.endedNext[run] as number
  if (previous === 0) endedHead[0] = next
  else columns.endedNext[previous - 1] = next
  if (next === 0) endedTail[0] = previous
  else columns.endedPrev[next - 1] = previous
  columns.endedPrev[run] = -1
  columns.endedNext[run] = 0
  endedCount[0]!--
}

/** Gives the rows of an ended run back. */
export function freeRun(t: DagTables, run: number): void {
  unendRun(t, run)
  freeTasks(t, run)
  t.runs.release(run)
}

/** Gives the task rows of a run back, with the links between them. */
export function freeTasks(t: DagTables, run: number): void {
  const { runs, chunks } = t.region.tables
  const { used } = t.tasks
  freeRange(t, t.runTaskBase[run] as number, runs.columns.taskCount[run] as number, runs.columns.taskCapacity[run] as number)
  for (let chunk = runs.columns.chunkHead[run] as number; chunk !== 0; ) {
    const next = chunks.columns.next[chunk - 1] as number
    freeRange(t, chunks.columns.base[chunk - 1] as number, chunks.columns.count[chunk - 1] as number, chunks.columns.capacity[chunk - 1] as number)
    t.chunks.release(chunk - 1)
    chunk = next
  }
  // Rows the table has given up are zeroed, and run 0 is somebody.
  if (t.tasks.used < used) t.taskRun.fill(-1, t.tasks.used, used)
}

function freeRange(t: DagTables, base: number, count: number, capacity: number): void {
  const end = base + count
  for (let task = base; task < end; task++) t.taskRun[task] = -1
  // Most runs have no links, and mostly nobody has any.
  if (t.links.live > 0) for (let task = base; task < end; task++) if (t.taskExtraOut[task] !== 0) freeLinks(t, task)
  t.tasks.release(base, capacity)
}

function freeLinks(t: DagTables, task: number): void {
  for (let link = t.taskExtraOut[task] as number; link !== 0; ) {
    const next = t.linkNextOut[link - 1] as number
    t.links.release(link - 1)
    link = next
  }
  t.taskExtraOut[task] = 0
}
