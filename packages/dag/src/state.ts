import { SymphonyError } from '@symphony/interface'
import type { ArtifactRef, ErrorData, Json, NeedKind, RunId, TaskType, Template, Transition, WorkflowSpec } from '@symphony/interface'
import { ChangeGuard } from '@symphony/shared-memory'
import type { AddedCondition } from './added-conditions.ts'
import { typescriptBackend } from './dag-backend.ts'
import { decompile } from './definition/condition.ts'
import { Durations } from './durations.ts'
import type { CriticalOrder } from './critical-path.ts'
import { KIND_NAMES } from './layout.ts'
import type { StartColumns } from './run-table.ts'
import type { FollowLog } from './runs/follow-log.ts'
import { ManagedState } from './runs/managed-state.ts'
import { DagTables } from './tables.ts'
import type { TableSizes } from './tables.ts'
import type { CompiledTemplate } from './definition/template.ts'

/**
 * A compiled definition with its functions and knobs: what one `defineWorkflow` handed in. Two of them may share a shape and
 * differ in their functions; a run keeps those it was started with.
 */
export interface Binding {
  readonly template: Template
  readonly compiled: CompiledTemplate
  readonly types: readonly TaskType[]
  /** False for a definition read from the log whose functions nobody has registered. */
  readonly isComplete: boolean
  /** Read from the log, which does not say all a definition does: how long a run may take, say. */
  readonly isFromLog: boolean
  /** Number of its first type; -1 while no run uses it. */
  typeBase: number
  /** Where it was stored last, if it still is; see `DagState.storedOf`. */
  stored: StoredTemplate | undefined
  /** Type numbers of the tasks, to be copied into a run. */
  typeNumbers: Int32Array | undefined
  runs: number
}

/** A definition some run uses: the durable side of a workflow. */
export interface StoredTemplate {
  readonly number: number
  readonly hash: string
  readonly compiled: CompiledTemplate
  /** As it was logged, for snapshots. */
  readonly body: Uint8Array
  readonly edgeBase: number
  readonly start: StartColumns
  /** Of each type, its row among the learned durations, or -1. */
  readonly typeRows: Int32Array
  ranks: Float64Array
  /** Nodes by rank, longest first, once somebody asked for a path. */
  byRank: Int32Array | undefined
  /** Samples of its types when the ranks were computed, and now. */
  rankedSamples: number
  samples: number
  expectedMs: readonly number[]
  /** Something was known about its types when the ranks were computed. */
  isLearned: boolean
  runs: number
  binding: Binding
}

/** A task that was added at run time, or a whole range of them. */
export interface AddedTask {
  /** The prefix of a range. */
  readonly id: string
  /** Place of its type. */
  readonly type: number
  readonly params: Json | undefined
  /** How many of its needs have to be met; 0 for all. */
  readonly join: number
  readonly when: AddedCondition | undefined
  /** Row of the task that added it. */
  readonly by: number
  /** The first row of a range. */
  readonly row: number
  /** Tasks of a range; 0 for a single task. */
  readonly count: number
}

export interface KeptSignal {
  readonly name: string
  readonly payload: ArtifactRef | undefined
  /** Of one that says no. */
  readonly error: ErrorData | undefined
}

/** What a run has besides its columns. */
export interface RunData {
  readonly id: RunId
  readonly row: number
  template: StoredTemplate
  binding: Binding
  input: Json
  reason: string | undefined
  added: AddedTask[]
  /** Rows of added tasks by id; undefined until there is one. */
  addedIds: Map<string, number> | undefined
  /** Places of ranges in `added` by prefix. */
  addedRanges: Map<string, number> | undefined
  /** Signals that came before anyone waited for them, oldest first. */
  signals: KeptSignal[]
  /** What happened lately, from the first time somebody watched. */
  watchers: FollowLog<Transition> | undefined
  critical: CriticalOrder | undefined
}

