import { RUN_STATES, assert } from '@symphony/interface'
import { evaluate } from './definition/condition.ts'
import { FLAGS, KINDS } from './layout.ts'
import { pushDue, removeDue } from './runs/due-heap.ts'
import { enqueue, unqueue } from './ready-queue.ts'
import { endRun } from './run-table.ts'
import type { DagTables } from './tables.ts'
import {
  CANCELLED, describeMove, FAILED, FIRST_FINAL, LEGAL_MOVES, PENDING, READY, RUNNING, SKIPPED, SUCCEEDED, WAITING,
} from './transitions.ts'

// The transitions: functions of (region, command) alone. Times are arguments, nobody is called, nothing is allocated; what
// happened is left in `trace`. Replay and live calls go through the same functions.

/** The ready queue turned a task into an attempt. @returns the token */
export function beginTask(t: DagTables, task: number, token: number, nowMs: number): void {
  unqueue(t, task)
  move(t, task, READY, RUNNING)
  t.taskAttempt[task]!++
  t.taskToken[task] = token
  t.taskStartedAtMs[task] = nowMs
}

/**
 * As `beginTask` for many. What is not READY any more gets the token 0, the others those after `token`, in order.
 * @returns how many began
 */
export function beginTasks(t: DagTables, tasks: Int32Array, count: number, tokens: Float64Array, token: number, nowMs: number): number {
  let begun = 0
  for (let index = 0; index < count; index++) {
    const task = tasks[index] as number
    tokens[index] = 0
    if (t.taskState[task] !== READY) continue
    begun++
    tokens[index] = token + begun
    beginTask(t, task, token + begun, nowMs)
  }
  return begun
}

/** As `completeTask` for many that run, one after the other. */
export function completeTasks(t: DagTables, tasks: Int32Array, count: number, nowMs: number): void {
  for (let index = 0; index < count; index++) completeTask(t, tasks[index] as number, nowMs)
}

export function completeTask(t: DagTables, task: number, nowMs: number): void {
  leaveLine(t, task)
  close(t, task, SUCCEEDED, nowMs)
  if (((t.taskFlags[task] as number) & FLAGS.ROUTED) === 0) release(t, task, true, nowMs)
  else releaseRouted(t, task, nowMs)
  settle(t, t.taskRun[task] as number, nowMs)
}

export function failTask(t: DagTables, task: number, nowMs: number): void {
  leaveLine(t, task)
  close(t, task, FAILED, nowMs)
  const run = t.taskRun[task] as number
  if (((t.taskFlags[task] as number) & FLAGS.ALLOW_FAILURE) === 0) {
    if (hasForgivingDependent(t, task)) t.taskFlags[task]! |= FLAGS.ABSORBED
    else t.region.tables.runs.columns.failures[run]!++
  }
  release(t, task, false, nowMs)
  settle(t, run, nowMs)
}

/** A failed attempt that will be made again at `dueAtMs`, or a task that lets time pass until then. */
export function postponeTask(t: DagTables, task: number, dueAtMs: number): void {
  leaveLine(t, task)
  // What waited for a child already waits; now it does so for a time.
  if (t.taskState[task] !== WAITING) move(t, task, t.taskState[task] as number, WAITING)
  t.taskFlags[task]! &= ~FLAGS.AWAITS_CHILD
  t.taskToken[task] = 0
  waitUntil(t, task, dueAtMs)
}

function waitUntil(t: DagTables, task: number, dueAtMs: number): void {
  t.taskDueAtMs[task] = dueAtMs
  pushDue(t, task)
}

export function skipTask(t: DagTables, task: number, nowMs: number): void {
  skipOne(t, task, nowMs)
  settle(t, t.taskRun[task] as number, nowMs)
}

/** WAITING → READY. */
export function wakeTask(t: DagTables, task: number, nowMs: number): void {
  removeDue(t, task)
  t.taskDueAtMs[task] = 0
  t.taskStartedAtMs[task] = 0
  makeReady(t, task, nowMs)
}

/** Cancels every open task of a range. */
export function cancelTasks(t: DagTables, first: number, count: number, nowMs: number): void {
  for (let task = first; task < first + count; task++) {
    if ((t.taskState[task] as number) >= FIRST_FINAL) continue
    leaveLine(t, task)
    forgetAttempt(t, task)
    close(t, task, CANCELLED, nowMs)
  }
}

