import { SymphonyError } from '@symphony/interface'
import type { ArtifactRef, ForkOptions } from '@symphony/interface'
import { isRef } from '../commands.ts'
import { taskId } from '../definition/task-id.ts'
import { checkRunInput } from '../definition/schemas.ts'
import { FLAGS } from '../layout.ts'
import type { StartCommand } from '../apply.ts'
import type { DagState, RunData } from '../state.ts'
import { notARef } from '../tracker-errors.ts'
import { CANCELLED, FAILED, FIRST_FINAL } from '../transitions.ts'
import type { Fork } from './fork.ts'
import type { TrackerParts } from './parts.ts'
import { forEachDependent } from './retry.ts'
import { refuseBlocked, rowsToDoAgain, taskRowOf, tasksWhere } from './set-back.ts'
import { checkStart } from './start-options.ts'

const KEYS: ReadonlySet<string> = new Set(['id', 'input', 'tenant', 'priority'])

/** What the fork is started as: what its source was, but for what is asked for. */
export function forkStart({ state, writer, ids }: TrackerParts, source: RunData, { from: _from, outputs: _outputs, whenUndefined = 'refuse', ...start }: ForkOptions): StartCommand {
  if (whenUndefined !== 'refuse' && whenUndefined !== 'quarantine') {
    throw new SymphonyError({ code: 'INVALID_ARGUMENT', component: '@symphony/dag', message: `whenUndefined is "refuse" or "quarantine", not ${JSON.stringify(whenUndefined)}.` })
  }
  const { columns } = state.tables.region.tables.runs
  const inherited = { tenant: state.tenants[columns.tenant[source.row] as number] as string, priority: columns.priority[source.row] as number, input: source.input }
  return checkStart({ ...inherited, ...start }, writer.nowMs, ids, undefined, KEYS)
}

/**
 * The command that forks, with every name resolved.
 * @throws SymphonyError `NOT_FOUND`, `TASK_STATE`, `INVALID_ARGUMENT`, `WORKFLOW_INVALID`
 */
export function planFork({ state }: TrackerParts, source: RunData, options: ForkOptions, start: StartCommand): Fork {
  // What the source began with has been checked, and made of what was given.
  const input = options.input === undefined ? source.input : checkRunInput(source.binding.template.spec, options.input)
  const outputs = editedRows(state, source, options.outputs ?? {})
  const edited = new Set(outputs.map(([row]) => row))
  const from = options.from === undefined && outputs.length > 0 ? [] : rowsToDoAgain(state, source, options.from ?? [])
  const wanted = from.filter((row) => !edited.has(row))
  const after = new Set<number>()
  for (const row of edited) forEachDependent(state.tables, row, (dependent) => void (edited.has(dependent) || after.add(dependent)))
  const left = unfinished(state, source).filter((row) => !edited.has(row))
  const tasks = [...new Set([...wanted, ...after, ...left])]
  const { dropped } = refuseBlocked(state, source, wanted, tasks, edited)
  for (const row of edited) if (dropped.has(row)) throw addedAnew(taskId(state, source, row))
  return { source: source.row, tasks, ...start, input, ...(outputs.length === 0 ? {} : { outputs }) }
}

function editedRows(state: DagState, source: RunData, outputs: Readonly<Record<string, ArtifactRef>>): readonly (readonly [row: number, output: ArtifactRef])[] {
  if (typeof outputs !== 'object' || outputs === null) {
    throw new SymphonyError({ code: 'INVALID_ARGUMENT', component: '@symphony/dag', message: 'The outputs of a fork must be an object of addresses by task.' })
  }
  return Object.entries(outputs).map(([task, ref]) => {
    if (!isRef(ref)) throw notARef(ref)
    return [taskRowOf(state, source, task), ref] as const
  })
}

function addedAnew(task: string): SymphonyError {
  const message = `"${task}" cannot have another output, because what added it is done again and adds it anew. Leave one of the two out.`
  return new SymphonyError({ code: 'INVALID_ARGUMENT', component: '@symphony/dag', message, details: { task } })
}

/** Tasks a fork does again whatever is asked: those that have not ended, were cancelled, or fail the run. */
function unfinished(state: DagState, data: RunData): readonly number[] {
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
