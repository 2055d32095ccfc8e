import type { InspectedTask } from './inspection.ts'
import { originsOf } from './origins.ts'

/** Why a run took as long as it did: of the tasks that ended, the chain in which each waited for the one before it. */
export interface CriticalPath {
  /** First to last; those after `done` are still to come, as far as learned durations tell. */
  readonly tasks: readonly string[]
  /** How many of them have ended. */
  readonly done: number
  /** From the first one's READY to the last one's end, of those that ended. */
  readonly lengthMs: number
  /** Of it, the time in which a task of the chain was running. */
  readonly runningMs: number
}

/**
 * Walks back from the task that ended last, or from the first of the longest path that is left, always to the need that ended
 * last, and from a task without needs to the one that added it.
 *
 * @param ahead the longest path through what is left
 */
export function criticalPath(tasks: readonly InspectedTask[], ahead: readonly string[]): CriticalPath {
  const byId = new Map(tasks.map((task) => [task.id, task]))
  const origins = originsOf(tasks)
  const before = (task: InspectedTask): InspectedTask | undefined =>
    latest(task.needs.map((id) => byId.get(id))) ?? origins.get(task)
  const first = ahead[0] === undefined ? undefined : byId.get(ahead[0])
  const chain: InspectedTask[] = []
  const seen = new Set<InspectedTask>()
  for (let task = first === undefined ? latest(tasks) : before(first); task !== undefined && !seen.has(task); task = before(task)) {
    seen.add(task)
    chain.push(task)
  }
  chain.reverse()
  const start = chain[0]
  const end = chain.at(-1)
  return {
    tasks: [...chain.map(({ id }) => id), ...ahead],
    done: chain.length,
    lengthMs: start === undefined || end === undefined ? 0 : Math.max(0, (end.endedAtMs ?? 0) - (start.readyAtMs ?? start.startedAtMs ?? start.endedAtMs ?? 0)),
    runningMs: chain.reduce((sum, { tookMs }) => sum + (tookMs ?? 0), 0),
  }
}

/** Of those that ran and ended, the one that ended last. */
function latest(tasks: readonly (InspectedTask | undefined)[]): InspectedTask | undefined {
  let found: InspectedTask | undefined
  for (const task of tasks) {
    if (task === undefined || task.endedAtMs === null || task.state === 'skipped' || task.state === 'cancelled') continue
    // Of two that ended together, the later one in the definition is the one that more waited for.
    if (found === undefined || task.endedAtMs >= (found.endedAtMs as number)) found = task
  }
  return found
}
