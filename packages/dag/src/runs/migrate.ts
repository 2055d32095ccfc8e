import { RUN_STATES } from '@symphony/interface'
import type { ArtifactRef, TaskType } from '@symphony/interface'
import { leaveLine } from '../backend.ts'
import { pushDue, waitsForTime } from './due-heap.ts'
import { addedFlags, putLink, rankAdded } from '../expansion.ts'
import { DEFINED_FLAGS, FLAGS, KINDS } from '../layout.ts'
import { revive } from './retry.ts'
import { freeTasks, placeTasks } from '../run-table.ts'
import type { Binding, DagState, RunData, StoredTemplate } from '../state.ts'
import { taskId } from '../definition/task-id.ts'
import { PENDING, READY, RUNNING, SUCCEEDED } from '../transitions.ts'
import { cancelChildrenOf } from './family.ts'
import { jsonCommand } from './run-command.ts'
import type { RunCommand } from './run-command.ts'
import { RUN_COMMANDS } from './run-command-numbers.ts'
import { tasksWhere } from './set-back.ts'
import { addedSingly, lift, putDown, putDownAdded, putDownLinks, readdressed, recount } from './transplant.ts'

interface Migrate {
  readonly run: number
  readonly template: number
  readonly keep: readonly number[]
  readonly outputs: readonly (readonly [node: number, output: ArtifactRef])[]
  readonly added: readonly number[]
  readonly nowMs: number
}

/**
 * Puts a run under another definition. The command carries what stays, so replay asks no hook and compares nothing.
 * @param binding the functions of the run; those the program has now, when it comes out of the log
 */
export function migrate(binding?: Binding): RunCommand<Migrate> {
  return jsonCommand(RUN_COMMANDS.MIGRATE, (state: DagState, fields: Migrate) => {
    const template = state.templates[fields.template] as StoredTemplate
    const data = state.run(fields.run)
    const rows = move(state, data, template, binding ?? state.bindingsByHash.get(template.hash) ?? template.binding, fields)
    state.managed.moveTasks(data.row, rows)
    data.critical = undefined
    const { tables: t } = state
    t.runState[data.row] = t.runDurableState[data.row] as number
    const pending = tasksWhere(state, data, (task) => t.taskState[task] === PENDING)
    revive(state, data, pending, fields.nowMs)
    if ((t.runDurableState[data.row] as number) >= RUN_STATES.SUCCEEDED) state.managed.undelay(data.row)
  })
}

/** Rows are given back before others are taken; what stays is held in between. @returns new rows by old ones */
function move(state: DagState, data: RunData, template: StoredTemplate, binding: Binding, fields: Migrate): ReadonlyMap<number, number> {
  const t = state.tables
  const kept = new Map<number, number>()
  for (let at = 0; at < fields.keep.length; at += 2) kept.set(fields.keep[at + 1] as number, fields.keep[at] as number)
  const stays = new Set([...kept.keys(), ...fields.added])
  const all = tasksWhere(state, data, () => true)
  cancelChildrenOf(state, data.row, new Set(all.filter((task) => !stays.has(task))), fields.nowMs)
  for (const task of all) leaveLine(t, task)
  const lifted = all.filter((task) => stays.has(task)).map((task) => lift(state, task))
  const added = addedSingly(state, data).filter(({ row }) => stays.has(row))
  const types = added.map(({ type }) => (data.template.compiled.types[type] as TaskType).name)
  const untaken = untakenAnew(state, data, template, stays, all)
  state.forgetTasksOf(data.row)
  freeTasks(t, data.row)
  adopt(state, data, template, binding)
  const base = t.runTaskBase[data.row] as number
  const rows = new Map<number, number>()
  for (const [row, node] of kept) rows.set(row, base + node)
  const moved = added.map((task, index) => ({ ...task, type: template.compiled.typeIndex.get(types[index] as string) as number }))
  data.added = []
  data.addedIds = undefined
  data.addedRanges = undefined
  putDownAdded(state, data, moved).forEach((row, index) => {
    rows.set((added[index] as RunData['added'][number]).row, row)
    const { type, join, when } = moved[index] as RunData['added'][number]
    t.taskFlags[row] = addedFlags(template.compiled.types[type] as TaskType, join, when)
  })
  data.added = data.added.map((task) => readdressed(task, rows))
  for (const task of lifted) settleDown(state, rows.get(task.from) as number, () => putDown(state, task, rows.get(task.from) as number))
  for (const [node, output] of fields.outputs) {
    t.taskState[base + node] = SUCCEEDED
    t.taskEndedAtMs[base + node] = fields.nowMs
    t.taskDueAtMs[base + node] = 0
    t.taskFlags[base + node]! |= FLAGS.RECALLED
    state.outputs[base + node] = output
  }
  putDownLinks(state, lifted, rows)
  for (const [from, node] of untaken) putLink(t, rows.get(from) as number, base + node, KINDS.UNTAKEN)
  for (const { row } of data.added.toReversed()) rankAdded(state, data, row)
  recount(state, data)
  return rows
}

/**
 * What tasks that stay have not gone on to and is done again: their choice holds. What only comes with the new version was not
 * among what they chose from, and is taken.
 * @returns pairs of old row and new node
 */
function untakenAnew(
  state: DagState, data: RunData, template: StoredTemplate, stays: ReadonlySet<number>, all: readonly number[],
): readonly (readonly [from: number, node: number])[] {
  const t = state.tables
  const pairs: [number, number][] = []
  for (const task of all) {
    const node = stays.has(task) || (t.taskNode[task] as number) < 0 ? undefined : template.compiled.index.get(taskId(state, data, task))
    if (node === undefined) continue
    for (let link = t.taskExtraIn[task] as number; link !== 0; link = t.linkNextIn[link - 1] as number) {
      const from = t.linkFrom[link - 1] as number
      if (t.linkKind[link - 1] === KINDS.UNTAKEN && stays.has(from)) pairs.push([from, node])
    }
  }
  return pairs
}

/** Writes a task's life, but leaves what its definition says now, and what waits for nothing but others waits anew. */
function settleDown(state: DagState, task: number, put: () => void): void {
  const t = state.tables
  const defined = t.taskFlags[task] as number
  put()
  t.taskFlags[task] = defined | ((t.taskFlags[task] as number) & ~DEFINED_FLAGS)
  const taskState = t.taskState[task] as number
  if (waitsForTime(t, task)) pushDue(t, task)
  if (taskState !== READY && taskState !== RUNNING) return
  t.taskState[task] = PENDING
  t.taskAttempt[task] = t.taskAttemptsEnded[task] as number
  t.taskReadyAtMs[task] = 0
  t.taskStartedAtMs[task] = 0
}

function adopt(state: DagState, data: RunData, template: StoredTemplate, binding: Binding): void {
  state.holdBinding(binding)
  state.dropBinding(data.binding)
  data.template.runs--
  template.runs++
  data.template = template
  data.binding = binding
  state.tables.region.tables.runs.columns.template[data.row] = template.number
  placeTasks(state.tables, data.row, template.start, binding.typeNumbers as Int32Array, template.ranks)
  state.growTo(state.tables.tasks.used)
}