/**
 * A task whose needs are all met: to the ready queue, or to wait for its signal, or to be skipped if its condition does not hold.
 * Tasks of paused runs stay out of the queue, those of a run that has not begun stay as they are.
 */
export function makeReady(t: DagTables, task: number, nowMs: number): void {
  if (t.held.size !== 0 && t.held.has(t.taskRun[task] as number)) return
  const from = t.taskState[task] as number
  const flags = t.taskFlags[task] as number
  if ((flags & FLAGS.WHEN) !== 0 && from === PENDING && !conditionHolds(t, task)) {
    doom(t, task)
    return
  }
  t.taskReadyAtMs[task] = nowMs
  if ((flags & FLAGS.WAITS) !== 0) {
    move(t, task, from, WAITING)
    const dueAtMs = t.taskDueAtMs[task] as number
    if (dueAtMs < 0) waitUntil(t, task, nowMs - dueAtMs)
    return
  }
  move(t, task, from, READY)
  if (t.runState[t.taskRun[task] as number] === RUN_STATES.RUNNING) enqueue(t, task)
}

/** Runs the program behind the out-edges of a task, or the one it was added with. */
export function conditionHolds(t: DagTables, task: number): boolean {
  const base = t.runTaskBase[t.taskRun[task] as number] as number
  const added = (t.taskNode[task] as number) < 0 ? t.conditionOf(task) : undefined
  if (added !== undefined) {
    const { program, tasks } = added
    return evaluate(program, 0, program.length, (place) => ((tasks[place] as number) < 0 ? SKIPPED : outcomeFor(t, tasks[place] as number, task)))
  }
  const at = (t.taskOutStart[task] as number) + (t.taskOutCount[task] as number) + 1
  return evaluate(t.edgeTarget, at, at + (t.edgeTarget[at - 1] as number), (node) => outcomeFor(t, base + node, task))
}

/** State of a need as its dependent sees it: one that took another way might as well have been skipped. */
export function outcomeFor(t: DagTables, need: number, dependent: number): number {
  return ((t.taskFlags[need] as number) & FLAGS.ROUTED) !== 0 && isUntaken(t, need, dependent) ? SKIPPED : (t.taskState[need] as number)
}

function isUntaken(t: DagTables, need: number, dependent: number): boolean {
  for (let link = t.taskExtraIn[dependent] as number; link !== 0; link = t.linkNextIn[link - 1] as number) {
    if (t.linkKind[link - 1] === KINDS.UNTAKEN && t.linkFrom[link - 1] === need) return true
  }
  return false
}

/** Skips what a failure has doomed, and what that dooms; then ends the run if nothing is open. */
export function settle(t: DagTables, run: number, nowMs: number): void {
  while (t.doomedLength > 0) {
    const task = t.doomed[--t.doomedLength] as number
    if (t.taskState[task] === PENDING) skipOne(t, task, nowMs)
  }
  if (t.runTasksOpen[run] === 0 && (t.runDurableState[run] as number) < RUN_STATES.SUCCEEDED) {
    const failures = t.region.tables.runs.columns.failures[run] as number
    endRun(t, run, failures > 0 ? RUN_STATES.FAILED : RUN_STATES.SUCCEEDED, nowMs)
  }
}

/** Marks a PENDING task to be skipped by the next `settle`. */
export function doom(t: DagTables, task: number): void {
  if (t.doomedLength === t.doomed.length) {
    const grown = new Int32Array(t.doomed.length * 2)
    grown.set(t.doomed)
    t.doomed = grown
  }
  t.doomed[t.doomedLength++] = task
}

/** Writes a state, keeps the run's counters and leaves a trace. */
export function move(t: DagTables, task: number, from: number, to: number): void {
  assert((((LEGAL_MOVES[from] as number) >> to) & 1) === 1, ILLEGAL)
  writeState(t, task, from, to)
}

/** As `move`, without asking what is legal: for setting back what a retry does again. */
export function writeState(t: DagTables, task: number, from: number, to: number): void {
  const counts = (t.taskRun[task] as number) * 8
  t.taskState[task] = to
  t.counts[counts + from]!--
  t.counts[counts + to]!++
  const length = t.traceLength
  if (length + 2 > t.trace.length) growTrace(t)
  t.trace[length] = task
  t.trace[length + 1] = from * 16 + to
  t.traceLength = length + 2
}

