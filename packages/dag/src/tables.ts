import { createRegion, RangeAllocator, RowAllocator, TABLE_LINE } from '@symphony/shared-memory'
import type { Region, Table } from '@symphony/shared-memory'
import type { AddedCondition } from './added-conditions.ts'
import type { DagBackend } from './dag-backend.ts'
import { FormerRanges } from './former-ranges.ts'
import type { Ranges } from './former-ranges.ts'
import { TYPES_MAX } from './limits.ts'
import { DAG_LAYOUT } from './layout.ts'
import type { DagDeclaration } from './layout.ts'

/** What hands out ranges of rows; see merging.ts. */
type RangePair =
  | { readonly isMerging: true; readonly tasks: RangeAllocator; readonly edges: RangeAllocator }
  | { readonly isMerging: false; readonly tasks: FormerRanges; readonly edges: FormerRanges }

export interface TableSizes {
  readonly tasksMax: number
  readonly edgesMax: number
  readonly runsMax: number
}

/**
 * The region's columns as plain fields, with the scratch space of the backend. What a command did is left in `trace` and
 * `endedRuns` for the caller to tell others: the backend itself calls nobody.
 */
export class DagTables {
  readonly region: Region<DagDeclaration>
  backend: DagBackend
  ranges: RangePair
  tasks: Ranges
  edges: Ranges
  readonly links: RowAllocator
  readonly runs: RowAllocator
  readonly chunks: RowAllocator

  readonly taskState: Int32Array
  readonly taskRun: Int32Array
  readonly taskType: Int32Array
  readonly taskAttempt: Int32Array
  readonly taskAttemptsEnded: Int32Array
  readonly taskPending: Int32Array
  readonly taskSlack: Int32Array
  readonly taskOutStart: Int32Array
  readonly taskOutCount: Int32Array
  readonly taskExtraOut: Int32Array
  readonly taskExtraIn: Int32Array
  readonly taskNode: Int32Array
  readonly taskFlags: Int32Array
  readonly queueNext: Int32Array
  readonly queuePrev: Int32Array
  readonly taskToken: Float64Array
  readonly taskRankMs: Float64Array
  readonly taskReadyAtMs: Float64Array
  readonly taskStartedAtMs: Float64Array
  readonly taskEndedAtMs: Float64Array
  readonly taskDueAtMs: Float64Array
  readonly edgeTarget: Int32Array
  readonly linkFrom: Int32Array
  readonly linkTo: Int32Array
  readonly linkKind: Int32Array
  readonly linkNextOut: Int32Array
  readonly linkNextIn: Int32Array
  readonly runState: Int32Array
  readonly runDurableState: Int32Array
  readonly runTaskBase: Int32Array
  readonly runTasksOpen: Int32Array
  readonly runTransitions: Float64Array
  readonly counts: Int32Array
  readonly dueTask: Int32Array
  readonly readyHead: Int32Array
  readonly readyTail: Int32Array
  readonly readyCount: Int32Array
  readonly dueCount: Int32Array

  /** Runs that have not begun, by row: their tasks stay PENDING until they do. */
  held: ReadonlyMap<number, unknown> = new Map()
  /** The condition of a task that was added at run time. Those of a definition lie among its edges. */
  conditionOf: (task: number) => AddedCondition | undefined = () => undefined
  /** Pairs of task row and move (state before * 16 + state after). */
  trace: Int32Array = new Int32Array(4096)
  traceLength = 0
  /** Runs that reached a final state. */
  endedRuns: number[] = []
  /** Tasks doomed by the failure of a need, still to be skipped. */
  doomed: Int32Array = new Int32Array(1024)
  doomedLength = 0

