import type { Json, TaskType } from '@symphony/interface'
import { FLAGS, KINDS } from '../layout.ts'
import type { IdIndex } from './id-index.ts'

/**
 * A definition that was read and checked, before anything is derived from it. Needs are in CSR form: those of task i lie at
 * `inStart[i]` to `inStart[i + 1]`.
 */
export interface Draft {
  readonly name: string
  readonly version: string
  /** Node of the task whose output is the run's result, or -1. */
  readonly output: number
  readonly types: readonly TaskType[]
  /** Of the types: how many, from the first, tasks added at run time may name. */
  readonly namedTypes: number
  readonly ids: readonly string[]
  /** Of each task, the place of its type in `types`. */
  readonly typeOf: Int32Array
  /** Undefined when no task has any. */
  readonly params: readonly (Json | undefined)[] | undefined
  readonly inStart: Int32Array
  readonly inFrom: Int32Array
  readonly inKind: Uint8Array
  /** Of the tasks that need only some of their needs: how many. Undefined when there are none. */
  readonly joins: ReadonlyMap<number, number> | undefined
  /** Of the tasks that have a condition: its program. Undefined when there are none. */
  readonly conditions: ReadonlyMap<number, Int32Array> | undefined
}

/** A compiled definition: a draft with everything a run needs, in the form it is copied. */
export interface CompiledTemplate extends Draft {
  readonly taskCount: number
  readonly edgeCount: number
  readonly index: IdIndex
  /** Place in `types` by name, for tasks added at run time. */
  readonly typeIndex: ReadonlyMap<string, number>
  readonly pending: Int32Array
  readonly slack: Int32Array | undefined
  /** First out-edge of each task, counted from the template's first edge. */
  readonly outStart: Int32Array
  readonly outCount: Int32Array
  /** Target node * 4 + kind, and behind the out-edges of a task with a condition: the length of its program, and the program. */
  readonly targets: Int32Array
  readonly flags: Int32Array
  readonly nodes: Int32Array
  readonly timeouts: readonly (readonly [node: number, waitMs: number])[]
  readonly roots: Int32Array
  readonly sinks: Int32Array
  /** Nodes so that each comes after what it waits for. */
  readonly order: Int32Array
}

/** What compiling found: a template, or tasks that wait for each other in a circle. */
type Compilation = { readonly template: CompiledTemplate } | { readonly cycle: readonly string[] }

/** Derives out-edges, order and start columns of a draft. */
export function compileDraft(draft: Draft, index: IdIndex): Compilation {
  const taskCount = draft.ids.length
  const edgeCount = draft.inFrom.length
  const outCount = new Int32Array(taskCount)
  const pending = new Int32Array(taskCount)
  for (let task = 0; task < taskCount; task++) {
    for (let edge = draft.inStart[task] as number; edge < (draft.inStart[task + 1] as number); edge++) {
      outCount[draft.inFrom[edge] as number]!++
      if (draft.inKind[edge] !== KINDS.OPTIONAL) pending[task]!++
    }
  }
  const { outStart, targets } = outEdges(draft, outCount)
  const order = topologicalOrder(taskCount, pending, outStart, outCount, targets)
  if (order === undefined) return { cycle: findCycle(draft) }
  const slack = draft.joins === undefined ? undefined : new Int32Array(taskCount)
  const flags = new Int32Array(taskCount)
  const typeFlags = draft.types.map(flagsOf)
  const typeWaitMs = draft.types.map(waitMsOf)
  const timeouts: [number, number][] = []
  const nodes = new Int32Array(taskCount)
  for (let task = 0; task < taskCount; task++) {
    nodes[task] = task
    const type = draft.typeOf[task] as number
    flags[task] = typeFlags[type] as number
    if ((typeWaitMs[type] as number) > 0) timeouts.push([task, typeWaitMs[type] as number])
  }
  for (const [task, least] of draft.joins ?? NO_JOINS) {
    ;(slack as Int32Array)[task] = (pending[task] as number) - least
    pending[task] = least
    flags[task]! |= FLAGS.JOINS
  }
  for (const task of draft.conditions?.keys() ?? []) flags[task]! |= FLAGS.WHEN
  const typeIndex = new Map<string, number>()
  for (let place = 0; place < draft.namedTypes; place++) typeIndex.set((draft.types[place] as TaskType).name, place)
  return {
    template: {
      ...draft,
      taskCount,
      edgeCount,
      index,
      typeIndex,
      pending,
      slack,
      outStart,
      outCount,
      targets,
      flags,
      nodes,
      timeouts,
      order,
      roots: nodes.filter((task) => pending[task] === 0),
      sinks: nodes.filter((task) => outCount[task] === 0),
    },
  }
}

