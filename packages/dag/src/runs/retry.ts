import { RUN_STATES } from '@symphony/interface'
import { doom, forgetAttempt, hasForgivingDependent, leaveLine, makeReady, outcomeFor, settle, writeState } from '../backend.ts'
import { armTimeout } from '../expansion.ts'
import { DEFINED_FLAGS, FLAGS, KINDS } from '../layout.ts'
import { setRunState, unendRun } from '../run-table.ts'
import { cancelChildrenOf } from './family.ts'
import { deliverSignals } from './signals.ts'
import type { AddedTask, DagState, RunData } from '../state.ts'
import type { DagTables } from '../tables.ts'
import { FAILED, FIRST_FINAL, PENDING, SKIPPED, SUCCEEDED } from '../transitions.ts'

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
    const kind = t.linkKind[link - 1] as number
    if (kind !== KINDS.UNTAKEN && ((t.taskFlags[from] as number) & FLAGS.DROPPED) === 0) visit(from, kind)
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
    const kind = t.linkKind[link - 1] as number
    if (kind !== KINDS.UNTAKEN && ((t.taskFlags[to] as number) & FLAGS.DROPPED) === 0) visit(to, kind)
  }
}

/**
 * Sets tasks and everything that depends on them back. What tasks of this cone had added to the run is dropped: they will add it
 * again. An ended run goes on.
 * @param fixed tasks that stay as they are, whatever they depend on
 * @returns how many tasks were set back
 */
export function applyRetry(state: DagState, run: number, tasks: readonly number[], nowMs: number, fixed?: ReadonlySet<number>): number {
  const t = state.tables
  const data = state.run(run)
  const { cone, dropped } = coneOf(state, data, tasks, fixed)
  cancelChildrenOf(state, run, new Set([...cone, ...dropped]), nowMs)
  for (const row of dropped) drop(state, data, row)
  for (const row of cone) reset(state, data, row)
  for (const row of dropped) forEachNeed(state, data, row, (need) => unabsorb(t, need))
  if ((t.runDurableState[run] as number) >= RUN_STATES.SUCCEEDED) {
    unendRun(t, run)
    t.region.tables.runs.columns.endedAtMs[run] = 0
    setRunState(t, run, RUN_STATES.RUNNING)
    data.reason = undefined
  }
  data.critical = undefined
  revive(state, data, cone, nowMs)
  return cone.size
}

/** Has PENDING tasks wait for what they need, as it is now: they become ready, or are skipped, or go on waiting. */
export function revive(state: DagState, data: RunData, tasks: Iterable<number>, nowMs: number): void {
  const t = state.tables
  for (const row of tasks) {
    const { pending, slack } = standingOf(state, data, row)
    t.taskPending[row] = pending
    t.taskSlack[row] = slack
    if (slack < 0) doom(t, row)
    else if (pending <= 0) makeReady(t, row, nowMs)
  }
  settle(t, data.row, nowMs)
  if (data.signals.length > 0) deliverSignals(state, data, nowMs)
}

/**
 * What a task would wait for, and could bear, if it were looked at for the first time now. Where a retry has dropped needs, it
 * asks for no more than are left.
 * @param ahead a retry that is yet to come: what it sets back has not ended then, and what it drops is not there
 */
function standingOf(state: DagState, data: RunData, task: number, ahead?: Cone): { readonly pending: number; readonly slack: number } {
  const t = state.tables
  const node = t.taskNode[task] as number
  const least = node >= 0 ? (data.template.compiled.joins?.get(node) ?? 0) : (data.added[-1 - node]?.join ?? 0)
  let needs = 0
  let met = 0
  let failed = 0
  forEachNeed(state, data, task, (need, kind) => {
    if (kind === KINDS.OPTIONAL || ahead?.dropped.has(need) === true) return
    const outcome = ahead?.edited?.has(need) === true && (t.taskState[need] as number) !== SUCCEEDED ? SUCCEEDED : outcomeFor(t, need, task)
    needs++
    if (outcome < FIRST_FINAL || ahead?.cone.has(need) === true) return
    if (kind === KINDS.SOFT || outcome === SUCCEEDED) met++
    else failed++
  })
  const wanted = least === 0 ? needs : Math.min(least, needs)
  return { pending: wanted - met, slack: needs - wanted - failed }
}

/** What a retry sets back, in ascending order, and what it drops. */
export interface Cone {
  readonly cone: ReadonlySet<number>
  readonly dropped: ReadonlySet<number>
  /** What will have succeeded, whatever it is now. */
  readonly edited?: ReadonlySet<number>
}

