import { applyStart } from '../apply.ts'
import type { StartCommand } from '../apply.ts'
import type { TaskType } from '@symphony/interface'
import { armTimeout, rankAdded } from '../expansion.ts'
import { FLAGS } from '../layout.ts'
import { applyRetry } from './retry.ts'
import type { DagState, RunData } from '../state.ts'
import { CANCELLED, FAILED, FIRST_FINAL, PENDING, SUCCEEDED } from '../transitions.ts'
import { jsonCommand } from './run-command.ts'
import type { RunCommand } from './run-command.ts'
import { RUN_COMMANDS } from './run-command-numbers.ts'
import { tasksWhere } from './set-back.ts'
import { addedSingly, lift, putDown, putDownAdded, putDownLinks, readdressed, recount } from './transplant.ts'

interface Fork extends StartCommand {
  readonly source: number
  /** Rows of the source that are done again in the fork, with all that depends on them. */
  readonly tasks: readonly number[]
}

/** A new run that begins where another one is, without some of it. */
export const fork: RunCommand<Fork, RunData> = jsonCommand(RUN_COMMANDS.FORK, (state, fields: Fork) => {
  const source = state.run(fields.source)
  const data = applyStart(state, source.template, source.binding, fields, true)
  const rows = copyTasks(state, source, data)
  recount(state, data)
  applyRetry(state, data.row, fields.tasks.map((task) => rows.get(task) as number), fields.nowMs)
  const t = state.tables
  for (const task of tasksWhere(state, data, (row) => (t.taskState[row] as number) < FIRST_FINAL)) {
    // What is done again here was never tried here.
    t.taskAttempt[task] = 0
    t.taskAttemptsEnded[task] = 0
  }
  const attributes = state.managed.attributes.get(source.row)
  if (attributes !== undefined) state.managed.setAttributes(data.row, attributes)
  return data
})

/** Puts every task of a run into the rows of another one. What is open there is PENDING here. @returns rows by rows */
function copyTasks(state: DagState, source: RunData, data: RunData): ReadonlyMap<number, number> {
  const t = state.tables
  const lifted = tasksWhere(state, source, () => true).map((task) => lift(state, task))
  const added = addedSingly(state, source)
  const sourceBase = t.runTaskBase[source.row] as number
  const base = t.runTaskBase[data.row] as number
  const rows = new Map<number, number>()
  for (const { from } of lifted) if ((t.taskNode[from] as number) >= 0) rows.set(from, from - sourceBase + base)
  putDownAdded(state, data, added).forEach((row, index) => rows.set((added[index] as RunData['added'][number]).row, row))
  data.added = data.added.map((task) => readdressed(task, rows))
  for (const task of lifted) {
    const to = rows.get(task.from) as number
    putDown(state, task, to)
    const taskState = t.taskState[to] as number
    if (taskState < FIRST_FINAL) {
      t.taskState[to] = PENDING
      t.taskReadyAtMs[to] = 0
      t.taskStartedAtMs[to] = 0
      t.taskDueAtMs[to] = 0
      armTimeout(t, state.types[t.taskType[to] as number] as TaskType, to, to + 1)
    } else if (taskState === SUCCEEDED) t.taskFlags[to]! |= FLAGS.RECALLED
  }
  putDownLinks(state, lifted, rows)
  for (const { row } of data.added.toReversed()) rankAdded(state, data, row)
  return rows
}

/** Tasks a fork does again whatever is asked: those that have not ended, were cancelled, or fail the run. */
export function unfinished(state: DagState, data: RunData): readonly number[] {
  const t = state.tables
  return tasksWhere(state, data, (task) => {
    const taskState = t.taskState[task] as number
    if (taskState === FAILED) return ((t.taskFlags[task] as number) & (FLAGS.ALLOW_FAILURE | FLAGS.ABSORBED)) === 0
    return taskState < FIRST_FINAL || taskState === CANCELLED
  })
}

/** Links between tasks of a run that were added at run time: what a copy of it needs. */
export function linkCount(state: DagState, data: RunData): number {
  const t = state.tables
  let links = 0
  for (const task of tasksWhere(state, data, () => true)) {
    for (let link = t.taskExtraOut[task] as number; link !== 0; link = t.linkNextOut[link - 1] as number) links++
  }
  return links
}
