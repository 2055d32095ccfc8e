import { SymphonyError } from '@symphony/interface'
import type {
  Clock, CriticalPathReport, Json, NeedOutcome, RunId, RunProgress, RunReport, RunRow, SlackReport, TaskReport, TaskRow, TaskSpec, TaskStateName,
  TaskType, TaskView, Template,
} from '@symphony/interface'
import { criticalPath, slackOf } from './critical-path.ts'
import { needsOf, progressOf, reportOf, tasksOf } from './reports.ts'
import { findTask, paramsOf } from './resolve-expansion.ts'
import { taskId } from './definition/task-id.ts'
import type { DagState, RunData } from './state.ts'

/** Everything of the tracker that only looks. */
export class DagReads {
  readonly #state: DagState
  readonly #clock: Clock

  constructor(state: DagState, clock: Clock) {
    this.#state = state
    this.#clock = clock
  }

  findRun(id: string): RunRow | undefined {
    return this.#state.findRun(id)?.row as RunRow | undefined
  }

  runs(): readonly RunId[] {
    return [...this.#state.runsById.keys()] as RunId[]
  }

  getWorkflowState(id: string): RunReport {
    const run = this.#state.runById(id)
    return reportOf(this.#state, run, this.#momentOf(run))
  }

  progress(id: string): RunProgress {
    const run = this.#state.runById(id)
    return progressOf(this.#state, run, this.#momentOf(run))
  }

  tasks(id: string, filter: { readonly state?: TaskStateName; readonly type?: string } = {}): readonly TaskReport[] {
    return tasksOf(this.#state, this.#state.runById(id), filter)
  }

  criticalPath(id: string): CriticalPathReport {
    return criticalPath(this.#state, this.#state.runById(id))
  }

  slack(id: string): readonly SlackReport[] {
    return slackOf(this.#state, this.#state.runById(id))
  }

  runRow(id: string): RunRow {
    return this.#state.runById(id).row as RunRow
  }

  runId(run: RunRow): RunId {
    return this.#state.run(run).id
  }

  taskRow(id: string, task: string): TaskRow {
    const row = findTask(this.#state, this.#state.runById(id), task)
    if (row === undefined) throw notFound(`Run "${id}" has no task "${task}".`, { run: id, task })
    return row as TaskRow
  }

  task(row: TaskRow): TaskView {
    const t = this.#state.tables
    const data = dataOfTask(this.#state, row)
    const node = t.taskNode[row] as number
    const { compiled } = data.template
    const added = node < 0 ? data.added[-1 - node] : undefined
    return {
      row,
      run: data.row as RunRow,
      runId: data.id,
      workflow: compiled.name,
      id: taskId(this.#state, data, row),
      type: this.#state.types[t.taskType[row] as number] as TaskType,
      params: (added === undefined ? compiled.params?.[node] : paramsOf(added, row)) ?? null,
      attempt: t.taskAttempt[row] as number,
    }
  }

  taskType(number: number): TaskType {
    const type = this.#state.types[number]
    if (type === undefined) throw notFound(`No task type has the number ${number} now. Read it from the columns again.`, { number })
    return type
  }

  runTemplate(run: RunRow): Template {
    return this.#state.run(run).binding.template
  }

  taskSpec(row: TaskRow): TaskSpec | undefined {
    return dataOfTask(this.#state, row).binding.template.spec.tasks[this.#state.tables.taskNode[row] as number]
  }

  needs(row: TaskRow): readonly NeedOutcome[] {
    return needsOf(this.#state, dataOfTask(this.#state, row), row)
  }

  runInput(run: RunRow): Json {
    return this.#state.run(run).input
  }

  tenantName(number: number): string {
    return this.#state.tenants[number] ?? ''
  }

  /** Only how long a run will still take depends on the time: of one where nothing is open the clock is not asked. */
  #momentOf(run: RunData): number {
    return this.#state.tables.runTasksOpen[run.row] === 0 ? 0 : this.#clock.nowMs()
  }
}

/**
 * The run a task row belongs to.
 * @throws SymphonyError `NOT_FOUND`, `BACKEND_PANIC`
 */
export function dataOfTask(state: DagState, row: number): RunData {
  state.guard.check()
  const run = state.tables.taskRun[row] ?? -1
  const data = run < 0 ? undefined : state.runs[run]
  if (data === undefined) throw notFound(`No task is at row ${row} now; its run was forgotten.`, { task: row })
  return data
}

function notFound(message: string, details: { readonly [key: string]: Json }): SymphonyError {
  return new SymphonyError({ code: 'NOT_FOUND', component: '@symphony/dag', message, details })
}
