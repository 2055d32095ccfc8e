import { RUN_STATE_NAMES } from '@symphony/interface'
import { TABLE_LINE } from '@symphony/shared-memory'
import { FLAGS } from './layout.ts'
import { rangesOf } from './run-table.ts'
import type { DagState, RunData } from './state.ts'
import { FIRST_FINAL, RUNNING } from './transitions.ts'

/** Of a small state, all is looked at in one go: so many task rows take a fraction of a millisecond. */
const ROWS_AT_ONCE = 32_768
/** A larger run is looked at row by row in several goes, and its counts only against each other. */
const ROWS_WHOLE_MAX = 262_144
const STATES = 8

/**
 * Looks whether what must always hold does: tasks belong to their run and are in a state that exists, what runs has a token, and the
 * counts of a run are those of its tasks. A write of somebody who has no business here changes one of these. Two columns are read of every
 * row and no more: that is what keeps it cheap.
 *
 * A run is looked at whole, because its counts change with its tasks.
 */
export class InvariantCheck {
  readonly #state: DagState
  readonly #found = new Int32Array(STATES)
  /** Row of the run that is next. */
  #next = 0
  /** Rows of a large run that were looked at. */
  #seen = 0

  constructor(state: DagState) {
    this.#state = state
  }

  /** @param parts calls until everything was looked at, at the latest; @returns what does not hold */
  look(parts: number): string | undefined {
    const { runs, tables } = this.#state
    const problem = this.#wordsProblem()
    if (problem !== undefined) return problem
    let rows = Math.max(ROWS_AT_ONCE, Math.ceil(tables.tasks.used / parts))
    for (let left = runs.length; left > 0 && rows > 0; left--) {
      if (this.#next >= runs.length) this.#next = 0
      const data = runs[this.#next]
      const tasks = data === undefined ? 0 : (tables.region.tables.runs.columns.tasksTotal[data.row] as number)
      const isLarge = tasks > ROWS_WHOLE_MAX
      const wrong = data === undefined ? undefined : isLarge ? this.#partProblem(data, rows) : this.#runProblem(data)
      if (wrong !== undefined) return `run "${data?.id}": ${wrong}`
      rows -= isLarge ? rows : 1 + tasks
      if (isLarge && this.#seen > 0) continue
      this.#seen = 0
      this.#next++
    }
    return undefined
  }

  /** Of a large run, some more of its rows. `#seen` is 0 again when those were the last. */
  #partProblem({ row: run }: RunData, most: number): string | undefined {
    const { tables: t } = this.#state
    const open = t.counts.subarray(run * STATES, run * STATES + FIRST_FINAL).reduce((sum, counted) => sum + counted, 0)
    if (open !== t.runTasksOpen[run]) return `${open} of its tasks are open, ${t.runTasksOpen[run]} were counted`
    let passed = 0
    let left = most
    for (const [first, count] of rangesOf(t, run)) {
      const from = Math.min(count, Math.max(0, this.#seen - passed))
      const looked = Math.min(count - from, left)
      const wrong = this.#rangeProblem(run, first + from, looked, false)
      if (wrong !== undefined) return wrong
      left -= looked
      passed += from + looked
      if (from + looked < count) {
        this.#seen = passed
        return undefined
      }
    }
    this.#seen = 0
    return undefined
  }

  #wordsProblem(): string | undefined {
    const { tables } = this.#state
    for (const name of ['tasks', 'edges', 'links', 'runs', 'chunks'] as const) {
      const { rows, line } = tables.region.tables[name]
      const used = line[TABLE_LINE.USED] as number
      const live = line[TABLE_LINE.LIVE] as number
      if (!(live >= 0 && live <= used && used <= rows)) return `table "${name}" has ${live} rows in use of ${used}`
    }
    const ready = tables.readyCount[0] as number
    const isEmpty = tables.readyHead[0] === 0
    return ready < 0 || (ready === 0) !== isEmpty ? `${ready} tasks are ready, and the queue is ${isEmpty ? '' : 'not '}empty` : undefined
  }

  #runProblem(data: RunData): string | undefined {
    const { tables: t } = this.#state
    const { columns } = t.region.tables.runs
    const { base, count, next } = t.region.tables.chunks.columns
    const run = data.row
    const state = t.runDurableState[run] as number
    if (RUN_STATE_NAMES[state] === undefined) return `its state is ${state}, which is none`
    this.#found.fill(0)
    let rows = columns.taskCount[run] as number
    for (let chunk = columns.chunkHead[run] as number, left = t.chunks.used; chunk > 0 && left > 0; chunk = next[chunk - 1] as number, left--) rows += count[chunk - 1] as number
    // What a retry dropped is still there, and counts no more.
    const hasDropped = rows !== columns.tasksTotal[run]
    const wrong = this.#rangeProblem(run, t.runTaskBase[run] as number, columns.taskCount[run] as number, hasDropped)
    if (wrong !== undefined) return wrong
    let chunksLeft = t.chunks.used
    for (let chunk = columns.chunkHead[run] as number; chunk !== 0; chunk = next[chunk - 1] as number) {
      if (!(chunk > 0) || chunksLeft-- === 0) return 'its ranges of tasks form a circle'
      const problem = this.#rangeProblem(run, base[chunk - 1] as number, count[chunk - 1] as number, hasDropped)
      if (problem !== undefined) return problem
    }
    return this.#countProblem(run)
  }

  #countProblem(run: number): string | undefined {
    const { tables: t } = this.#state
    let open = 0
    for (let state = 0; state < STATES; state++) {
      const found = this.#found[state] as number
      const counted = t.counts[run * STATES + state] as number
      if (counted !== found) return `${found} of its tasks are in state ${state}, ${counted} were counted`
      if (state < FIRST_FINAL) open += counted
    }
    const counted = t.runTasksOpen[run] as number
    return open === counted ? undefined : `${open} of its tasks are open, ${counted} were counted`
  }

  #rangeProblem(run: number, first: number, count: number, hasDropped: boolean): string | undefined {
    const { tables: t } = this.#state
    if (!(first >= 0 && count >= 0 && first + count <= t.tasks.used)) return `its tasks are at rows ${first} to ${first + count} of ${t.tasks.used}`
    const { taskRun, taskState, taskToken, taskFlags } = t
    const found = this.#found
    for (let task = first; task < first + count; task++) {
      const state = taskState[task] as number
      if (taskRun[task] !== run) return `task row ${task} belongs to run ${taskRun[task]}`
      if (state < 0 || state >= STATES) return `task row ${task} is in state ${state}, which is none`
      // What an attempt that has ended leaves there means nothing.
      if (state === RUNNING && taskToken[task] === 0) return `task row ${task} runs without a token`
      if (!hasDropped || ((taskFlags[task] as number) & FLAGS.DROPPED) === 0) found[state]!++
    }
    return undefined
  }
}
