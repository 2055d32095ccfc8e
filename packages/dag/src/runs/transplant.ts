import type { ArtifactRef, ErrorData } from '@symphony/interface'
import { movedCondition } from '../added-conditions.ts'
import { hasForgivingDependent } from '../backend.ts'
import { FLAGS } from '../layout.ts'
import { addRows, clearTasks } from '../run-table.ts'
import { paramsOf } from '../resolve-expansion.ts'
import type { AddedTask, DagState, RunData } from '../state.ts'
import { addedId } from '../definition/task-id.ts'
import type { DagTables } from '../tables.ts'
import { putLink } from '../expansion.ts'
import { FAILED, FIRST_FINAL } from '../transitions.ts'
import { tasksWhere } from './set-back.ts'

// Taking tasks of a run to other rows: into another run (a fork), or under another definition (a migration).

/** What a place in the graph decides, not the task's life. */
const OF_THE_PLACE: ReadonlySet<string> = new Set(['run', 'type', 'node', 'outStart', 'outCount', 'extraOut', 'extraIn', 'queueNext', 'queuePrev', 'token', 'pending', 'slack', 'rankMs'])

type Column = Int32Array | Float64Array

/** By tables: the columns of a task's life. Which they are does not change, and a copy asks once a task. */
const lives = new WeakMap<DagTables, readonly Column[]>()

function lifeOf(t: DagTables): readonly Column[] {
  const known = lives.get(t)
  if (known !== undefined) return known
  const columns = Object.entries(t.region.tables.tasks.columns).flatMap(([name, column]) => (OF_THE_PLACE.has(name) ? [] : [column]))
  lives.set(t, columns)
  return columns
}

/** A task as it is where it comes from: its columns, what it left, and its links to tasks that were added at run time. */
export interface LiftedTask {
  readonly from: number
  /** Values of the columns of a task's life, in their order. */
  readonly columns: readonly number[]
  readonly output: ArtifactRef | undefined
  readonly error: ErrorData | undefined
  /** Needs added at run time, as pairs of row and kind, in order. */
  readonly needs: readonly (readonly [need: number, kind: number])[]
}

/** Reads a task, so that its rows may be given back before it is put down elsewhere. */
export function lift(state: DagState, from: number): LiftedTask {
  const t = state.tables
  const columns = lifeOf(t).map((column) => column[from] as number)
  const needs: [number, number][] = []
  for (let link = t.taskExtraIn[from] as number; link !== 0; link = t.linkNextIn[link - 1] as number) {
    needs.push([t.linkFrom[link - 1] as number, t.linkKind[link - 1] as number])
  }
  return { from, columns, output: state.outputs[from], error: state.errors[from], needs }
}

/** Writes a task's life into a row whose place in the graph is written already. */
export function putDown(state: DagState, task: LiftedTask, to: number): void {
  const columns = lifeOf(state.tables)
  for (let index = 0; index < columns.length; index++) (columns[index] as Column)[to] = task.columns[index] as number
  state.outputs[to] = task.output
  state.errors[to] = task.error
}

/** What was added to a run and still counts, task by task: a copy does not keep ranges together, because it may take only some of one. */
export function addedSingly(state: DagState, data: RunData): readonly AddedTask[] {
  const { taskFlags } = state.tables
  const single = data.added.flatMap((added): readonly AddedTask[] => {
    if (added.count === 0) return [added]
    return Array.from({ length: added.count }, (_, index) => {
      const row = added.row + index
      return { ...added, id: addedId(added, row), params: paramsOf(added, row), row, count: 0 }
    })
  })
  return single.filter(({ row }) => ((taskFlags[row] as number) & FLAGS.DROPPED) === 0)
}

/** Rows for tasks that were added at run time, with what their types say. @returns the row of each */
export function putDownAdded(state: DagState, data: RunData, added: readonly Omit<RunData['added'][number], 'row'>[]): readonly number[] {
  if (added.length === 0) return []
  const t = state.tables
  const first = addRows(t, data.row, added.length)
  state.growTo(t.tasks.used)
  clearTasks(t, data.row, first, added.length)
  for (const column of [t.taskOutStart, t.taskOutCount, t.taskPending, t.taskSlack]) column.fill(0, first, first + added.length)
  data.added = added.map((task, index) => ({ ...task, row: first + index }))
  data.addedIds = new Map()
  data.addedRanges = new Map()
  for (const [index, { id, row, type }] of data.added.entries()) {
    t.taskNode[row] = -1 - index
    t.taskType[row] = data.binding.typeBase + type
    data.addedIds.set(id, row)
  }
  return data.added.map(({ row }) => row)
}

/** The same task among other rows: what it names that did not come along is gone. */
export function readdressed(task: AddedTask, rows: ReadonlyMap<number, number>): AddedTask {
  const when = task.when === undefined ? undefined : movedCondition(task.when, (row) => rows.get(row) ?? -1)
  return { ...task, by: rows.get(task.by) ?? task.by, when }
}

/** Links between tasks that both came along, in the order their needs had. */
export function putDownLinks(state: DagState, tasks: readonly LiftedTask[], rows: ReadonlyMap<number, number>): void {
  for (const { from, needs } of tasks) {
    for (let at = needs.length - 1; at >= 0; at--) {
      const [need, kind] = needs[at] as readonly [number, number]
      const source = rows.get(need)
      if (source !== undefined) putLink(state.tables, source, rows.get(from) as number, kind)
    }
  }
}

/** Counts a run's tasks anew, and which of its failures are its own. */
export function recount(state: DagState, data: RunData): void {
  const t = state.tables
  const { columns } = t.region.tables.runs
  const at = data.row * 8
  t.counts.fill(0, at, at + 8)
  let [total, open, failures, recalled, defaulted] = [0, 0, 0, 0, 0]
  for (const task of tasksWhere(state, data, () => true)) {
    const taskState = t.taskState[task] as number
    t.counts[at + taskState]!++
    total++
    if (taskState < FIRST_FINAL) open++
    if (((t.taskFlags[task] as number) & FLAGS.RECALLED) !== 0) recalled++
    if (((t.taskFlags[task] as number) & FLAGS.DEFAULTED) !== 0) defaulted++
    if (taskState !== FAILED || ((t.taskFlags[task] as number) & FLAGS.ALLOW_FAILURE) !== 0) continue
    t.taskFlags[task]! &= ~FLAGS.ABSORBED
    if (hasForgivingDependent(t, task)) t.taskFlags[task]! |= FLAGS.ABSORBED
    else failures++
  }
  columns.tasksTotal[data.row] = total
  t.runTasksOpen[data.row] = open
  columns.failures[data.row] = failures
  columns.recalled[data.row] = recalled
  columns.defaulted[data.row] = defaulted
}
