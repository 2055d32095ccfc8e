import { compileCondition, misfit } from './definition/condition.ts'
import type { Problems } from './definition/problems.ts'

/**
 * The condition of a task that was added at run time: a program as that of a definition, whose operands are places in `tasks`.
 * Those are rows, or in an expansion its ends; -1 stands for a task that is no longer there, and might as well have been skipped.
 */
export interface AddedCondition {
  readonly program: readonly number[]
  readonly tasks: readonly number[]
}

/** What a condition is read with. */
export interface ConditionSurroundings {
  readonly path: string
  readonly problems: Problems
  /** Kinds of the needs the task has anyway. */
  readonly needs: ReadonlyMap<number, number>
  find(id: string): number | undefined
  nameOf(task: number): string
  isSelf(task: number): boolean
  /** Makes a task it names that is no need yet a soft one. */
  need(task: number): void
}

export function readAddedCondition(when: unknown, surroundings: ConditionSurroundings): AddedCondition | undefined {
  const { path, problems, needs } = surroundings
  const tasks: number[] = []
  const program = compileCondition(when, (id) => {
    const task = surroundings.find(id)
    if (task === undefined) return undefined
    const place = tasks.indexOf(task)
    return place < 0 ? tasks.push(task) - 1 : place
  })
  if (typeof program === 'string') {
    problems.add(path, program)
    return undefined
  }
  for (const word of program) {
    const task = word < 0 ? undefined : (tasks[word >> 3] as number)
    const problem = task === undefined || !needs.has(task) ? undefined : misfit(word, needs.get(task), surroundings.nameOf(task))
    if (problem !== undefined) problems.add(path, problem)
  }
  for (const task of tasks) {
    if (surroundings.isSelf(task)) problems.add(path, 'a task cannot look at itself')
    else if (!needs.has(task)) surroundings.need(task)
  }
  return { program: [...program], tasks }
}

/** The same over other rows. */
export function movedCondition({ program, tasks }: AddedCondition, rowOf: (task: number) => number): AddedCondition {
  return { program, tasks: tasks.map(rowOf) }
}
