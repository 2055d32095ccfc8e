import { RUN_STATE_NAMES, RUN_STATES, TASK_STATE_NAMES } from '@symphony/interface'
import type {
  ArtifactRef, NeedOutcome, RunProgress, RunReport, RunRow, RunStateName, TaskReport, TaskRow, TaskStateName,
} from '@symphony/interface'
import { outcomeFor } from './backend.ts'
import { criticalTask } from './critical-path.ts'
import { FLAGS } from './layout.ts'
import { taskId } from './definition/task-id.ts'
import { forEachDependent, forEachNeed } from './runs/retry.ts'
import { rangesOf } from './run-table.ts'
import { NO_ATTRIBUTES } from './runs/attributes.ts'
import { parentOf } from './runs/family.ts'
import type { DagState, RunData } from './state.ts'
import { CANCELLED, FAILED, FIRST_FINAL, PENDING, READY, RUNNING, SKIPPED, SUCCEEDED, WAITING } from './transitions.ts'

/** Counters of a run: constant time. */
export function progressOf(state: DagState, data: RunData, nowMs: number): RunProgress {
  const t = state.tables
  const { tasksTotal, recalled, defaulted } = t.region.tables.runs.columns
  const { counts } = t
  const at = data.row * 8
  return {
    total: tasksTotal[data.row] as number,
    succeeded: counts[at + SUCCEEDED] as number,
    recalled: recalled[data.row] as number,
    defaulted: defaulted[data.row] as number,
    failed: counts[at + FAILED] as number,
    skipped: counts[at + SKIPPED] as number,
    cancelled: counts[at + CANCELLED] as number,
    running: counts[at + RUNNING] as number,
    ready: counts[at + READY] as number,
    waiting: counts[at + WAITING] as number,
    pending: counts[at + PENDING] as number,
    remainingMs: remainingMs(state, data, nowMs),
  }
}

/**
 * The longest path that is left by learned durations, or what the pace so far says, whichever is more: the first is right while
 * there is room for everything at once, the second when there is not.
 */
function remainingMs(state: DagState, data: RunData, nowMs: number): number | undefined {
  const t = state.tables
  const { startedAtMs, recalled } = t.region.tables.runs.columns
  const open = t.runTasksOpen[data.row] as number
  if (open === 0) return 0
  if (!data.template.isLearned && data.template.samples === 0) return undefined
  const longest = criticalTask(state, data)
  const pathMs = longest < 0 ? 0 : (t.taskRankMs[longest] as number)
  const computed = (t.counts[data.row * 8 + SUCCEEDED] as number) - (recalled[data.row] as number)
  const elapsedMs = Math.max(0, nowMs - (startedAtMs[data.row] as number))
  return Math.max(pathMs, computed > 0 ? (elapsedMs / computed) * open : 0)
}

export function reportOf(state: DagState, data: RunData, nowMs: number): RunReport {
  const t = state.tables
  const { columns } = t.region.tables.runs
  const runState = t.runState[data.row] as number
  const { managed } = state
  const isManaged = managed.has(data.row)
  return {
    id: data.id,
    row: data.row as RunRow,
    workflow: data.template.compiled.name,
    version: data.template.compiled.version,
    state: RUN_STATE_NAMES[runState] as RunStateName,
    reason: data.reason ?? quarantineReason(data, runState),
    tenant: state.tenants[columns.tenant[data.row] as number] as string,
    priority: columns.priority[data.row] as number,
    input: data.input,
    startedAtMs: columns.startedAtMs[data.row] as number,
    endedAtMs: runState >= FIRST_FINAL ? (columns.endedAtMs[data.row] as number) : undefined,
    progress: progressOf(state, data, nowMs),
    failures: failuresOf(state, data),
    outputs: outputsOf(state, data),
    parent: isManaged ? parentOf(state, data.row) : undefined,
    children: isManaged ? (managed.children.get(data.row)?.size ?? 0) : 0,
    attributes: isManaged ? (managed.attributes.get(data.row) ?? NO_ATTRIBUTES) : NO_ATTRIBUTES,
  }
}

/** A quarantined run is not broken, only its functions are missing: says which. */
function quarantineReason(data: RunData, runState: number): string | undefined {
  if (runState !== RUN_STATES.QUARANTINED) return undefined
  const { name, version } = data.template.compiled
  return `workflow "${name}" version ${version} is not defined in this process as the run was started with it; define it and the run goes on`
}