  constructor(sizes: TableSizes, backend: DagBackend) {
    this.backend = backend
    const region = createRegion(DAG_LAYOUT, {
      tasks: sizes.tasksMax,
      due: sizes.tasksMax,
      edges: sizes.edgesMax,
      links: sizes.edgesMax,
      runs: sizes.runsMax,
      counts: sizes.runsMax * 8,
      chunks: sizes.runsMax,
      types: TYPES_MAX,
      taskRanges: RangeAllocator.nodesFor(sizes.tasksMax),
      edgeRanges: RangeAllocator.nodesFor(sizes.edgesMax),
    })
    this.region = region
    const { tasks, edges, links, runs, counts, chunks, due } = region.tables
    this.ranges = this.#rangesAs(false)
    this.tasks = this.ranges.tasks
    this.edges = this.ranges.edges
    this.links = new RowAllocator(links, links.columns.nextOut)
    this.runs = new RowAllocator(runs, runs.columns.endedNext)
    this.chunks = new RowAllocator(chunks, chunks.columns.next)
    this.taskState = tasks.columns.state
    this.taskRun = tasks.columns.run
    this.taskType = tasks.columns.type
    this.taskAttempt = tasks.columns.attempt
    this.taskAttemptsEnded = tasks.columns.attemptsEnded
    this.taskPending = tasks.columns.pending
    this.taskSlack = tasks.columns.slack
    this.taskOutStart = tasks.columns.outStart
    this.taskOutCount = tasks.columns.outCount
    this.taskExtraOut = tasks.columns.extraOut
    this.taskExtraIn = tasks.columns.extraIn
    this.taskNode = tasks.columns.node
    this.taskFlags = tasks.columns.flags
    this.queueNext = tasks.columns.queueNext
    this.queuePrev = tasks.columns.queuePrev
    this.taskToken = tasks.columns.token
    this.taskRankMs = tasks.columns.rankMs
    this.taskReadyAtMs = tasks.columns.readyAtMs
    this.taskStartedAtMs = tasks.columns.startedAtMs
    this.taskEndedAtMs = tasks.columns.endedAtMs
    this.taskDueAtMs = tasks.columns.dueAtMs
    this.edgeTarget = edges.columns.target
    this.linkFrom = links.columns.from
    this.linkTo = links.columns.to
    this.linkKind = links.columns.kind
    this.linkNextOut = links.columns.nextOut
    this.linkNextIn = links.columns.nextIn
    this.runState = runs.columns.state
    this.runDurableState = runs.columns.durableState
    this.runTaskBase = runs.columns.taskBase
    this.runTasksOpen = runs.columns.tasksOpen
    this.runTransitions = runs.columns.transitions
    this.counts = counts.columns.tasks
    this.dueTask = due.columns.task
    this.readyHead = region.words.readyHead
    this.readyTail = region.words.readyTail
    this.readyCount = region.words.readyCount
    this.dueCount = region.words.dueCount
  }

  /** Has another backend make the changes from now on. When it refuses to, everything stays as it is. */
  use(backend: DagBackend): void {
    const former = this.backend
    if (backend === former) return
    backend.attach?.(this)
    this.backend = backend
    try {
      former.detach?.()
    } catch {
      // It has nothing more to do here, and may be replaced for the very reason that it fails.
    }
  }

  /** Takes all ranges back; from now on freed ones are merged, or not. */
  resetRanges(isMerging: boolean): void {
    this.tasks.clear()
    this.edges.clear()
    this.chooseRanges(isMerging)
  }

  /** Changes who hands out ranges. What is in use must be told to allocators that merge. */
  chooseRanges(isMerging: boolean): void {
    this.region.words.merging[0] = isMerging ? 1 : 0
    this.ranges = this.#rangesAs(isMerging)
    this.tasks = this.ranges.tasks
    this.edges = this.ranges.edges
  }

  #rangesAs(isMerging: boolean): RangePair {
    const { tasks, edges, taskRanges, edgeRanges } = this.region.tables
    return isMerging
      ? { isMerging, tasks: new RangeAllocator(tasks, taskRanges.columns.taken), edges: new RangeAllocator(edges, edgeRanges.columns.taken) }
      : { isMerging, tasks: new FormerRanges(tasks, tasks.columns.outStart), edges: new FormerRanges(edges, edges.columns.target) }
  }
}

/** Rows for `count` tasks, rounded up. Rows that are passed over look like what they are: nobody's. */
export function takeTaskRows(t: DagTables, count: number): number {
  const before = t.tasks.used
  const base = t.tasks.allocate(count)
  if (base > before) t.taskRun.fill(-1, before, base)
  return base
}

/** Rows a row allocator of this table can still hand out. */
export function rowsLeft(table: Table): number {
  return table.rows - (table.line[TABLE_LINE.LIVE] as number)
}