const NO_CONDITIONS: ReadonlyMap<number, Int32Array> = new Map()
const NO_JOINS: ReadonlyMap<number, number> = new Map()

/** What a type says about each of its tasks, as bits. */
export function flagsOf(type: TaskType): number {
  return (type.allowFailure === true ? FLAGS.ALLOW_FAILURE : 0) | (type.waitFor === undefined ? 0 : FLAGS.WAITS)
}

/** How long a wait for a signal may take; 0 for ever. */
export function waitMsOf(type: TaskType): number {
  return type.waitFor === undefined ? 0 : (type.timeoutMs ?? 0)
}

function outEdges(draft: Draft, outCount: Int32Array): { readonly outStart: Int32Array; readonly targets: Int32Array } {
  const taskCount = outCount.length
  const outStart = new Int32Array(taskCount)
  const next = new Int32Array(taskCount)
  let total = 0
  for (let task = 0; task < taskCount; task++) {
    outStart[task] = total
    next[task] = total
    total += outCount[task] as number
    const program = draft.conditions?.get(task)
    if (program !== undefined) total += 1 + program.length
  }
  const targets = new Int32Array(total)
  for (let task = 0; task < taskCount; task++) {
    for (let edge = draft.inStart[task] as number; edge < (draft.inStart[task + 1] as number); edge++) {
      const from = draft.inFrom[edge] as number
      targets[next[from]!++] = task * 4 + (draft.inKind[edge] as number)
    }
  }
  for (const [task, program] of draft.conditions ?? NO_CONDITIONS) {
    const at = next[task] as number
    targets[at] = program.length
    targets.set(program, at + 1)
  }
  return { outStart, targets }
}

/** Kahn's order over the edges that are waited for; undefined when there is a circle. */
function topologicalOrder(
  taskCount: number,
  pending: Int32Array,
  outStart: Int32Array,
  outCount: Int32Array,
  targets: Int32Array,
): Int32Array | undefined {
  const open = pending.slice()
  const order = new Int32Array(taskCount)
  let length = 0
  for (let task = 0; task < taskCount; task++) if (open[task] === 0) order[length++] = task
  for (let done = 0; done < length; done++) {
    const task = order[done] as number
    const start = outStart[task] as number
    const end = start + (outCount[task] as number)
    for (let edge = start; edge < end; edge++) {
      const target = targets[edge] as number
      if ((target & 3) !== KINDS.OPTIONAL && --open[target >> 2]! === 0) order[length++] = target >> 2
    }
  }
  return length === taskCount ? order : undefined
}

/** Follows needs that are waited for from task to task until one comes up again. Only called when there is a circle. */
function findCycle(draft: Draft): readonly string[] {
  const taskCount = draft.ids.length
  // Tasks no need of which is on a circle are done: 0 unseen, 1 on the path, 2 done.
  const mark = new Uint8Array(taskCount)
  const cursor = draft.inStart.slice()
  for (let start = 0; start < taskCount; start++) {
    const path = mark[start] === 0 ? [start] : []
    if (path.length > 0) mark[start] = 1
    while (path.length > 0) {
      const task = path[path.length - 1] as number
      const edge = cursor[task]!++
      if (edge >= (draft.inStart[task + 1] as number)) {
        mark[task] = 2
        path.pop()
        continue
      }
      if (draft.inKind[edge] === KINDS.OPTIONAL) continue
      const need = draft.inFrom[edge] as number
      if (mark[need] === 1) return path.slice(path.indexOf(need)).reverse().map((node) => draft.ids[node] as string)
      if (mark[need] === 0) {
        mark[need] = 1
        path.push(need)
      }
    }
  }
  return []
}

/**
 * Upward rank of each task (HEFT; Topcuoglu, Hariri, Wu 2002): its own expected time plus the longest expected path behind it.
 * @param expectedMs by place of the type
 */
export function upwardRanks(template: CompiledTemplate, expectedMs: readonly number[]): Float64Array {
  const ranks = new Float64Array(template.taskCount)
  for (let place = template.taskCount - 1; place >= 0; place--) {
    const task = template.order[place] as number
    const start = template.outStart[task] as number
    const end = start + (template.outCount[task] as number)
    let longest = 0
    for (let edge = start; edge < end; edge++) {
      const target = template.targets[edge] as number
      if ((target & 3) !== KINDS.OPTIONAL) longest = Math.max(longest, ranks[target >> 2] as number)
    }
    ranks[task] = longest + (expectedMs[template.typeOf[task] as number] as number)
  }
  return ranks
}
