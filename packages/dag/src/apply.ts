import { RUN_STATES, assert } from '@symphony/interface'
import type { ArtifactRef, ErrorData, Json, RunId } from '@symphony/interface'
import { makeReady } from './backend.ts'
import { firstDue } from './runs/due-heap.ts'
import { applyExpansion } from './expansion.ts'
import type { ResolvedExpansion } from './expansion.ts'
import { FLAGS } from './layout.ts'
import { markUntaken, untakenOf } from './routing.ts'
import { endRun, holdRun, rangesOf, releaseRun, setRunState } from './run-table.ts'
import type { Binding, DagState, RunData, StoredTemplate } from './state.ts'
import type { DagTables } from './tables.ts'
import { deliverSignals, NO_SIGNALS } from './runs/signals.ts'
import { upwardRanks } from './definition/template.ts'
import { cancelChildrenOf, familyOf } from './runs/family.ts'

// One function for each command: what the tracker calls after logging, and what replay calls.

export interface StartCommand {
  readonly id: string
  readonly tenant: string
  readonly priority: number
  readonly input: Json
  readonly nowMs: number
}

/** @param isHeld the run exists, but nothing of it becomes ready yet */
export function applyStart(state: DagState, template: StoredTemplate, binding: Binding, command: StartCommand, isHeld = false): RunData {
  const t = state.tables
  refreshRanks(state, template)
  state.holdBinding(binding)
  const row = t.backend.start(t, template.start, binding.typeNumbers as Int32Array, template.ranks, {
    template: template.number,
    tenant: state.tenant(command.tenant),
    priority: command.priority,
    nowMs: command.nowMs,
  })
  state.growTo(t.tasks.used)
  const data: RunData = {
    id: command.id as RunId,
    row,
    template,
    binding,
    input: command.input,
    reason: undefined,
    added: NOTHING_ADDED,
    addedIds: undefined,
    addedRanges: undefined,
    signals: NO_SIGNALS,
    watchers: undefined,
    critical: undefined,
  }
  state.addRun(data)
  template.runs++
  const base = t.runTaskBase[row] as number
  const { roots } = template.compiled
  for (let index = 0; index < roots.length && !isHeld; index++) makeReady(t, base + (roots[index] as number), command.nowMs)
  return data
}


/**
 * @param marks RECALLED, DEFAULTED
 * @param taken rows of the dependents it goes on to; undefined for all
 */
export function applyComplete(
  state: DagState,
  task: number,
  attempt: number,
  startedAtMs: number,
  nowMs: number,
  marks: number,
  output: ArtifactRef | undefined,
  taken: readonly number[] | undefined,
  expansion: ResolvedExpansion | undefined,
): void {
  const t = state.tables
  const data = state.runs[t.taskRun[task] as number] as RunData
  // What is added with the result is gone on to, so what was not taken is found before.
  const untaken = taken === undefined ? undefined : untakenOf(t, task, taken)
  if (expansion !== undefined) applyExpansion(state, task, expansion, nowMs)
  if (untaken !== undefined) markUntaken(t, task, untaken)
  noteSuccess(state, data, task, attempt, startedAtMs, nowMs, marks, output)
  t.backend.complete(t, task, nowMs)
  if (data.signals.length > 0) deliverSignals(state, data, nowMs)
}

/** What a success leaves besides the transition itself. */
export function noteSuccess(
  state: DagState,
  data: RunData,
  task: number,
  attempt: number,
  startedAtMs: number,
  nowMs: number,
  marks: number,
  output: ArtifactRef | undefined,
): void {
  const t = state.tables
  // Only an attempt that ended before can have left an error. A success that stands in for a failure keeps it.
  if (t.taskAttemptsEnded[task] !== 0 && (marks & FLAGS.DEFAULTED) === 0) state.errors[task] = undefined
  recordAttempt(t, task, attempt, startedAtMs)
  if (output !== undefined) state.outputs[task] = output
  if (marks !== 0) {
    t.taskFlags[task]! |= marks
    if ((marks & FLAGS.RECALLED) !== 0) t.region.tables.runs.columns.recalled[data.row]!++
    if ((marks & FLAGS.DEFAULTED) !== 0) t.region.tables.runs.columns.defaulted[data.row]!++
  } else if (startedAtMs > 0) {
    const { template } = data
    state.durations.observe(template.typeRows[(t.taskType[task] as number) - data.binding.typeBase] as number, nowMs - startedAtMs)
    template.samples++
  }
}

/** @param retryAtMs 0 for a failure that stays one */
export function applyFail(
  state: DagState,
  task: number,
  attempt: number,
  startedAtMs: number,
  nowMs: number,
  retryAtMs: number,
  error: ErrorData,
): void {
  const t = state.tables
  const data = state.run(t.taskRun[task] as number)
  recordAttempt(t, task, attempt, startedAtMs)
  state.errors[task] = error
  if (retryAtMs !== 0) {
    t.backend.postpone(t, task, retryAtMs)
    return
  }
  t.backend.fail(t, task, nowMs)
  if (data.signals.length > 0) deliverSignals(state, data, nowMs)
}

