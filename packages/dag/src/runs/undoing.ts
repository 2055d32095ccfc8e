import { RUN_STATES, SymphonyError } from '@symphony/interface'
import type { RunId, Undoing } from '@symphony/interface'
import { taskId } from '../definition/task-id.ts'
import { FLAGS } from '../layout.ts'
import { findTask } from '../resolve-expansion.ts'
import type { DagState } from '../state.ts'
import type { Undone } from './managed-state.ts'
import { SUCCEEDED } from '../transitions.ts'

/** What a new run undoes, by rows. */
export interface UndoneTasks {
  readonly run: number
  readonly tasks: readonly number[]
  /** How many runs that was undone by, this one included. */
  readonly number: number
}

/** @throws SymphonyError `RUN_UNKNOWN`, `NOT_FOUND`, `TASK_STATE` */
export function checkUndoing(state: DagState, { run, tasks }: Undoing): UndoneTasks & Undone {
  const data = state.runById(run)
  if ((state.tables.runDurableState[data.row] as number) < RUN_STATES.SUCCEEDED) throw refused('TASK_STATE', `Run "${run}" has not ended, so there is nothing to undo yet.`)
  const rows = tasks.map((task) => {
    const row = findTask(state, data, task)
    if (row === undefined) throw refused('NOT_FOUND', `Run "${run}" has no task "${task}".`)
    if (state.tables.taskState[row] !== SUCCEEDED) throw refused('TASK_STATE', `"${taskId(state, data, row)}" of run "${run}" has not succeeded, so there is nothing to undo.`)
    return row
  })
  return { run: data.row, tasks: rows, ...nextUndoing(state, data.row) }
}

/**
 * The next run that undoes what this one did. Numbers are not used again, because what their tasks called may know them by their ids;
 * nor is an id a run of another time still has.
 */
function nextUndoing(state: DagState, run: number): Undone {
  const { id } = state.run(run)
  let number = (state.managed.undoings.get(run)?.number ?? 0) + 1
  const named = (): RunId => `${id}~undo${number === 1 ? '' : `#${number}`}` as RunId
  while (state.runsById.has(named())) number++
  return { number, id: named() }
}

export function markUndone({ tables, managed }: DagState, { run, tasks, number }: UndoneTasks, id: string): void {
  managed.undone(run, { number, id })
  for (const task of tasks) tables.taskFlags[task]! |= FLAGS.UNDONE
}

function refused(code: 'NOT_FOUND' | 'TASK_STATE', message: string): SymphonyError {
  return new SymphonyError({ code, component: '@symphony/dag', message })
}
