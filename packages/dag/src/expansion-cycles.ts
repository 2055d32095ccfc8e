import type { ResolvedRange } from './expansion.ts'
import { KINDS } from './layout.ts'
import { forEachDependent } from './runs/retry.ts'
import type { DagTables } from './tables.ts'

type Edges = Map<number, number[]>

/** A range with the number of its first new task. */
export type PlacedRange = Pick<ResolvedRange, 'needs' | 'feeds' | 'count'> & { readonly first: number }

/**
 * Walks forward from every new task over what is waited for; coming back to where the walk is means a circle.
 * @param links triples (from, to, kind); rows, and -1 - i for the i-th new task
 * @returns the tasks of a circle, or undefined
 */
export function circleIn(t: DagTables, links: readonly number[], ranges: readonly PlacedRange[]): readonly number[] | undefined {
  const next: Edges = new Map()
  for (let at = 0; at < links.length; at += 3) addEdge(next, links[at] as number, links[at + 1] as number, links[at + 2] as number)
  addRangeEdges(next, links, ranges)
  const done = new Set<number>()
  for (const start of next.keys()) {
    const cycle = done.has(start) ? undefined : walk(t, start, next, done)
    if (cycle !== undefined) return cycle
  }
  return undefined
}

function addEdge(next: Edges, from: number, to: number, kind: number): void {
  if (kind === KINDS.OPTIONAL) return
  const targets = next.get(from)
  if (targets === undefined) next.set(from, [to])
  else targets.push(to)
}

/** Tasks of a range differ only where others name one of them: it is enough to look at those, and at one of the rest. */
function addRangeEdges(next: Edges, links: readonly number[], ranges: readonly PlacedRange[]): void {
  const named = new Set<number>()
  for (let at = 0; at < links.length; at++) if (at % 3 < 2) named.add(links[at] as number)
  for (const { needs, feeds } of ranges) for (const ends of [needs, feeds]) ends.forEach((end, at) => void (at % 2 === 0 && named.add(end)))
  for (const { first, count, needs, feeds } of ranges) {
    let isRestSeen = false
    for (let index = first; index < first + count; index++) {
      if (!named.has(-1 - index)) {
        if (isRestSeen) continue
        isRestSeen = true
      }
      for (let at = 0; at < needs.length; at += 2) addEdge(next, needs[at] as number, -1 - index, needs[at + 1] as number)
      for (let at = 0; at < feeds.length; at += 2) addEdge(next, -1 - index, feeds[at] as number, feeds[at + 1] as number)
    }
  }
}

function walk(t: DagTables, start: number, next: Edges, done: Set<number>): readonly number[] | undefined {
  const path = [start]
  const left = [after(t, start, next)]
  const onPath = new Set(path)
  while (path.length > 0) {
    const target = (left[left.length - 1] as number[]).pop()
    if (target === undefined) {
      const task = path.pop() as number
      left.pop()
      onPath.delete(task)
      done.add(task)
    } else if (onPath.has(target)) return path.slice(path.indexOf(target))
    else if (!done.has(target)) {
      path.push(target)
      onPath.add(target)
      left.push(after(t, target, next))
    }
  }
  return undefined
}

function after(t: DagTables, task: number, next: Edges): number[] {
  const targets = [...(next.get(task) ?? [])]
  if (task >= 0) forEachDependent(t, task, (dependent, kind) => void (kind !== KINDS.OPTIONAL && targets.push(dependent)))
  return targets
}