/** Everything the tracker knows: the region, and on the heap, by row or number, what has no fixed width. */
export class DagState {
  readonly tables: DagTables
  readonly guard: ChangeGuard
  readonly durations: Durations
  readonly templates: (StoredTemplate | undefined)[] = []
  readonly templatesByHash: Map<string, StoredTemplate> = new Map()
  readonly runs: (RunData | undefined)[] = []
  readonly runsById: Map<string, RunData> = new Map()
  /** Row of what was asked about last, or told of: most questions are about the run the question before was about. */
  #latest = 0
  readonly tenants: string[] = []
  readonly tenantNumbers: Map<string, number> = new Map()
  #lastTenant: string | undefined
  #lastTenantNumber = 0
  /** By task row. */
  readonly outputs: (ArtifactRef | undefined)[] = []
  readonly errors: (ErrorData | undefined)[] = []
  /** Types by number. Numbers are never used again, because others keep what they made of a type by its number. */
  readonly types: (TaskType | undefined)[] = []
  /** Bindings that functions are looked up in when a run comes out of the log, by hash. */
  readonly bindingsByHash: Map<string, Binding> = new Map()
  /** While a log is replayed: pieces of what was too large for one command, until the command that refers to them comes. */
  readonly parts: Map<number, Uint8Array[]> = new Map()
  /** Families, attributes, delays and schedules. */
  readonly managed: ManagedState = new ManagedState()
  /** False while no open run can be out of the log without its definition: that is nearly always, and spares looking at every run with each one. */
  mayAwaitDefinition = false

  constructor(sizes: TableSizes) {
    this.tables = new DagTables(sizes, typescriptBackend)
    this.guard = new ChangeGuard(this.tables.region, { component: '@symphony/dag', who: 'The dag tracker' })
    this.tables.held = this.managed.delays
    this.tables.conditionOf = (task) => {
      const { added } = this.run(this.tables.taskRun[task] as number)
      return added[-1 - (this.tables.taskNode[task] as number)]?.when
    }
    this.durations = new Durations(this.tables)
  }

  run(row: number): RunData {
    const run = this.runs[row]
    if (run === undefined) throw unknownRun(`at row ${row}`)
    return run
  }

  /** @throws SymphonyError `RUN_UNKNOWN`, `BACKEND_PANIC` */
  runById(id: string): RunData {
    this.guard.check()
    const run = this.findRun(id)
    if (run === undefined) throw unknownRun(`"${id}"`)
    return run
  }

  findRun(id: string): RunData | undefined {
    const latest = this.runs[this.#latest]
    if (latest !== undefined && latest.id === id) return latest
    const run = this.runsById.get(id)
    if (run !== undefined) this.#latest = run.row
    return run
  }

  /** Others are told of this run, and will ask. */
  tellOf(run: RunData): void {
    this.#latest = run.row
  }

  addRun(run: RunData): void {
    while (this.runs.length <= run.row) this.runs.push(undefined)
    this.runs[run.row] = run
    this.runsById.set(run.id, run)
    this.#latest = run.row
  }

  dropRun(run: RunData): void {
    this.runs[run.row] = undefined
    this.runsById.delete(run.id)
  }

  /** What the log knows of a definition, if some run uses it. */
  storedOf(binding: Binding): StoredTemplate | undefined {
    const { stored } = binding
    if (stored !== undefined && this.templates[stored.number] === stored) return stored
    return (binding.stored = this.templatesByHash.get(binding.template.hash))
  }

  tenant(name: string): number {
    const known = this.#lastTenant === name ? this.#lastTenantNumber : this.tenantNumbers.get(name)
    if (known !== undefined) {
      this.#lastTenant = name
      this.#lastTenantNumber = known
      return known
    }
    this.tenantNumbers.set(name, this.tenants.length)
    return this.tenants.push(name) - 1
  }

  /** Gives a binding type numbers, if it has none, and counts a run of it. */
  holdBinding(binding: Binding): void {
    binding.runs++
    if (binding.typeBase >= 0) return
    const count = binding.types.length
    const base = this.types.length
    for (let place = 0; place < count; place++) this.types.push(binding.types[place])
    binding.typeBase = base
    binding.typeNumbers = binding.compiled.typeOf.map((place) => place + base)
  }

  /** Counts a run less. */
  dropBinding(binding: Binding): void {
    binding.runs--
    this.retireBinding(binding)
  }

  /** Lets go of the types when no run needs them and another definition has taken this one's place. */
  retireBinding(binding: Binding): void {
    if (binding.runs > 0 || binding.typeBase < 0 || this.bindingsByHash.get(binding.template.hash) === binding) return
    this.types.fill(undefined, binding.typeBase, binding.typeBase + binding.types.length)
    binding.typeBase = -1
    binding.typeNumbers = undefined
  }

  /** Forgets all runs and stored definitions; what the program has defined stays. */
  clear(): void {
    for (const data of this.runs) {
      data?.watchers?.end()
      if (data !== undefined) this.dropBinding(data.binding)
    }
    this.runs.length = 0
    this.runsById.clear()
    this.templates.length = 0
    this.templatesByHash.clear()
    this.tenants.length = 0
    this.tenantNumbers.clear()
    this.#lastTenant = undefined
    this.outputs.length = 0
    this.errors.length = 0
    this.parts.clear()
    this.managed.clear()
  }

  /** Forgets what the tasks of a run left on the heap. */
  forgetTasksOf(run: number): void {
    const { runTaskBase, region: { tables: { runs, chunks } } } = this.tables
    this.#forgetTasks(runTaskBase[run] as number, runs.columns.taskCount[run] as number)
    for (let chunk = runs.columns.chunkHead[run] as number; chunk !== 0; chunk = chunks.columns.next[chunk - 1] as number) {
      this.#forgetTasks(chunks.columns.base[chunk - 1] as number, chunks.columns.count[chunk - 1] as number)
    }
  }

  #forgetTasks(first: number, count: number): void {
    for (let task = first; task < first + count; task++) {
      this.outputs[task] = undefined
      this.errors[task] = undefined
    }
  }

