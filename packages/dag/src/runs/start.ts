import type { RunAttributes } from '@symphony/interface'
import { applyStart } from '../apply.ts'
import type { StartCommand } from '../apply.ts'
import type { Binding, DagState, RunData, StoredTemplate } from '../state.ts'
import { parentAt } from './family.ts'
import type { Delay, Schedule } from './managed-state.ts'
import { jsonCommand } from './run-command.ts'
import type { RunCommand } from './run-command.ts'
import { RUN_COMMANDS } from './run-command-numbers.ts'
import { markUndone } from './undoing.ts'
import type { UndoneTasks } from './undoing.ts'

/** What a start may say beside what every start says. */
export interface StartExtras {
  /** Row of the task the run is a child of. */
  readonly parent?: number
  readonly attributes?: RunAttributes
  readonly delay?: Delay
  readonly undoes?: UndoneTasks
  /** The schedule that starts it, for which time, and when that is due next. */
  readonly schedule?: { readonly id: string; readonly atMs: number; readonly nextMs: number }
}

interface StartWith extends StartCommand, StartExtras {
  readonly template: number
}

/**
 * A start with more than an id, a tenant, a priority and an input.
 * @param binding the functions of the run; those the program has now, when it comes out of the log
 */
export function startWith(binding?: Binding): RunCommand<StartWith, RunData> {
  return jsonCommand(RUN_COMMANDS.START_WITH, (state: DagState, fields: StartWith) => {
    const template = state.templates[fields.template] as StoredTemplate
    const functions = binding ?? state.bindingsByHash.get(template.hash) ?? template.binding
    const data = applyStart(state, template, functions, fields, fields.delay !== undefined)
    const { managed } = state
    if (fields.parent !== undefined) managed.adopt(data.row, parentAt(state, fields.parent))
    if (fields.attributes !== undefined) managed.setAttributes(data.row, fields.attributes)
    if (fields.delay !== undefined) managed.delay(data.row, fields.delay)
    if (fields.undoes !== undefined) markUndone(state, fields.undoes, fields.id)
    if (fields.schedule !== undefined) moveOn(state, fields.schedule, fields.id)
    return data
  })
}

function moveOn({ managed }: DagState, { id, atMs, nextMs }: NonNullable<StartExtras['schedule']>, run: string): void {
  const schedule = managed.schedules.get(id) as Schedule
  managed.setSchedule({ ...schedule, nextMs, lastMs: atMs, lastRun: run, fired: schedule.fired + 1 })
}
