import { SymphonyError } from '@symphony/interface'
import { FLAGS } from '../layout.ts'
import { eachOf } from '../definition/map-tasks.ts'
import { taskId } from '../definition/task-id.ts'
import { findTask } from '../resolve-expansion.ts'
import { applyRetry, coneOf, forEachDependent, retryBlocker } from './retry.ts'
import type { Cone } from './retry.ts'
import { rangesOf } from '../run-table.ts'
import type { DagState, RunData } from '../state.ts'
import { FIRST_FINAL } from '../transitions.ts'
import { jsonCommand } from './run-command.ts'
import type { RunCommand } from './run-command.ts'
import { RUN_COMMANDS } from './run-command-numbers.ts'

interface SetBack {
  readonly run: number
  /** Rows; whatever depends on them is set back with them. */
  readonly tasks: readonly number[]
  readonly nowMs: number
}

/** Sets several tasks back at once. @returns how many were, dependents included */
export const setBack: RunCommand<SetBack, number> = jsonCommand(RUN_COMMANDS.SET_BACK, (state, { run, tasks, nowMs }) => applyRetry(state, run, tasks, nowMs))

const NONE: ReadonlySet<number> = new Set()

/** @throws SymphonyError `NOT_FOUND` */
export function taskRowOf(state: DagState, data: RunData, task: string): number {
  const row = findTask(state, data, task)
  if (row !== undefined) return row
  throw new SymphonyError({ code: 'NOT_FOUND', component: '@symphony/dag', message: `Run "${data.id}" has no task "${task}".`, details: { run: data.id, task } })
}

/**
 * Rows of the tasks that are to be done again. Of a task with `map` it is the one that adds its elements: what gathers them alone would
 * do nothing again.
 * @throws SymphonyError `NOT_FOUND`, `INVALID_ARGUMENT`
 */
export function rowsToDoAgain(state: DagState, data: RunData, tasks: string | readonly string[]): readonly number[] {
  const base = state.tables.runTaskBase[data.row] as number
  const rows = [tasks].flat().map((task) => {
    const each = eachOf(data.template.compiled, data.binding.template.spec, task)
    return each < 0 ? taskRowOf(state, data, task) : base + each
  })
  if (rows.length > 0) return [...new Set(rows)]
  throw new SymphonyError({ code: 'INVALID_ARGUMENT', component: '@symphony/dag', message: 'Wrong argument: name at least one task.' })
}

/**
 * Refuses tasks that would only be skipped again, because something they need did not succeed and is not set back.
 * @param seeds all that is set back; @param edited what will have succeeded instead
 * @returns what is set back, and what is dropped
 * @throws SymphonyError `TASK_STATE`
 */
export function refuseBlocked(state: DagState, data: RunData, tasks: readonly number[], seeds: readonly number[] = tasks, edited: ReadonlySet<number> = NONE): Cone {
  const ahead = { ...coneOf(state, data, seeds, edited), edited }
  for (const task of tasks) {
    const blocker = retryBlocker(state, data, task, ahead)
    if (blocker < 0) continue
    const [id, need] = [taskId(state, data, task), taskId(state, data, blocker)]
    throw new SymphonyError({
      code: 'TASK_STATE',
      component: '@symphony/dag',
      message: `"${id}" would only be skipped again, because it needs "${need}", which did not succeed or went another way. Retry from "${need}".`,
      details: { run: data.id, task: id, need },
    })
  }
  return ahead
}

/** @throws SymphonyError `TASK_STATE` for a run that is going on */
export function refuseGoingOn(data: RunData, isRunning: boolean, wish: string): void {
  if (!isRunning) return
  throw new SymphonyError({
    code: 'TASK_STATE',
    component: '@symphony/dag',
    message: `Run "${data.id}" is going on. Pause it before ${wish}.`,
    details: { run: data.id },
  })
}

/** Tasks that ended after a moment. */
export function endedAfter(state: DagState, data: RunData, toMs: number): readonly number[] {
  const t = state.tables
  return tasksWhere(state, data, (task) => (t.taskState[task] as number) >= FIRST_FINAL && (t.taskEndedAtMs[task] as number) > toMs)
}

/**
 * Tasks that ended after a task did, those that depend on it among them, even if they ended in the same millisecond.
 * @throws SymphonyError `TASK_STATE` when it has not ended
 */
export function endedAfterTask(state: DagState, data: RunData, task: number): readonly number[] {
  const t = state.tables
  if ((t.taskState[task] as number) < FIRST_FINAL) {
    const message = `"${taskId(state, data, task)}" of run "${data.id}" has not ended, so there is nothing after it to set back. Name one that has.`
    throw new SymphonyError({ code: 'TASK_STATE', component: '@symphony/dag', message })
  }
  const after = new Set(endedAfter(state, data, t.taskEndedAtMs[task] as number))
  forEachDependent(t, task, (dependent) => {
    if ((t.taskState[dependent] as number) >= FIRST_FINAL) after.add(dependent)
  })
  return [...after].sort((a, b) => a - b)
}

/** Rows of a run's tasks, without those a retry dropped. */
export function tasksWhere(state: DagState, data: RunData, isWanted: (task: number) => boolean): number[] {
  const t = state.tables
  const rows: number[] = []
  for (const [first, count] of rangesOf(t, data.row)) {
    for (let task = first; task < first + count; task++) {
      if (((t.taskFlags[task] as number) & FLAGS.DROPPED) === 0 && isWanted(task)) rows.push(task)
    }
  }
  return rows
}