/** Takes a task out of the ready queue or the heap of due ones. */
export function leaveLine(t: DagTables, task: number): void {
  const state = t.taskState[task] as number
  if (state === READY) unqueue(t, task)
  else if (state === WAITING) removeDue(t, task)
}

/** An attempt that ends without a record of its own leaves nothing durable behind. */
export function forgetAttempt(t: DagTables, task: number): void {
  t.taskAttempt[task] = t.taskAttemptsEnded[task] as number
  t.taskStartedAtMs[task] = 0
  t.taskDueAtMs[task] = 0
}

/** Tells the dependents of an ended task; each edge is visited once in the life of an attempt. */
function release(t: DagTables, task: number, succeeded: boolean, nowMs: number): void {
  const base = t.runTaskBase[t.taskRun[task] as number] as number
  const start = t.taskOutStart[task] as number
  const end = start + (t.taskOutCount[task] as number)
  for (let edge = start; edge < end; edge++) {
    const target = t.edgeTarget[edge] as number
    resolve(t, base + (target >> 2), target & 3, succeeded, nowMs)
  }
  for (let link = t.taskExtraOut[task] as number; link !== 0; link = t.linkNextOut[link - 1] as number) {
    resolve(t, t.linkTo[link - 1] as number, t.linkKind[link - 1] as number, succeeded, nowMs)
  }
}

/** The same for a task that has chosen whom it goes on to. */
function releaseRouted(t: DagTables, task: number, nowMs: number): void {
  const base = t.runTaskBase[t.taskRun[task] as number] as number
  const start = t.taskOutStart[task] as number
  const end = start + (t.taskOutCount[task] as number)
  for (let edge = start; edge < end; edge++) {
    const target = t.edgeTarget[edge] as number
    const dependent = base + (target >> 2)
    resolve(t, dependent, target & 3, outcomeFor(t, task, dependent) === SUCCEEDED, nowMs)
  }
  for (let link = t.taskExtraOut[task] as number; link !== 0; link = t.linkNextOut[link - 1] as number) {
    const dependent = t.linkTo[link - 1] as number
    resolve(t, dependent, t.linkKind[link - 1] as number, outcomeFor(t, task, dependent) === SUCCEEDED, nowMs)
  }
}

function resolve(t: DagTables, dependent: number, kind: number, succeeded: boolean, nowMs: number): void {
  if (kind >= KINDS.OPTIONAL || t.taskState[dependent] !== PENDING) return
  if (!succeeded && kind === KINDS.HARD) {
    const slack = (t.taskSlack[dependent] as number) - 1
    t.taskSlack[dependent] = slack
    if (slack < 0) doom(t, dependent)
    return
  }
  const pending = (t.taskPending[dependent] as number) - 1
  t.taskPending[dependent] = pending
  if (pending === 0) makeReady(t, dependent, nowMs)
}

function skipOne(t: DagTables, task: number, nowMs: number): void {
  leaveLine(t, task)
  forgetAttempt(t, task)
  close(t, task, SKIPPED, nowMs)
  release(t, task, false, nowMs)
}

function close(t: DagTables, task: number, state: number, nowMs: number): void {
  const from = t.taskState[task] as number
  move(t, task, from, state)
  t.taskEndedAtMs[task] = nowMs
  t.runTasksOpen[t.taskRun[task] as number]!--
}

/** Whether something goes on although this task failed. */
export function hasForgivingDependent(t: DagTables, task: number): boolean {
  const start = t.taskOutStart[task] as number
  const end = start + (t.taskOutCount[task] as number)
  for (let edge = start; edge < end; edge++) if (((t.edgeTarget[edge] as number) & 3) !== KINDS.HARD) return true
  for (let link = t.taskExtraOut[task] as number; link !== 0; link = t.linkNextOut[link - 1] as number) {
    const isDropped = ((t.taskFlags[t.linkTo[link - 1] as number] as number) & FLAGS.DROPPED) !== 0
    const kind = t.linkKind[link - 1]
    if ((kind === KINDS.SOFT || kind === KINDS.OPTIONAL) && !isDropped) return true
  }
  return false
}

const ILLEGAL = `a task only moves as the table of transitions allows (a final state never changes, e.g. not ${describeMove(SUCCEEDED, READY)})`

function growTrace(t: DagTables): void {
  const grown = new Int32Array(t.trace.length * 2)
  grown.set(t.trace)
  t.trace = grown
}
