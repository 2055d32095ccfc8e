import { tableFull } from '@symphony/shared-memory'
import type { Table } from '@symphony/shared-memory'
import { linksIn, tasksIn } from './expansion.ts'
import type { ResolvedExpansion } from './expansion.ts'
import { TEMPLATES_MAX } from './limits.ts'
import { chunkNeeded } from './run-table.ts'
import type { DagState } from './state.ts'
import { hasRange, rowsLeft } from './tables.ts'
import type { CompiledTemplate } from './template.ts'
import type { DagWriter } from './writer.ts'

// Room is looked for before anything is logged, because a logged command must be applicable. What is short is made by giving up
// definitions nobody runs and, oldest first, ended runs.

/** @throws SymphonyError `CAPACITY_EXCEEDED` */
export function makeRoomForRun(state: DagState, writer: DagWriter, compiled: CompiledTemplate, isStored: boolean): void {
  const { tasks, edges, runs, taskRanges, edgeRanges } = state.tables.region.tables
  makeRoom(state, writer, () => {
    if (rowsLeft(runs as Table) === 0) return runs as Table
    if (!hasRange(tasks as Table, taskRanges.columns.head, compiled.taskCount)) return tasks as Table
    if (isStored) return undefined
    const { length } = compiled.targets
    if (length > 0 && !hasRange(edges as Table, edgeRanges.columns.head, length)) return edges as Table
    return state.templatesByHash.size >= TEMPLATES_MAX ? (edges as Table) : undefined
  })
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
  const { tasks, links, chunks, taskRanges } = state.tables.region.tables
  const count = expansion === undefined ? 0 : tasksIn(expansion)
  const linkCount = moreLinks + (expansion === undefined ? 0 : linksIn(expansion))
  makeRoom(state, writer, () => {
    const needed = chunkNeeded(state.tables, run, count)
    if (needed > 0 && rowsLeft(chunks as Table) === 0) return chunks as Table
    if (needed > 0 && !hasRange(tasks as Table, taskRanges.columns.head, needed)) return tasks as Table
    return rowsLeft(links as Table) < linkCount ? (links as Table) : undefined
  })
}

/** Forgets the run that ended first. @returns false when none has ended */
export function forgetOldest(state: DagState, writer: DagWriter): boolean {
  const oldest = state.tables.region.words.endedHead[0] as number
  if (oldest === 0) return false
  writer.forget(oldest - 1)
  return true
}

function makeRoom(state: DagState, writer: DagWriter, missing: () => Table | undefined): void {
  for (let table = missing(); table !== undefined; table = missing()) {
    const unused = table.name === 'edges' ? state.templates.findIndex((stored) => stored !== undefined && stored.runs === 0) : -1
    if (unused >= 0) writer.undefine(unused)
    else if (!forgetOldest(state, writer)) throw tableFull(table)
  }
}
