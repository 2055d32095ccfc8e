import { RUN_STATES } from '@symphony/interface'
import { writeState } from './backend.ts'
import { pushDue, waitsForTime } from './runs/due-heap.ts'
import { rankAdded } from './expansion.ts'
import { NOT_QUEUED } from './layout.ts'
import { enqueue } from './ready-queue.ts'
import { holdRun, rangesOf, releaseRun } from './run-table.ts'
import type { Binding, DagState, RunData } from './state.ts'
import { FIRST_FINAL, READY, RUNNING } from './transitions.ts'

/**
 * Rebuilds everything ephemeral from what is durable: what was running is READY again, nothing is taken, the ready queue is in
 * order of readiness, due tasks are in their heap, and runs whose functions nobody knows are quarantined.
 */
export function rebuild(state: DagState): void {
  const t = state.tables
  for (const word of [t.readyHead, t.readyTail, t.readyCount, t.dueCount]) word[0] = 0
  // Parts nothing refers to: whoever logged them died before it came to that.
  state.parts.clear()
  const ready: number[] = []
  for (const data of state.runs) {
    if (data === undefined) continue
    const known = state.bindingsByHash.get(data.template.hash)
    if (known !== undefined && data.binding.isFromLog) rebindRun(state, data, known)
    const durable = t.runDurableState[data.row] as number
    const isQuarantined = durable < RUN_STATES.SUCCEEDED && !data.binding.isComplete
    if (durable < RUN_STATES.SUCCEEDED && data.binding.isFromLog) state.mayAwaitDefinition = true
    t.runState[data.row] = isQuarantined ? RUN_STATES.QUARANTINED : durable
    for (const [first, count] of rangesOf(t, data.row)) {
      for (let task = first; task < first + count; task++) if (standUp(state, task)) ready.push(task)
    }
  }
  ready.sort((a, b) => (t.taskReadyAtMs[a] as number) - (t.taskReadyAtMs[b] as number) || a - b)
  for (const task of ready) enqueue(t, task)
  t.traceLength = 0
  t.endedRuns.length = 0
}

/** An ended run out of the log gets its functions when it is to go on. @returns whether it has them */
export function rebindIfKnown(state: DagState, data: RunData): boolean {
  if (data.binding.isComplete) return true
  const known = state.bindingsByHash.get(data.template.hash)
  if (known === undefined) return false
  rebindRun(state, data, known)
  return true
}

/** Gives a run the functions of another definition of its shape. */
function rebindRun(state: DagState, data: RunData, binding: Binding): void {
  state.holdBinding(binding)
  state.dropBinding(data.binding)
  data.binding = binding
  writeTypes(state, data)
}

/** Writes type numbers and ranks of all tasks of a run. */
export function writeTypes(state: DagState, data: RunData): void {
  const t = state.tables
  const base = t.runTaskBase[data.row] as number
  t.taskType.set(data.binding.typeNumbers as Int32Array, base)
  t.taskRankMs.set(data.template.ranks, base)
  for (const { row, type, count } of data.added) t.taskType.fill(data.binding.typeBase + type, row, row + Math.max(1, count))
  for (const { row, count } of data.added.toReversed()) {
    for (let task = row + Math.max(1, count) - 1; task >= row; task--) rankAdded(state, data, task)
  }
}

/** Nothing of the run is handed out until its functions are known. */
export function quarantine(state: DagState, data: RunData): void {
  state.tables.runState[data.row] = RUN_STATES.QUARANTINED
  holdRun(state.tables, data.row)
  state.mayAwaitDefinition = true
}

/** Gives open runs out of the log their definition, and ends the quarantine of those that waited for it. @returns their rows */
export function releaseQuarantined(state: DagState, binding: Binding): readonly number[] {
  const t = state.tables
  const released: number[] = []
  if (!state.mayAwaitDefinition) return released
  state.mayAwaitDefinition = false
  for (const data of state.runs) {
    if (data === undefined || !data.binding.isFromLog || (t.runDurableState[data.row] as number) >= RUN_STATES.SUCCEEDED) continue
    if (data.template.hash !== binding.template.hash) {
      state.mayAwaitDefinition = true
      continue
    }
    rebindRun(state, data, binding)
    if (t.runState[data.row] !== RUN_STATES.QUARANTINED) continue
    t.runState[data.row] = t.runDurableState[data.row] as number
    if (t.runState[data.row] === RUN_STATES.RUNNING) releaseRun(t, data.row)
    released.push(data.row)
  }
  return released
}

/** @returns whether the task belongs into the ready queue */
function standUp(state: DagState, task: number): boolean {
  const t = state.tables
  t.queueNext[task] = 0
  t.queuePrev[task] = NOT_QUEUED
  t.taskToken[task] = 0
  const before = t.taskState[task] as number
  if (before >= FIRST_FINAL) return false
  if (before === RUNNING) {
    t.taskStartedAtMs[task] = 0
    writeState(t, task, RUNNING, READY)
  }
  if (waitsForTime(t, task)) pushDue(t, task)
  return t.taskState[task] === READY && t.runState[t.taskRun[task] as number] === RUN_STATES.RUNNING
}
