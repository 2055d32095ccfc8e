import { applyStart } from '../apply.ts'
import type { StartCommand } from '../apply.ts'
import type { ArtifactRef, TaskType } from '@symphony/interface'
import { armTimeout, rankAdded } from '../expansion.ts'
import { DEFINED_FLAGS, FLAGS } from '../layout.ts'
import { applyRetry } from './retry.ts'
import type { DagState, RunData } from '../state.ts'
import { FIRST_FINAL, PENDING, SUCCEEDED } from '../transitions.ts'
import { jsonCommand } from './run-command.ts'
import type { RunCommand } from './run-command.ts'
import { RUN_COMMANDS } from './run-command-numbers.ts'
import { tasksWhere } from './set-back.ts'
import { addedSingly, lift, putDown, putDownAdded, putDownLinks, readdressed, recount } from './transplant.ts'

export interface Fork extends StartCommand {
  readonly source: number
  /** Rows of the source that are done again in the fork, with all that depends on them. */
  readonly tasks: readonly number[]
  /** Rows of the source that have succeeded in the fork with another output; none of them is done again. */
  readonly outputs?: readonly (readonly [task: number, output: ArtifactRef])[]
}

/** A new run that begins where another one is, without some of it. */
export const fork: RunCommand<Fork, RunData> = jsonCommand(RUN_COMMANDS.FORK, (state, fields: Fork) => {
  const source = state.run(fields.source)
  const data = applyStart(state, source.template, source.binding, fields, true)
  const rows = copyTasks(state, source, data)
  const edited = new Set<number>()
  for (const [task, output] of fields.outputs ?? []) {
    const row = rows.get(task) as number
    edit(state, row, output, fields.nowMs)
    edited.add(row)
  }
  recount(state, data)
  applyRetry(state, data.row, fields.tasks.map((task) => rows.get(task) as number), fields.nowMs, edited)
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

/** The task has succeeded with this output, whatever became of it; whom it went on to stays. */
function edit(state: DagState, task: number, output: ArtifactRef, nowMs: number): void {
  const t = state.tables
  t.taskState[task] = SUCCEEDED
  t.taskFlags[task] = ((t.taskFlags[task] as number) & (DEFINED_FLAGS | FLAGS.ROUTED)) | FLAGS.RECALLED
  t.taskEndedAtMs[task] = nowMs
  t.taskDueAtMs[task] = 0
  state.outputs[task] = output
  state.errors[task] = undefined
}

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
