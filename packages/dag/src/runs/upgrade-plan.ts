import { SymphonyError, TASK_STATE_NAMES } from '@symphony/interface'
import type { ArtifactRef, Json, MigrationHook, RunStateName, RunUpgrade, TaskBlocker, TaskStateName } from '@symphony/interface'
import { RUN_STATE_NAMES } from '@symphony/interface'
import { isRef } from '../commands.ts'
import { canonical, shapeOf } from '../definition/definition-codec.ts'
import { KINDS, TAKEN } from '../layout.ts'
import { forEachNeed } from './retry.ts'
import { specOf } from '../state.ts'
import type { DagState, RunData } from '../state.ts'
import { TYPE_FIELDS } from '../definition/task-types.ts'
import type { CompiledTemplate } from '../definition/template.ts'
import { taskId } from '../definition/task-id.ts'
import { FIRST_FINAL, READY, RUNNING } from '../transitions.ts'
import { addedSingly } from './transplant.ts'
import { tasksWhere } from './set-back.ts'

/** What becomes of a run under another version of its definition, with every name resolved. */
export interface Move {
  /** Pairs of new node and old row: tasks that stay as they are. */
  readonly keep: readonly number[]
  /** New nodes that have succeeded with an output that is given. */
  readonly outputs: readonly (readonly [node: number, output: ArtifactRef])[]
  /** Old rows of tasks added at run time that stay. */
  readonly added: readonly number[]
  readonly report: RunUpgrade
}

/** Prints of tasks by node: equal where a task is defined the same, with the same needs. */
const prints = new WeakMap<CompiledTemplate, readonly string[]>()

/** What a task is, as far as its place in the graph and its shape go: knobs and functions are left out. */
function printsOf(compiled: CompiledTemplate): readonly string[] {
  const known = prints.get(compiled)
  if (known !== undefined) return known
  const fresh = specOf(compiled).tasks.map((task, node) => {
    const own = Object.fromEntries(Object.entries(task).filter(([key]) => key !== 'type' && key !== 'needs' && !TYPE_FIELDS.has(key)))
    const needs = [...(task.needs ?? [])].map((need) => JSON.stringify(canonical(need as unknown as Json))).sort()
    const type = compiled.types[compiled.typeOf[node] as number]
    return JSON.stringify([type === undefined ? null : shapeOf(type), canonical(own as Json), needs])
  })
  prints.set(compiled, fresh)
  return fresh
}

/**
 * Compares a run with another version of its workflow, task by task. A task stays as it is when its own definition and, through
 * hard and soft needs, everything above it is unchanged; a hook may decide otherwise.
 * @throws SymphonyError `INVALID_ARGUMENT` when the hook says what cannot be
 */
export function planMove(state: DagState, data: RunData, target: CompiledTemplate, hook: MigrationHook | undefined): Move {
  const planner = new Planner(state, data, target, hook)
  // A task that loses a need which was added at run time changes too, which may cost others theirs: until nothing more changes.
  while (!planner.pass());
  return planner.result()
}

type Decision = 'keep' | 'reset' | ArtifactRef

class Planner {
  readonly #state: DagState
  readonly #data: RunData
  readonly #target: CompiledTemplate
  readonly #hook: MigrationHook | undefined
  readonly #old: CompiledTemplate
  readonly #oldBase: number
  readonly #answers = new Map<string, Decision>()
  readonly #reasons: (string | undefined)[]
  readonly #decisions: Decision[]
  readonly #dropped = new Set<number>()
  /** Nodes of the target that lose a need added at run time. */
  readonly #bereft = new Set<number>()

  constructor(state: DagState, data: RunData, target: CompiledTemplate, hook: MigrationHook | undefined) {
    this.#state = state
    this.#data = data
    this.#target = target
    this.#hook = hook
    this.#old = data.template.compiled
    this.#oldBase = state.tables.runTaskBase[data.row] as number
    this.#reasons = new Array<string | undefined>(target.taskCount).fill(undefined)
    this.#decisions = new Array<Decision>(target.taskCount).fill('reset')
  }

  /** @returns whether nothing has changed since the pass before */
  pass(): boolean {
    for (const node of this.#target.order) {
      this.#reasons[node] = this.#reasonOf(node)
      this.#decisions[node] = this.#decide(node)
    }
    const before = this.#dropped.size + this.#bereft.size
    for (const task of this.#added()) if (!this.#keepsAdded(task)) this.#dropped.add(task.row)
    this.#target.ids.forEach((id, node) => {
      const row = this.#rowOf(id)
      if (row !== undefined && this.#extraNeeds(row).some((need) => this.#dropped.has(need))) this.#bereft.add(node)
    })
    return this.#dropped.size + this.#bereft.size === before
  }

