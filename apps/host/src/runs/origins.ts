import type { InspectedTask } from './inspection.ts'

/**
 * Which task added which. The state does not tell, but an added task without needs became ready at the very moment the one that
 * added it succeeded, and stands behind it in the list. Of several that fit, the one that something of what the task feeds needs too.
 */
export function originsOf(tasks: readonly InspectedTask[]): ReadonlyMap<InspectedTask, InspectedTask> {
  const firstMs = tasks.reduce((least, { readyAtMs }) => Math.min(least, readyAtMs ?? Infinity), Infinity)
  const dependents = new Map<string, string[]>()
  const endedAt = new Map<number, InspectedTask[]>()
  for (const task of tasks) {
    for (const need of task.needs) push(dependents, need, task.id)
    if (task.state === 'succeeded' && task.endedAtMs !== null) push(endedAt, task.endedAtMs, task)
  }
  const place = new Map(tasks.map((task, index) => [task, index]))
  const origins = new Map<InspectedTask, InspectedTask>()
  const known = new Map<string, InspectedTask>()
  for (const task of tasks) {
    if (task.needs.length > 0 || task.readyAtMs === null || task.readyAtMs === firstMs) continue
    const feeds = dependents.get(task.id) ?? []
    // Siblings come from the same one: looked for once.
    const key = `${task.readyAtMs} ${feeds[0] ?? ''}`
    const found = known.get(key) ?? candidate(endedAt.get(task.readyAtMs) ?? [], feeds, dependents)
    if (found === undefined || (place.get(found) as number) >= (place.get(task) as number)) continue
    known.set(key, found)
    origins.set(task, found)
  }
  return origins
}

function candidate(ended: readonly InspectedTask[], feeds: readonly string[], dependents: ReadonlyMap<string, readonly string[]>): InspectedTask | undefined {
  return ended.find(({ id }) => dependents.get(id)?.some((dependent) => feeds.includes(dependent)) === true) ?? ended[0]
}

function push<Key, Value>(into: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = into.get(key)
  if (list === undefined) into.set(key, [value])
  else list.push(value)
}