export function coneOf(state: DagState, data: RunData, tasks: readonly number[], fixed?: ReadonlySet<number>): Cone {
  const t = state.tables
  const addedBy = new Map<number, AddedTask[]>()
  for (const added of data.added) {
    if (((t.taskFlags[added.row] as number) & FLAGS.DROPPED) !== 0) continue
    const others = addedBy.get(added.by)
    if (others === undefined) addedBy.set(added.by, [added])
    else others.push(added)
  }
  const seen = new Set(tasks)
  const dropped = new Set<number>()
  const add = (row: number): void => void (fixed?.has(row) === true || seen.add(row))
  // A set hands out what is added while it is walked.
  for (const row of seen) {
    forEachDependent(t, row, add)
    for (const added of addedBy.get(row) ?? []) {
      for (let child = added.row; child < added.row + Math.max(1, added.count); child++) {
        seen.add(child)
        dropped.add(child)
      }
    }
  }
  const cone = new Set([...seen].filter((row) => !dropped.has(row)).sort((a, b) => a - b))
  return { cone, dropped }
}

function reset(state: DagState, data: RunData, task: number): void {
  const t = state.tables
  uncount(state, task)
  const before = t.taskState[task] as number
  if (before >= FIRST_FINAL) t.runTasksOpen[t.taskRun[task] as number]!++
  if (before !== PENDING) writeState(t, task, before, PENDING)
  clear(state, task)
  const type = data.template.compiled.types[(t.taskType[task] as number) - data.binding.typeBase]
  if (type !== undefined) armTimeout(t, type, task, task + 1)
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
  if (added === undefined) return
  if (added.count > 0) data.addedRanges?.delete(added.id)
  else data.addedIds?.delete(added.id)
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
  const { failures, recalled, defaulted } = t.region.tables.runs.columns
  const run = t.taskRun[task] as number
  const flags = t.taskFlags[task] as number
  leaveLine(t, task)
  if (t.taskState[task] === FAILED && (flags & (FLAGS.ALLOW_FAILURE | FLAGS.ABSORBED)) === 0) failures[run]!--
  if ((flags & FLAGS.RECALLED) !== 0) recalled[run]!--
  if ((flags & FLAGS.DEFAULTED) !== 0) defaulted[run]!--
}

function clear(state: DagState, task: number): void {
  const t = state.tables
  forgetAttempt(t, task)
  if (((t.taskFlags[task] as number) & FLAGS.ROUTED) !== 0) takeAll(t, task)
  t.taskFlags[task]! &= DEFINED_FLAGS
  t.taskToken[task] = 0
  t.taskReadyAtMs[task] = 0
  t.taskEndedAtMs[task] = 0
  state.outputs[task] = undefined
  state.errors[task] = undefined
}

/** Forgets which of its dependents a task had not gone on to. */
function takeAll(t: DagTables, task: number): void {
  let before = 0
  for (let link = t.taskExtraOut[task] as number; link !== 0; ) {
    const next = t.linkNextOut[link - 1] as number
    if (t.linkKind[link - 1] === KINDS.UNTAKEN) {
      if (before === 0) t.taskExtraOut[task] = next
      else t.linkNextOut[before - 1] = next
      unlinkIn(t, link)
      t.links.release(link - 1)
    } else before = link
    link = next
  }
}

function unlinkIn(t: DagTables, link: number): void {
  const to = t.linkTo[link - 1] as number
  const next = t.linkNextIn[link - 1] as number
  let before = 0
  for (let other = t.taskExtraIn[to] as number; other !== link; other = t.linkNextIn[other - 1] as number) before = other
  if (before === 0) t.taskExtraIn[to] = next
  else t.linkNextIn[before - 1] = next
}

/** A need that neither succeeded nor is set back, and would have the task skipped at once, or -1. */
export function retryBlocker(state: DagState, data: RunData, task: number, ahead: Cone): number {
  let blocker = -1
  if (standingOf(state, data, task, ahead).slack >= 0) return blocker
  forEachNeed(state, data, task, (need, kind) => {
    const outcome = outcomeFor(state.tables, need, task)
    const isAhead = ahead.cone.has(need) || ahead.dropped.has(need)
    if (kind === KINDS.HARD && outcome >= FIRST_FINAL && outcome !== SUCCEEDED && !isAhead) blocker = need
  })
  return blocker
}