  /** Makes room for task rows in the heap columns: holes would turn the arrays into hash tables. */
  growTo(rows: number): void {
    const had = this.outputs.length
    // One by one, a million rows would be copied again and again as the arrays grow.
    for (const column of rows - had > MANY_ROWS ? [this.outputs, this.errors] : []) {
      column.length = rows
      column.fill(undefined, had)
    }
    while (this.outputs.length < rows) {
      this.outputs.push(undefined)
      this.errors.push(undefined)
    }
  }
}

const MANY_ROWS = 4096

function unknownRun(which: string): SymphonyError {
  return new SymphonyError({
    code: 'RUN_UNKNOWN',
    component: '@symphony/dag',
    message: `There is no run ${which}. It was never started here, or it ended and was forgotten; raise keepEndedRuns or keepEndedBytes to keep more.`,
  })
}

/** A spec as far as the log knows it: without functions. */
export function specOf(compiled: CompiledTemplate): WorkflowSpec {
  const { ids, typeOf, params, types, namedTypes, inStart, inFrom, inKind, joins, conditions } = compiled
  return {
    name: compiled.name,
    version: compiled.version,
    types: types.slice(0, namedTypes),
    ...(compiled.output < 0 ? undefined : { output: ids[compiled.output] as string }),
    tasks: ids.map((id, task) => {
      const place = typeOf[task] as number
      const { name, ...fields } = types[place] as TaskType
      const needs = Array.from(inFrom.subarray(inStart[task], inStart[task + 1]), (from, at) => ({
        task: ids[from] as string,
        kind: KIND_NAMES[inKind[(inStart[task] as number) + at] as number] as NeedKind,
      }))
      const value = params?.[task]
      const least = joins?.get(task)
      const program = conditions?.get(task)
      // A type that a task turned knobs of keeps its name, and with it the hash.
      const means = place < namedTypes ? { type: name } : compiled.typeIndex.has(name) && name !== id ? { type: name, ...fields } : fields
      return {
        id,
        ...means,
        ...(needs.length === 0 ? undefined : { needs }),
        ...(least === undefined ? undefined : { join: { atLeast: least } }),
        ...(program === undefined ? undefined : { when: decompile(program, (node) => ids[node] as string) }),
        ...(value === undefined ? undefined : { params: value }),
      }
    }),
  }
}
