import type { DagState, RunData } from './state.ts'

/** Id of a task by its row. */
export function taskId(state: DagState, data: RunData, task: number): string {
  const node = state.tables.taskNode[task] as number
  return node >= 0 ? (data.template.compiled.ids[node] as string) : (data.added[-1 - node]?.id ?? '')
}