  result(): Move {
    const { ids } = this.#target
    const keep: number[] = []
    const outputs: [number, ArtifactRef][] = []
    const lists = { kept: [] as string[], changed: [] as TaskBlocker[], added: [] as string[] }
    ids.forEach((id, node) => {
      const decision = this.#decisions[node] as Decision
      const row = this.#rowOf(id)
      if (decision === 'keep') keep.push(node, row as number)
      else if (decision !== 'reset') outputs.push([node, decision])
      if (row === undefined) lists.added.push(id)
      else if (this.#reasons[node] === undefined && decision === 'keep') lists.kept.push(id)
      else lists.changed.push({ task: id, reason: this.#reasons[node] ?? 'the hook has it done again' })
    })
    const added = this.#added().filter(({ row }) => !this.#dropped.has(row)).map(({ row }) => row)
    const removed = this.#old.ids.filter((id) => !this.#target.index.has(id))
    const dropped = this.#added().filter(({ row }) => this.#dropped.has(row)).map(({ id }) => id)
    const blockers = this.#blockers()
    const runState = this.#state.tables.runState[this.#data.row] as number
    const { compiled } = this.#data.template
    const report: RunUpgrade = {
      id: this.#data.id,
      version: compiled.version,
      state: RUN_STATE_NAMES[runState] as RunStateName,
      ...lists,
      kept: [...lists.kept, ...added.map((row) => taskId(this.#state, this.#data, row))],
      removed: [...removed, ...dropped],
      running: tasksWhere(this.#state, this.#data, (task) => this.#state.tables.taskState[task] === RUNNING).map((task) => taskId(this.#state, this.#data, task)),
      canMove: blockers.length === 0,
      blockers,
    }
    return { keep, outputs, added, report }
  }

  /** Why a task is not what it was, or undefined. */
  #reasonOf(node: number): string | undefined {
    const id = this.#target.ids[node] as string
    const oldNode = this.#old.index.get(id)
    if (oldNode === undefined) return 'is new in this version'
    if (printsOf(this.#old)[oldNode] !== printsOf(this.#target)[node]) return 'its definition or its needs changed'
    if (this.#bereft.has(node)) return 'something it needs was added by a task that is done again'
    const { inStart, inFrom, inKind, ids } = this.#target
    for (let edge = inStart[node] as number; edge < (inStart[node + 1] as number); edge++) {
      const need = inFrom[edge] as number
      if (inKind[edge] !== KINDS.OPTIONAL && this.#decisions[need] === 'reset') return `"${ids[need]}", which it needs, is done again`
    }
    return undefined
  }

  #decide(node: number): Decision {
    const reason = this.#reasons[node]
    const usual = reason === undefined ? 'keep' : 'reset'
    if (this.#hook === undefined) return usual
    const task = this.#target.ids[node] as string
    const asked = `${task}\u0000${reason ?? ''}`
    const known = this.#answers.get(asked)
    if (known !== undefined) return known
    const row = this.#rowOf(task)
    const taskState = row === undefined ? undefined : (this.#state.tables.taskState[row] as number)
    const choice = this.#hook({
      runId: this.#data.id,
      task,
      change: row === undefined ? 'added' : reason === undefined ? 'kept' : 'changed',
      reason,
      state: taskState === undefined ? undefined : (TASK_STATE_NAMES[taskState] as TaskStateName),
      output: row === undefined ? undefined : this.#state.outputs[row],
    })
    if (choice === 'keep' && reason !== undefined && !(taskState !== undefined && taskState >= FIRST_FINAL)) {
      throw invalid(`The hook keeps "${task}", which has no outcome to keep. Let it return an output or undefined.`)
    }
    if (typeof choice === 'object' && !isRef(choice.output)) throw invalid(`The hook gives "${task}" an output that is no artifact's address.`)
    const decision = choice === undefined ? usual : typeof choice === 'string' ? choice : choice.output
    this.#answers.set(asked, decision)
    return decision
  }

  #added(): readonly RunData['added'][number][] {
    return addedSingly(this.#state, this.#data)
  }

  /** A task added at run time stays with the task that added it, if what it needs stays too. */
  #keepsAdded({ row, by, id, type }: RunData['added'][number]): boolean {
    let keeps = this.#stays(by) && !this.#target.index.has(id) && this.#typeStays(type)
    forEachNeed(this.#state, this.#data, row, (need) => (keeps &&= this.#stays(need)))
    return keeps
  }

  #typeStays(place: number): boolean {
    const type = this.#old.types[place]
    const found = type === undefined ? undefined : this.#target.typeIndex.get(type.name)
    return type !== undefined && found !== undefined && JSON.stringify(shapeOf(type)) === JSON.stringify(shapeOf(this.#target.types[found] as typeof type))
  }

  /** Whether the task of an old row stays as it is. */
  #stays(row: number): boolean {
    if ((this.#state.tables.taskNode[row] as number) < 0) return !this.#dropped.has(row)
    const node = this.#target.index.get(taskId(this.#state, this.#data, row))
    return node !== undefined && this.#decisions[node] === 'keep'
  }

  #blockers(): readonly TaskBlocker[] {
    const t = this.#state.tables
    const held = tasksWhere(this.#state, this.#data, (task) => t.taskState[task] === RUNNING || (t.taskState[task] === READY && t.queuePrev[task] === TAKEN))
    const blockers = held.map((task) => ({ task: taskId(this.#state, this.#data, task), reason: 'is running; pause the run and wait until it has ended' }))
    for (const { row, by, id, type } of this.#added()) {
      if (this.#dropped.has(row) && this.#stays(by) && !this.#typeStays(type)) {
        blockers.push({ task: id, reason: `was added at run time as "${this.#old.types[type]?.name}", which the new version does not have as it was; have the task that added it done again` })
      }
    }
    return blockers
  }

  #rowOf(id: string): number | undefined {
    const node = this.#old.index.get(id)
    return node === undefined ? undefined : this.#oldBase + node
  }

  #extraNeeds(row: number): readonly number[] {
    const t = this.#state.tables
    const needs: number[] = []
    for (let link = t.taskExtraIn[row] as number; link !== 0; link = t.linkNextIn[link - 1] as number) needs.push(t.linkFrom[link - 1] as number)
    return needs
  }
}

function invalid(message: string): SymphonyError {
  return new SymphonyError({ code: 'INVALID_ARGUMENT', component: '@symphony/dag', message })
}
