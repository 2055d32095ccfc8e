import type { TaskStateName } from '@symphony/interface'
import type { InspectedTask } from '../runs/inspection.ts'
import { originsOf } from '../runs/origins.ts'

/** A box of the picture: one task, or many of one type in one layer. */
export interface GraphGroup {
  readonly key: string
  readonly column: number
  readonly type: string
  readonly tasks: readonly InspectedTask[]
  readonly states: ReadonlyMap<TaskStateName, number>
  /** Ids of the critical path in it. */
  readonly critical: readonly string[]
}

export interface GroupEdge {
  readonly from: GraphGroup
  readonly to: GraphGroup
  readonly count: number
  readonly isCritical: boolean
}

export interface GroupedGraph {
  readonly groups: readonly GraphGroup[]
  readonly edges: readonly GroupEdge[]
  readonly columns: number
  /** Tasks are drawn together. */
  readonly isGrouped: boolean
}

/** More alike tasks than this in one layer are drawn as one box. */
const ALIKE_MAX = 8
/** Boxes in one picture that can still be read. */
const BOXES_MAX = 240

/**
 * Puts every task into a layer, one behind the last of its needs, and draws together what nobody could tell apart: first the many of
 * one type in one layer, then, if it is still too much, neighbouring layers too.
 */
export function groupGraph(tasks: readonly InspectedTask[], criticalPath: readonly string[]): GroupedGraph {
  const layers = layersOf(tasks)
  const critical = new Set(criticalPath)
  let groups = new Map<string, InspectedTask[]>()
  for (let span = 1; ; span *= 2) {
    groups = grouped(tasks, layers, span)
    if (groups.size <= BOXES_MAX || span > tasks.length) break
  }
  const made: GraphGroup[] = []
  const groupOf = new Map<string, GraphGroup>()
  for (const [key, members] of groups) {
    const first = members[0] as InspectedTask
    const states = new Map<TaskStateName, number>()
    for (const { state } of members) states.set(state, (states.get(state) ?? 0) + 1)
    const group = { key, column: Number(key.slice(0, key.indexOf(' '))), type: typeOf(first), tasks: members, states, critical: members.filter(({ id }) => critical.has(id)).map(({ id }) => id) }
    made.push(group)
    for (const { id } of members) groupOf.set(id, group)
  }
  const used = [...new Set(made.map(({ column }) => column))].sort((a, b) => a - b)
  const dense = new Map(used.map((column, index) => [column, index]))
  for (const group of made) (group as { column: number }).column = dense.get(group.column) as number
  return { groups: made, edges: edgesOf(tasks, groupOf, criticalPath), columns: used.length, isGrouped: made.length < tasks.length }
}

/** Layer of each task: one behind the last of its needs, or behind the task that added it. In O(tasks + edges). */
function layersOf(tasks: readonly InspectedTask[]): ReadonlyMap<string, number> {
  const byId = new Map(tasks.map((task) => [task.id, task]))
  const layers = new Map<string, number>()
  const origins = originsOf(tasks)
  const before = (task: InspectedTask): readonly string[] => [...task.needs, ...(origins.has(task) ? [(origins.get(task) as InspectedTask).id] : [])]
  // An origin is a guess; where it would close a circle, it was a wrong one.
  const entered = new Set<string>()
  const open: { readonly task: InspectedTask; readonly needs: readonly string[]; next: number }[] = []
  const enter = (task: InspectedTask | undefined): void => {
    if (task === undefined || entered.has(task.id)) return
    entered.add(task.id)
    open.push({ task, needs: before(task), next: 0 })
  }
  for (const root of tasks) {
    enter(root)
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      if (top.next < top.needs.length) enter(byId.get(top.needs[top.next++] as string))
      else {
        open.pop()
        layers.set(top.task.id, top.needs.reduce((layer, id) => Math.max(layer, (layers.get(id) ?? -1) + 1), 0))
      }
    }
  }
  return layers
}

/** A task with code of its own has a type of its own; drawn together, those are of no type. */
function typeOf({ id, type }: InspectedTask): string {
  return type === id || type.endsWith(`/${id}`) ? '' : type
}

function grouped(tasks: readonly InspectedTask[], layers: ReadonlyMap<string, number>, span: number): Map<string, InspectedTask[]> {
  const alike = new Map<string, InspectedTask[]>()
  for (const task of tasks) {
    const key = `${Math.floor((layers.get(task.id) ?? 0) / span)} ${typeOf(task)}`
    const members = alike.get(key)
    if (members === undefined) alike.set(key, [task])
    else members.push(task)
  }
  const groups = new Map<string, InspectedTask[]>()
  for (const [key, members] of alike) {
    if (span > 1 || members.length > ALIKE_MAX) groups.set(key, members)
    else for (const task of members) groups.set(`${key}\u0000${task.id}`, [task])
  }
  return groups
}

function edgesOf(tasks: readonly InspectedTask[], groupOf: ReadonlyMap<string, GraphGroup>, criticalPath: readonly string[]): readonly GroupEdge[] {
  const counts = new Map<GraphGroup, Map<GraphGroup, number>>()
  const add = (from: GraphGroup | undefined, to: GraphGroup | undefined): void => {
    if (from === undefined || to === undefined || from === to) return
    const row = counts.get(from) ?? new Map<GraphGroup, number>()
    counts.set(from, row.set(to, (row.get(to) ?? 0) + 1))
  }
  for (const { id, needs } of tasks) for (const need of needs) add(groupOf.get(need), groupOf.get(id))
  const marked = new Map<GraphGroup, Set<GraphGroup>>()
  criticalPath.slice(1).forEach((id, index) => {
    const [from, to] = [groupOf.get(criticalPath[index] as string), groupOf.get(id)]
    if (from === undefined || to === undefined || from === to) return
    marked.set(from, (marked.get(from) ?? new Set()).add(to))
    // A task that was added has no need on the task that added it; the chain shows where it came from.
    if (counts.get(from)?.has(to) !== true) add(from, to)
  })
  return [...counts].flatMap(([from, row]) => [...row].map(([to, count]) => ({ from, to, count, isCritical: marked.get(from)?.has(to) === true })))
}
