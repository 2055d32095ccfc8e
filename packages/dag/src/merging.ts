import type { DagState } from './state.ts'

// Freed ranges of rows were not always merged. A logged command names rows, and a log from that time those of that time: so the log
// itself says from where on they are, by a command before the first change that needs room.

type Ranges = (readonly [row: number, count: number])[]

/** From here on freed ranges are merged. */
export function applyMerging(state: DagState): void {
  state.tables.chooseRanges(true)
  restoreRanges(state)
}

/** Tells allocators that merge which rows are in use. */
export function restoreRanges(state: DagState): void {
  const { ranges } = state.tables
  if (!ranges.isMerging) return
  ranges.tasks.restore(tasksInUse(state))
  ranges.edges.restore(edgesInUse(state))
}

function tasksInUse({ tables, runs }: DagState): Ranges {
  const { taskBase, taskCapacity, chunkHead } = tables.region.tables.runs.columns
  const { base, capacity, next } = tables.region.tables.chunks.columns
  const ranges: Ranges = []
  for (const data of runs) {
    if (data === undefined) continue
    ranges.push([taskBase[data.row] as number, taskCapacity[data.row] as number])
    for (let chunk = chunkHead[data.row] as number; chunk !== 0; chunk = next[chunk - 1] as number) {
      ranges.push([base[chunk - 1] as number, capacity[chunk - 1] as number])
    }
  }
  return ranges
}

function edgesInUse({ templates }: DagState): Ranges {
  const ranges: Ranges = []
  for (const stored of templates) {
    if (stored !== undefined && stored.compiled.targets.length > 0) ranges.push([stored.edgeBase, stored.compiled.targets.length])
  }
  return ranges
}
