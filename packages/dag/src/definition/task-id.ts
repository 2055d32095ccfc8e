import type { AddedTask, DagState, RunData } from '../state.ts'

/** Id of a task by its row. */
export function taskId(state: DagState, data: RunData, task: number): string {
  const node = state.tables.taskNode[task] as number
  if (node >= 0) return data.template.compiled.ids[node] as string
  const added = data.added[-1 - node]
  return added === undefined ? '' : addedId(added, task)
}

/** Id of one of the tasks that were added together. */
export function addedId(added: AddedTask, row: number): string {
  return added.count === 0 ? added.id : itemId(added.id, row - added.row)
}

/** Id of a task of a range. */
export function itemId(prefix: string, index: number): string {
  return `${prefix}[${index}]`
}