export function applySkip(state: DagState, task: number, nowMs: number, reason: string | undefined): void {
  const t = state.tables
  const data = state.run(t.taskRun[task] as number)
  if (reason !== undefined) state.errors[task] = { code: 'ABORTED', component: '@symphony/dag', message: reason, retryable: false, details: {} }
  if (state.managed.children.has(data.row)) cancelChildrenOf(state, data.row, new Set([task]), nowMs)
  t.backend.skip(t, task, nowMs)
  // A run may end in this way before it has begun.
  if (isEnded(t.runDurableState[data.row] as number)) state.managed.undelay(data.row)
  if (data.signals.length > 0) deliverSignals(state, data, nowMs)
}

export function applyExpand(state: DagState, task: number, expansion: ResolvedExpansion, nowMs: number): number {
  const data = state.run(state.tables.taskRun[task] as number)
  const added = applyExpansion(state, task, expansion, nowMs)
  if (data.signals.length > 0) deliverSignals(state, data, nowMs)
  return added
}

/** Cancels an open run and its open descendants. */
export function applyCancel(state: DagState, run: number, reason: string | undefined, nowMs: number): void {
  const t = state.tables
  for (const member of familyOf(state, run, isOpen)) {
    for (const [first, count] of rangesOf(t, member)) t.backend.cancel(t, first, count, nowMs)
    state.run(member).reason = reason
    state.managed.undelay(member)
    endRun(t, member, RUN_STATES.CANCELLED, nowMs)
  }
}

/** @returns the runs that were paused: this one, and its descendants that were running */
export function applyPause(state: DagState, run: number): readonly number[] {
  const family = familyOf(state, run, isRunning)
  for (const member of family) {
    setRunState(state.tables, member, RUN_STATES.PAUSED)
    holdRun(state.tables, member)
  }
  return family
}

/** @returns the runs that go on: this one, and its descendants that were paused */
export function applyResume(state: DagState, run: number): readonly number[] {
  const family = familyOf(state, run, isPaused)
  for (const member of family) {
    setRunState(state.tables, member, RUN_STATES.RUNNING)
    if (state.tables.runState[member] === RUN_STATES.RUNNING) releaseRun(state.tables, member)
  }
  return family
}

const isOpen = (state: number): boolean => state < RUN_STATES.SUCCEEDED
const isEnded = (state: number): boolean => !isOpen(state)
const isRunning = (state: number): boolean => state === RUN_STATES.RUNNING
const isPaused = (state: number): boolean => state === RUN_STATES.PAUSED

export function applyWake(state: DagState, nowMs: number): number {
  const t = state.tables
  let woken = 0
  for (let task = firstDue(t); task >= 0 && (t.taskDueAtMs[task] as number) <= nowMs; task = firstDue(t)) {
    const flags = t.taskFlags[task] as number
    woken++
    if ((flags & (FLAGS.TIMED | FLAGS.WAITS)) === 0) {
      t.backend.wake(t, task, nowMs)
      continue
    }
    const data = state.run(t.taskRun[task] as number)
    t.taskStartedAtMs[task] = t.taskReadyAtMs[task] as number
    if ((flags & FLAGS.TIMED) !== 0) t.backend.complete(t, task, nowMs)
    else {
      const waitedMs = (t.taskDueAtMs[task] as number) - (t.taskReadyAtMs[task] as number)
      const { waitFor = '' } = data.template.compiled.types[(t.taskType[task] as number) - data.binding.typeBase] ?? {}
      const message = `No signal "${waitFor}" came within ${waitedMs} ms.`
      state.errors[task] = { code: 'TIMEOUT', component: '@symphony/dag', message, retryable: true, details: { signal: waitFor, waitedMs } }
      t.backend.fail(t, task, nowMs)
    }
    if (data.signals.length > 0) deliverSignals(state, data, nowMs)
  }
  return woken
}

export function applyWait(state: DagState, task: number, untilMs: number): void {
  state.tables.taskFlags[task]! |= FLAGS.TIMED
  state.tables.backend.postpone(state.tables, task, untilMs)
}

export function applyForget(state: DagState, run: number): void {
  const t = state.tables
  const data = state.run(run)
  state.forgetTasksOf(run)
  t.backend.free(t, run)
  data.template.runs--
  state.dropBinding(data.binding)
  state.managed.forget(run)
  state.dropRun(data)
}

const NOTHING_ADDED: RunData['added'] = []

function recordAttempt(t: DagTables, task: number, attempt: number, startedAtMs: number): void {
  // What never began has nothing but zeros there.
  if (attempt === 0) return
  t.taskAttempt[task] = attempt
  t.taskAttemptsEnded[task] = attempt
  t.taskStartedAtMs[task] = startedAtMs
}

/** Ranks are computed anew when twice as much has been learned: the cost is spread over the runs that taught it. */
function refreshRanks(state: DagState, template: StoredTemplate): void {
  if (template.samples < template.rankedSamples * 2 + 1) return
  rankTemplate(state, template)
}

/** Computes ranks from what is known about durations now. */
export function rankTemplate(state: DagState, template: StoredTemplate): void {
  const { compiled, typeRows } = template
  template.isLearned = typeRows.some((row) => state.durations.meanMs(row) !== undefined)
  template.expectedMs = compiled.types.map((type, place) => state.durations.meanMs(typeRows[place] as number) ?? type.expectedMs ?? 1)
  template.ranks = upwardRanks(compiled, template.expectedMs)
  template.byRank = undefined
  template.rankedSamples = template.samples
  assert(template.ranks.length === compiled.taskCount, 'every task has a rank')
}