// Most reports have none of either, and share them.
const NO_FAILURES: RunReport['failures'] = Object.freeze([])
const NO_OUTPUTS: RunReport['outputs'] = Object.freeze({})

function failuresOf(state: DagState, data: RunData): RunReport['failures'] {
  const t = state.tables
  if (t.counts[data.row * 8 + FAILED] === 0) return NO_FAILURES
  const failures: RunReport['failures'][number][] = []
  forEachTask(state, data, (task) => {
    const error = state.errors[task]
    if (t.taskState[task] === FAILED && error !== undefined) failures.push({ task: taskId(state, data, task), error })
  })
  return failures
}

function outputsOf(state: DagState, data: RunData): Readonly<Record<string, ArtifactRef>> {
  const t = state.tables
  const { output, sinks, ids } = data.template.compiled
  const base = t.runTaskBase[data.row] as number
  let outputs: Record<string, ArtifactRef> | undefined
  if (output >= 0) {
    const ref = outputOf(state, base + output)
    return ref === undefined ? NO_OUTPUTS : { [ids[output] as string]: ref }
  }
  for (let index = 0; index < sinks.length; index++) {
    const node = sinks[index] as number
    const ref = outputOf(state, base + node)
    // Only what was added at run time can depend on what nothing depends on by definition.
    if (ref !== undefined && (t.taskExtraOut[base + node] === 0 || !hasDependents(state, base + node))) (outputs ??= {})[ids[node] as string] = ref
  }
  for (const { row, count } of data.added) {
    if (((t.taskFlags[row] as number) & FLAGS.DROPPED) !== 0) continue
    for (let task = row; task < row + Math.max(1, count); task++) {
      const ref = outputOf(state, task)
      if (ref !== undefined && !hasDependents(state, task)) (outputs ??= {})[taskId(state, data, task)] = ref
    }
  }
  return outputs ?? NO_OUTPUTS
}

function outputOf(state: DagState, task: number): ArtifactRef | undefined {
  return state.tables.taskState[task] === SUCCEEDED ? state.outputs[task] : undefined
}

function hasDependents(state: DagState, task: number): boolean {
  let found = false
  forEachDependent(state.tables, task, () => (found = true))
  return found
}

export function tasksOf(
  state: DagState,
  data: RunData,
  filter: { readonly state?: TaskStateName; readonly type?: string },
): readonly TaskReport[] {
  const t = state.tables
  const wanted = filter.state === undefined ? -1 : TASK_STATE_NAMES.indexOf(filter.state)
  const reports: TaskReport[] = []
  forEachTask(state, data, (task) => {
    const taskState = t.taskState[task] as number
    const type = state.types[t.taskType[task] as number]?.name ?? ''
    if ((filter.state !== undefined && taskState !== wanted) || (filter.type !== undefined && type !== filter.type)) return
    reports.push({
      id: taskId(state, data, task),
      type,
      state: TASK_STATE_NAMES[taskState] as TaskStateName,
      attempt: t.taskAttempt[task] as number,
      recalled: ((t.taskFlags[task] as number) & FLAGS.RECALLED) !== 0,
      defaulted: ((t.taskFlags[task] as number) & FLAGS.DEFAULTED) !== 0,
      undone: ((t.taskFlags[task] as number) & FLAGS.UNDONE) !== 0,
      output: state.outputs[task],
      error: state.errors[task],
      readyAtMs: t.taskReadyAtMs[task] as number,
      startedAtMs: t.taskStartedAtMs[task] as number,
      endedAtMs: t.taskEndedAtMs[task] as number,
    })
  })
  return reports
}

export function needsOf(state: DagState, data: RunData, task: number): readonly NeedOutcome[] {
  const t = state.tables
  const outcomes: NeedOutcome[] = []
  forEachNeed(state, data, task, (need) => {
    const taskState = outcomeFor(t, need, task)
    outcomes.push({
      id: taskId(state, data, need),
      row: need as TaskRow,
      state: TASK_STATE_NAMES[taskState] as TaskStateName,
      output: taskState === SUCCEEDED ? state.outputs[need] : undefined,
      error: state.errors[need],
    })
  })
  return outcomes
}


function forEachTask(state: DagState, data: RunData, visit: (task: number) => void): void {
  const t = state.tables
  for (const [first, count] of rangesOf(t, data.row)) {
    for (let task = first; task < first + count; task++) if (((t.taskFlags[task] as number) & FLAGS.DROPPED) === 0) visit(task)
  }
}
