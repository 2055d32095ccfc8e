import { RUN_STATES } from '@symphony/interface'
import type { Transition } from '@symphony/interface'
import { TABLE_LINE } from '@symphony/shared-memory'
import type { Table } from '@symphony/shared-memory'
import { typescriptBackend } from './dag-backend.ts'
import type { FollowLog } from './runs/follow-log.ts'
import type { DagState, RunData } from './state.ts'

/** What has to be the same before and after the state is rebuilt, because somebody outside has it in hand. */
export interface Kept {
  /** Runs whose end was told, by id. */
  readonly told: ReadonlySet<string>
  /** What followers of runs read from. */
  readonly watchers: ReadonlyMap<string, FollowLog<Transition>>
  readonly lateResults: number
}

/**
 * Empties the state in place, whatever it holds: the region's bytes stay where they are, since other rooms and threads look at them.
 * @param isTold whether the end of a run was told, which the region may no longer say truly
 */
export function wipe(state: DagState, isTold: (data: RunData) => boolean): Kept {
  const { tables } = state
  const kept = { told: new Set<string>(), watchers: new Map<string, FollowLog<Transition>>(), lateResults: tables.region.words.lateResults[0] as number }
  for (const data of state.runs) {
    if (data === undefined) continue
    if (isTold(data)) kept.told.add(data.id)
    if (data.watchers !== undefined) kept.watchers.set(data.id, data.watchers)
    data.watchers = undefined
  }
  state.clear()
  wipeRegion(state)
  tables.use(typescriptBackend)
  state.durations.restore([])
  state.mayAwaitDefinition = false
  state.guard.clear()
  return kept
}

function wipeRegion({ tables }: DagState): void {
  const { tasks, edges, links, runs, chunks, types, counts, due } = tables.region.tables
  const used = (table: Table): number => Math.min(table.rows, Math.max(0, table.line[TABLE_LINE.USED] as number))
  const taskRows = used(tasks as Table)
  const runRows = used(runs as Table)
  for (const table of [tasks, edges] as readonly Table[]) table.line[TABLE_LINE.USED] = used(table)
  tables.resetRanges(false)
  counts.columns.tasks.fill(0, 0, runRows * 8)
  due.columns.task.fill(0, 0, taskRows)
  for (const table of [tasks, edges, links, runs, chunks, types] as readonly Table[]) {
    const rows = table === (tasks as Table) ? taskRows : used(table)
    for (const column of Object.values(table.columns)) column.fill(0, 0, rows)
    table.line[TABLE_LINE.USED] = 0
    table.line[TABLE_LINE.FREE] = 0
    table.line[TABLE_LINE.LIVE] = 0
  }
  for (const word of Object.values(tables.region.words)) word[0] = 0
  tables.doomedLength = 0
  tables.traceLength = 0
  tables.endedRuns.length = 0
}

/** Gives the rebuilt state what was kept. @returns rows of the runs whose end nobody was told of */
export function handBack(state: DagState, { told, watchers, lateResults }: Kept): readonly number[] {
  const { tables } = state
  tables.region.words.lateResults[0] = lateResults
  const untold: number[] = []
  for (const data of state.runs) {
    if (data === undefined) continue
    const log = watchers.get(data.id)
    if (log !== undefined) {
      data.watchers = log
      tables.runTransitions[data.row] = log.lastSequence
    }
    if ((tables.runDurableState[data.row] as number) >= RUN_STATES.SUCCEEDED && !told.has(data.id)) untold.push(data.row)
  }
  for (const [id, log] of watchers) if (!state.runsById.has(id)) log.end()
  return untold
}
