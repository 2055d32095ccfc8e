import { RUN_STATES } from '@symphony/interface'
import { doom, forgetAttempt, hasForgivingDependent, leaveLine, makeReady, settle, writeState } from './backend.ts'
import { DEFINED_FLAGS, FLAGS, KINDS } from './layout.ts'
import { setRunState, unendRun } from './run-table.ts'
import { cancelChildrenOf } from './runs/family.ts'
import { deliverSignals } from './signals.ts'
import type { DagState, RunData } from './state.ts'
import type { DagTables } from './tables.ts'
import { FAILED, FIRST_FINAL, PENDING, SKIPPED, SUCCEEDED } from './transitions.ts'

/** Visits the needs of a task: those of the definition in its order, then those added at run time. Dropped ones are left out. */
export function forEachNeed(state: DagState, data: RunData, task: number, visit: (need: number, kind: number) => void): void {
  const t = state.tables
  const node = t.taskNode[task] as number
  if (node >= 0) {
    const { inStart, inFrom, inKind } = data.template.compiled
    const base = t.runTaskBase[data.row] as number
    const end = inStart[node + 1] as number
    for (let edge = inStart[node] as number; edge < end; edge++) visit(base + (inFrom[edge] as number), inKind[edge] as number)
  }
  for (let link = t.taskExtraIn[task] as number; link !== 0; link = t.linkNextIn[link - 1] as number) {
    const from = t.linkFrom[link - 1] as number
    if (((t.taskFlags[from] as number) & FLAGS.DROPPED) === 0) visit(from, t.linkKind[link - 1] as number)
  }
}

/** Visits the dependents of a task, whatever the kind of their need. */
export function forEachDependent(t: DagTables, task: number, visit: (dependent: number, kind: number) => void): void {
  const base = t.runTaskBase[t.taskRun[task] as number] as number
  const start = t.taskOutStart[task] as number
  const end = start + (t.taskOutCount[task] as number)
  for (let edge = start; edge < end; edge++) {
    const target = t.edgeTarget[edge] as number
    visit(base + (target >> 2), target & 3)
  }
  for (let link = t.taskExtraOut[task] as number; link !== 0; link = t.linkNextOut[link - 1] as number) {
    const to = t.linkTo[link - 1] as number
    if (((t.taskFlags[to] as number) & FLAGS.DROPPED) === 0) visit(to, t.linkKind[link - 1] as number)
  }
}

/**
 * Sets tasks and everything that depends on them back. What tasks of this cone had added to the run is dropped: they will add it
 * again. An ended run goes on. @returns how many tasks were set back
 */
export function applyRetry(state: DagState, run: number, tasks: readonly number[], nowMs: number): number {
  const t = state.tables
  const data = state.run(run)
  const { cone, dropped } = coneOf(state, data, tasks)
  cancelChildrenOf(state, run, new Set([...cone, ...dropped]), nowMs)
  for (const row of dropped) drop(state, data, row)
  for (const row of cone) reset(state, row)
  for (const row of dropped) forEachNeed(state, data, row, (need) => unabsorb(t, need))
  if ((t.runDurableState[run] as number) >= RUN_STATES.SUCCEEDED) {
    unendRun(t, run)
    t.region.tables.runs.columns.endedAtMs[run] = 0
    setRunState(t, run, RUN_STATES.RUNNING)
    data.reason = undefined
  }
  data.critical = undefined
  revive(state, data, cone, nowMs)
  return cone.length
}

/**
 * Has PENDING tasks wait for what they need, as it is now: they become ready, or are skipped, or go on waiting.
 * @param isHeld the run has not begun: nothing becomes ready
 */
export function revive(state: DagState, data: RunData, tasks: readonly number[], nowMs: number, isHeld = false): void {
  const t = state.tables
  for (const row of tasks) {
    let pending = 0
    let isDoomed = false
    forEachNeed(state, data, row, (need, kind) => {
      const needState = t.taskState[need] as number
      if (kind === KINDS.OPTIONAL) return
      if (needState < FIRST_FINAL) pending++
      else if (kind === KINDS.HARD && needState !== SUCCEEDED) isDoomed = true
    })
    t.taskPending[row] = isDoomed ? pending + 1 : pending
    if (isDoomed) doom(t, row)
    else if (pending === 0 && !isHeld) makeReady(t, row, nowMs)
  }
  settle(t, data.row, nowMs)
  if (data.signals.length > 0) deliverSignals(state, data, nowMs)
}

