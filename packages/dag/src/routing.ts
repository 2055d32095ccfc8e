import { SymphonyError } from '@symphony/interface'
import type { Expansion } from '@symphony/interface'
import { putLink } from './expansion.ts'
import { FLAGS, KINDS } from './layout.ts'
import { suggestion } from './definition/nearest.ts'
import { forEachDependent } from './runs/retry.ts'
import { findTask } from './resolve-expansion.ts'
import { taskId } from './definition/task-id.ts'
import type { DagState, RunData } from './state.ts'
import type { DagTables } from './tables.ts'

// Which of its dependents a task went on to. What it did not take is marked by a link of its own for each of them, so that
// edges which come later are taken, and nothing is asked of a task that did not choose.

/**
 * Rows of the named dependents. Tasks the same result adds may be named too; they are taken anyway.
 * @throws SymphonyError `WORKFLOW_INVALID`
 */
export function resolveRoutes(
  state: DagState,
  data: RunData,
  task: number,
  routes: readonly string[],
  expansion: Expansion | undefined,
): readonly number[] {
  const dependents = new Set<number>()
  forEachDependent(state.tables, task, (dependent) => void dependents.add(dependent))
  const own = new Set((expansion?.tasks ?? []).map(({ id }) => id))
  const problems: string[] = []
  const rows: number[] = []
  if (!Array.isArray(routes)) problems.push('routes: must be an array of ids')
  else {
    routes.forEach((id: string, place) => {
      const row = typeof id === 'string' ? findTask(state, data, id) : undefined
      if (row !== undefined && dependents.has(row)) rows.push(row)
      else if (!own.has(id)) {
        const names = [...dependents].slice(0, 1000).map((dependent) => taskId(state, data, dependent))
        problems.push(`routes[${place}]: no task "${String(id)}" needs "${taskId(state, data, task)}"${suggestion(id, names)}`)
      }
    })
  }
  if (problems.length === 0) return rows
  throw new SymphonyError({
    code: 'WORKFLOW_INVALID',
    component: '@symphony/dag',
    message: `The result of "${taskId(state, data, task)}" in run "${data.id}" chooses what is not there: ${problems.join('; ')}.`,
    details: { problems },
  })
}

/** The dependents that are not among the taken ones, in their order. */
export function untakenOf(t: DagTables, task: number, taken: readonly number[]): ReadonlySet<number> {
  const untaken = new Set<number>()
  const isTaken = new Set(taken)
  forEachDependent(t, task, (dependent) => void (isTaken.has(dependent) || untaken.add(dependent)))
  return untaken
}

export function markUntaken(t: DagTables, task: number, untaken: ReadonlySet<number>): void {
  t.taskFlags[task]! |= FLAGS.ROUTED
  for (const dependent of untaken) putLink(t, task, dependent, KINDS.UNTAKEN)
}
