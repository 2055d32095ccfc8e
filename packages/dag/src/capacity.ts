import { RangeAllocator, tableFull } from '@symphony/shared-memory'
import type { Table } from '@symphony/shared-memory'
import { linksIn, tasksIn } from './expansion.ts'
import type { ResolvedExpansion } from './expansion.ts'
import { CHUNK_ROWS_MIN, TEMPLATES_MAX } from './limits.ts'
import { chunkNeeded } from './run-table.ts'
import { isNeeded } from './runs/family.ts'
import type { DagState } from './state.ts'
import { rowsLeft } from './tables.ts'
import type { CompiledTemplate } from './definition/template.ts'
import type { DagWriter } from './writer.ts'

// Room is looked for before anything is logged, because a logged command must be applicable. What is short is made by giving up
// definitions nobody runs and, oldest first, ended runs.

/** @throws SymphonyError `CAPACITY_EXCEEDED` */
export function makeRoomForRun(state: DagState, writer: DagWriter, compiled: CompiledTemplate, isStored: boolean): void {
  // There is room most of the time, and then nothing is made to ask again.
  if (state.tables.ranges.isMerging && missingForRun(state, compiled, isStored) === undefined) return
  makeRoom(state, writer, () => missingForRun(state, compiled, isStored))
}

function missingForRun(state: DagState, compiled: CompiledTemplate, isStored: boolean): Table | undefined {
  const { tables: t } = state
  const { tasks, edges, runs } = t.region.tables
  if (rowsLeft(runs as Table) === 0) return runs as Table
  if (!t.tasks.canAllocate(compiled.taskCount)) return tasks as Table
  if (isStored) return undefined
  const { length } = compiled.targets
  if (length > 0 && !t.edges.canAllocate(length)) return edges as Table
  return state.templatesByHash.size >= TEMPLATES_MAX ? (edges as Table) : undefined
}

/**
 * Room for a run's tasks in other rows: those of its definition, and those that were added.
 * @param source the run they come from, which must stay
 * @throws SymphonyError `CAPACITY_EXCEEDED`
 */
export function makeRoomForCopy(
  state: DagState,
  writer: DagWriter,
  source: number,
  size: { readonly compiled: CompiledTemplate; readonly isStored: boolean; readonly added: number; readonly links: number; readonly runs: number },
): void {
  const { tables: t } = state
  const { tasks, links, chunks, runs, edges } = t.region.tables
  const { compiled, added } = size
  const own = RangeAllocator.capacityFor(compiled.taskCount)
  const more = added === 0 ? 0 : RangeAllocator.capacityFor(Math.max(added, CHUNK_ROWS_MIN))
  makeRoom(state, writer, () => {
    if (rowsLeft(runs as Table) < size.runs) return runs as Table
    // One range for both has room for each of them.
    if (!t.tasks.canAllocate(own + more)) return tasks as Table
    if (rowsLeft(chunks as Table) === 0) return chunks as Table
    if (rowsLeft(links as Table) < size.links) return links as Table
    if (size.isStored) return undefined
    const { length } = compiled.targets
    if (length > 0 && !t.edges.canAllocate(length)) return edges as Table
    return state.templatesByHash.size >= TEMPLATES_MAX ? (edges as Table) : undefined
  }, source)
}

/**
 * @param moreLinks rows of the table of links that are needed besides
 * @throws SymphonyError `CAPACITY_EXCEEDED`
 */
export function makeRoomForExpansion(
  state: DagState,
  writer: DagWriter,
  run: number,
  expansion: ResolvedExpansion | undefined,
  moreLinks: number,
): void {
  const { tables: t } = state
  const { tasks, links, chunks } = t.region.tables
  const count = expansion === undefined ? 0 : tasksIn(expansion)
  const linkCount = moreLinks + (expansion === undefined ? 0 : linksIn(expansion))
  makeRoom(state, writer, () => {
    const needed = chunkNeeded(t, run, count)
    if (needed > 0 && rowsLeft(chunks as Table) === 0) return chunks as Table
    if (needed > 0 && !t.tasks.canAllocate(needed)) return tasks as Table
    return rowsLeft(links as Table) < linkCount ? (links as Table) : undefined
  })
}

/**
 * Forgets the run that ended first and is not needed by an open task.
 * @param look how many ended runs are looked at; @param spare one that must stay
 * @returns false when there is none
 */
export function forgetOldest(state: DagState, writer: DagWriter, look: number, spare = -1): boolean {
  const { endedNext } = state.tables.region.tables.runs.columns
  let left = look
  for (let ended = state.tables.region.words.endedHead[0] as number; ended !== 0 && left > 0; ended = endedNext[ended - 1] as number, left--) {
    if (ended - 1 === spare || isNeeded(state, ended - 1)) continue
    writer.forget(ended - 1)
    return true
  }
  return false
}

function makeRoom(state: DagState, writer: DagWriter, missing: () => Table | undefined, spare = -1): void {
  if (!state.tables.ranges.isMerging) writer.mergeRanges()
  for (let table = missing(); table !== undefined; table = missing()) {
    const unused = table.name === 'edges' ? state.templates.findIndex((stored) => stored !== undefined && stored.runs === 0) : -1
    if (unused >= 0) writer.undefine(unused)
    else if (!forgetOldest(state, writer, Infinity, spare)) throw tableFull(table)
  }
}
