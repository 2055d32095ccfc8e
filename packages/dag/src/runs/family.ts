import { RUN_STATES, RUN_STATE_NAMES, SymphonyError } from '@symphony/interface'
import type { ChildRun, OrphanedWait, ParentTask, RunId, RunStateName, TaskRow } from '@symphony/interface'
import { leaveLine, move } from '../backend.ts'
import { FLAGS } from '../layout.ts'
import { RUN_DEPTH_MAX } from '../limits.ts'
import { taskId } from '../definition/task-id.ts'
import { endRun, rangesOf } from '../run-table.ts'
import type { DagState } from '../state.ts'
import type { DagTables } from '../tables.ts'
import { FIRST_FINAL, WAITING } from '../transitions.ts'
import type { Parent } from './managed-state.ts'
import type { RunCommand } from './run-command.ts'
import { RUN_COMMANDS } from './run-command-numbers.ts'

interface AwaitChild {
  readonly task: number
  readonly attempt: number
  readonly startedAtMs: number
  readonly nowMs: number
}

/** The task waits for a run that was started for it. Its attempt is recorded, so that it counts after a restart too. */
export const awaitChild: RunCommand<AwaitChild> = {
  type: RUN_COMMANDS.AWAIT_CHILD,
  write: (w, { task, attempt, startedAtMs, nowMs }) => void w.u32(task).u32(attempt).f64(startedAtMs).f64(nowMs),
  read: (r) => ({ task: r.u32(), attempt: r.u32(), startedAtMs: r.f64(), nowMs: r.f64() }),
  apply({ tables: t }, { task, attempt, startedAtMs }) {
    leaveLine(t, task)
    move(t, task, t.taskState[task] as number, WAITING)
    t.taskToken[task] = 0
    t.taskAttempt[task] = attempt
    t.taskAttemptsEnded[task] = attempt
    t.taskStartedAtMs[task] = startedAtMs
    t.taskFlags[task]! |= FLAGS.AWAITS_CHILD
  },
}

export function isAwaitingChild(t: DagTables, task: number): boolean {
  return t.taskState[task] === WAITING && ((t.taskFlags[task] as number) & FLAGS.AWAITS_CHILD) !== 0
}

/** A run and those below it whose durable state is wanted: the run first, then generation by generation. */
export function familyOf(state: DagState, run: number, isWanted: (durableState: number) => boolean): readonly number[] {
  const { children } = state.managed
  if (!children.has(run)) return [run]
  // Also below one that is not wanted itself there may be some that are.
  const all = [run]
  for (const member of all) for (const child of children.get(member) ?? []) all.push(child)
  return all.filter((member) => member === run || isWanted(state.tables.runDurableState[member] as number))
}

/** Cancels the open runs, with all below them, that were started for tasks which are set back, skipped or gone. */
export function cancelChildrenOf(state: DagState, run: number, tasks: ReadonlySet<number>, nowMs: number): void {
  const { children, parents } = state.managed
  const t = state.tables
  for (const child of children.get(run) ?? NONE) {
    if (!tasks.has(parents.get(child)?.task as number)) continue
    for (const member of familyOf(state, child, () => true)) {
      if ((t.runDurableState[member] as number) >= RUN_STATES.SUCCEEDED) continue
      for (const [first, count] of rangesOf(t, member)) t.backend.cancel(t, first, count, nowMs)
      state.run(member).reason = 'the task it was started for no longer waits for it'
      state.managed.undelay(member)
      endRun(t, member, RUN_STATES.CANCELLED, nowMs)
    }
  }
}

const NONE: ReadonlySet<number> = new Set()

/** Whether an ended run must be kept, because the task it was started for may still ask how it ended. */
export function isNeeded(state: DagState, run: number): boolean {
  if (!state.managed.has(run)) return false
  const parent = state.managed.parents.get(run)
  return parent !== undefined && parent.task >= 0 && (state.tables.taskState[parent.task] as number) < FIRST_FINAL
}

/**
 * The task a new run is to be a child of.
 * @throws SymphonyError `INVALID_ARGUMENT`, `TASK_STATE`
 */
export function checkParent(state: DagState, task: number): Parent {
  const t = state.tables
  const run = Number.isInteger(task) ? (t.taskRun[task] ?? -1) : -1
  const data = run < 0 ? undefined : state.runs[run]
  if (data === undefined) throw refused('INVALID_ARGUMENT', `The run's parent must be the row of a task; none is at row ${task} now.`)
  if ((t.runDurableState[run] as number) >= RUN_STATES.SUCCEEDED || (t.taskState[task] as number) >= FIRST_FINAL) {
    throw refused('TASK_STATE', `"${taskId(state, data, task)}" of run "${data.id}" has ended, so no run can be started for it any more.`)
  }
  const depth = (state.managed.parents.get(run)?.depth ?? 0) + 1
  if (depth > RUN_DEPTH_MAX) {
    const above = `Run "${data.id}" is already ${depth - 1} runs deep`
    throw refused('INVALID_ARGUMENT', `${above}, and ${RUN_DEPTH_MAX} is the limit. A workflow seems to start itself without end; give it a condition to stop.`)
  }
  return parentAt(state, task)
}

/** The parent a run gets that is started for this task. */
export function parentAt(state: DagState, task: number): Parent {
  const run = state.tables.taskRun[task] as number
  const data = state.run(run)
  const depth = (state.managed.parents.get(run)?.depth ?? 0) + 1
  return { run, task, runId: data.id, taskId: taskId(state, data, task), depth }
}

/** Id of the run for the attempt that is going on, the same whenever it is asked for. */
export function childId(state: DagState, parent: Parent): string {
  const t = state.tables
  // An attempt that waits is recorded already.
  const attempt = (t.taskAttemptsEnded[parent.task] as number) + (isAwaitingChild(t, parent.task) ? 0 : 1)
  return `${parent.runId}/${parent.taskId}${attempt === 1 ? '' : `#${attempt}`}`
}

export function parentOf(state: DagState, run: number): ParentTask | undefined {
  if (!state.managed.has(run)) return undefined
  const parent = state.managed.parents.get(run)
  if (parent === undefined) return undefined
  return { runId: parent.runId as RunId, task: parent.taskId, row: parent.task < 0 ? undefined : (parent.task as TaskRow) }
}

export function childrenOf(state: DagState, run: number): readonly ChildRun[] {
  return Array.from(state.managed.children.get(run) ?? [], (child) => ({
    id: state.run(child).id,
    task: (state.managed.parents.get(child) as Parent).taskId,
    state: RUN_STATE_NAMES[state.tables.runState[child] as number] as RunStateName,
  }))
}

export function orphanedWaits(state: DagState): readonly OrphanedWait[] {
  const t = state.tables
  const found: OrphanedWait[] = []
  for (let task = 0; task < t.tasks.used; task++) {
    if ((t.taskRun[task] as number) < 0 || !isAwaitingChild(t, task)) continue
    const child = state.managed.childOfTask.get(task)
    if (child !== undefined && (t.runDurableState[child] as number) < RUN_STATES.SUCCEEDED) continue
    found.push({ task: task as TaskRow, child: child === undefined ? undefined : state.run(child).id })
  }
  return found
}

function refused(code: 'INVALID_ARGUMENT' | 'TASK_STATE', message: string): SymphonyError {
  return new SymphonyError({ code, component: '@symphony/dag', message })
}