/** Rows that are set back, in ascending order, and rows that are dropped. */
export function coneOf(state: DagState, data: RunData, tasks: readonly number[]): { readonly cone: readonly number[]; readonly dropped: ReadonlySet<number> } {
  const t = state.tables
  const addedBy = new Map<number, number[]>()
  for (const { by, row } of data.added) {
    if (((t.taskFlags[row] as number) & FLAGS.DROPPED) !== 0) continue
    const rows = addedBy.get(by)
    if (rows === undefined) addedBy.set(by, [row])
    else rows.push(row)
  }
  const seen = new Set(tasks)
  const dropped = new Set<number>()
  const add = (row: number): void => void seen.add(row)
  // A set hands out what is added while it is walked.
  for (const row of seen) {
    forEachDependent(t, row, add)
    for (const child of addedBy.get(row) ?? []) {
      seen.add(child)
      dropped.add(child)
    }
  }
  const cone = [...seen].filter((row) => !dropped.has(row)).sort((a, b) => a - b)
  return { cone, dropped }
}

function reset(state: DagState, task: number): void {
  const t = state.tables
  uncount(state, task)
  const before = t.taskState[task] as number
  if (before >= FIRST_FINAL) t.runTasksOpen[t.taskRun[task] as number]!++
  if (before !== PENDING) writeState(t, task, before, PENDING)
  clear(state, task)
}

/** An added task that will be added again, or not: it keeps its row until the run is forgotten, but counts no more. */
function drop(state: DagState, data: RunData, task: number): void {
  const t = state.tables
  uncount(state, task)
  const before = t.taskState[task] as number
  if (before < FIRST_FINAL) t.runTasksOpen[data.row]!--
  t.counts[data.row * 8 + before]!--
  t.region.tables.runs.columns.tasksTotal[data.row]!--
  t.taskState[task] = SKIPPED
  clear(state, task)
  t.taskFlags[task]! |= FLAGS.DROPPED
  const added = data.added[-1 - (t.taskNode[task] as number)]
  if (added !== undefined && data.addedIds?.get(added.id) === task) data.addedIds.delete(added.id)
}

/** A failure that only a dropped task had absorbed counts again. */
function unabsorb(t: DagTables, task: number): void {
  if (((t.taskFlags[task] as number) & FLAGS.ABSORBED) === 0 || hasForgivingDependent(t, task)) return
  t.taskFlags[task]! &= ~FLAGS.ABSORBED
  t.region.tables.runs.columns.failures[t.taskRun[task] as number]!++
}

/** Takes back what an ended task had contributed to its run's counters, and takes an open one out of its line. */
function uncount(state: DagState, task: number): void {
  const t = state.tables
  const { failures, recalled } = t.region.tables.runs.columns
  const run = t.taskRun[task] as number
  const flags = t.taskFlags[task] as number
  leaveLine(t, task)
  if (t.taskState[task] === FAILED && (flags & (FLAGS.ALLOW_FAILURE | FLAGS.ABSORBED)) === 0) failures[run]!--
  if ((flags & FLAGS.RECALLED) !== 0) recalled[run]!--
}

function clear(state: DagState, task: number): void {
  const t = state.tables
  forgetAttempt(t, task)
  t.taskFlags[task]! &= DEFINED_FLAGS
  t.taskToken[task] = 0
  t.taskReadyAtMs[task] = 0
  t.taskEndedAtMs[task] = 0
  state.outputs[task] = undefined
  state.errors[task] = undefined
}

/** A need outside the cone that would have the task skipped at once, or -1. */
export function retryBlocker(state: DagState, data: RunData, task: number, cone: ReadonlySet<number>): number {
  let blocker = -1
  forEachNeed(state, data, task, (need, kind) => {
    const needState = state.tables.taskState[need] as number
    if (kind === KINDS.HARD && needState >= FIRST_FINAL && needState !== SUCCEEDED && !cone.has(need)) blocker = need
  })
  return blocker
}
