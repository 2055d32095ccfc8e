import { DagTables, typescriptBackend } from '@symphony/dag/for-backends'
import type { DagBackend, StartColumns } from '@symphony/dag/for-backends'
import { nativeStatus } from '@symphony/native'
import { nativeDag } from '@symphony/native/dag'
import type { Benchmark, Contestant, Prepared } from '../benchmark.ts'

/** Tasks without needs, and as many that need three of them each. */
const LAYER = 10_000
const NEEDS = 3
/** How many tasks come in one call. */
const BATCHES = [1, 16, 64, 1024, LAYER] as const

const OPERATIONS = ['take', 'begin', 'complete', 'cancel'] as const
type Operation = (typeof OPERATIONS)[number]

/** A tracker's tables with a run in them, without the tracker: what is measured is the backend, and what crosses. */
class Stage {
  readonly t: DagTables
  readonly #backend: DagBackend
  readonly #columns: StartColumns
  readonly #types = new Int32Array(LAYER * 2)
  readonly #ranks = new Float64Array(LAYER * 2)
  readonly rows: Int32Array = new Int32Array(LAYER)
  readonly tokens: Float64Array = new Float64Array(LAYER)
  #run = -1

  constructor(backend: DagBackend) {
    this.t = new DagTables({ tasksMax: 1 << 16, edgesMax: 1 << 17, runsMax: 64 }, typescriptBackend)
    this.t.chooseRanges(true)
    this.t.use(backend)
    this.#backend = backend
    this.#columns = twoLayers(this.t)
  }

  /** A run whose first layer is READY; then as much of the way as an operation needs before it. */
  prepare(until: Operation): void {
    const { t } = this
    this.clear()
    this.#run = typescriptBackend.start(t, this.#columns, this.#types, this.#ranks, { template: 0, tenant: 0, priority: 0, nowMs: 1 })
    const base = t.runTaskBase[this.#run] as number
    for (let task = base; task < base + LAYER; task++) {
      typescriptBackend.postpone(t, task, 1)
      typescriptBackend.wake(t, task, 1)
    }
    if (until === 'take') return this.forget()
    typescriptBackend.take(t, this.rows)
    if (until !== 'begin') typescriptBackend.beginMany(t, this.rows, LAYER, this.tokens, 0, 2)
    this.forget()
  }

  /** Gives the rows of the run before back. */
  clear(): void {
    const { t } = this
    if (this.#run < 0) return
    const base = t.runTaskBase[this.#run] as number
    const last = base + LAYER * 2 - 1
    typescriptBackend.cancel(t, base, last - base, 9)
    if (t.runDurableState[this.#run] === 0) typescriptBackend.skip(t, last, 9)
    typescriptBackend.free(t, this.#run)
    this.forget()
  }

  /** What an announcer does after each command. */
  forget(): void {
    this.t.traceLength = 0
    this.t.endedRuns.length = 0
  }

  go(operation: Operation, batch: number): void {
    const { t, rows, tokens } = this
    const backend = this.#backend
    const first = t.runTaskBase[this.#run] as number
    for (let at = 0; at < LAYER; at += batch) {
      const count = Math.min(batch, LAYER - at)
      const some = batch === LAYER ? rows : rows.subarray(at, at + count)
      if (operation === 'take') backend.take(t, some)
      else if (operation === 'begin') backend.beginMany(t, some, count, tokens, at, 3)
      else if (operation === 'complete') backend.completeMany(t, some, count, 4)
      else backend.cancel(t, first + at, count, 5)
      this.forget()
    }
  }
}

function twoLayers(t: DagTables): StartColumns {
  const outs = Array.from({ length: LAYER * 2 }, (): number[] => [])
  for (let task = 0; task < LAYER; task++) {
    for (let need = 0; need < NEEDS; need++) outs[(task * 7 + need * 131) % LAYER]?.push((LAYER + task) * 4)
  }
  const base = t.edges.allocate(LAYER * NEEDS)
  t.edgeTarget.set(outs.flat(), base)
  let next = base
  const outStart = Int32Array.from(outs, ({ length }) => (next += length) - length)
  const zeros = new Int32Array(LAYER * 2)
  return {
    taskCount: LAYER * 2,
    pending: zeros.map((_, task) => (task < LAYER ? 0 : NEEDS)),
    slack: undefined,
    outStart,
    outCount: Int32Array.from(outs, ({ length }) => length),
    flags: zeros,
    nodes: zeros.map((_, task) => task),
    timeouts: [],
  }
}

function contestant(name: string, make: () => DagBackend, operation: Operation, batch: number): Contestant {
  return {
    name,
    setup(): Prepared {
      const stage = new Stage(make())
      return {
        // Making ready what an operation needs takes many times as long as the operation: only that is on the clock, but both count as a turn.
        run() {
          stage.prepare(operation)
          const startedAtMs = performance.now()
          stage.go(operation, batch)
          return ((performance.now() - startedAtMs) * 1e6) / LAYER
        },
        dispose: () => stage.t.use(typescriptBackend),
      }
    },
  }
}

const TYPESCRIPT = 'TypeScript backend'

/** Nanoseconds a task. */
function inBatches(operation: Operation, batch: number): Benchmark {
  const name = `${operation} ${batch === 1 ? 'one task' : `${batch.toLocaleString('en')} tasks`} in one call`
  return {
    group: 'Native',
    name,
    unit: 'ns',
    setup: contestant(name, () => nativeDag()(typescriptBackend), operation, batch).setup,
    peers: [contestant(TYPESCRIPT, () => typescriptBackend, operation, batch)],
    ...(operation === 'complete' && batch === LAYER ? { barAgainst: { peer: TYPESCRIPT, times: 1.5 } } : {}),
  }
}

/** Looks at a region of a million tasks, and lets go again. Nothing is copied, so it is the same for any size. */
const attach: Benchmark = {
  group: 'Native',
  name: 'attach to a region of 1 M tasks',
  unit: 'ms',
  bar: 1,
  setup() {
    const t = new DagTables({ tasksMax: 1 << 20, edgesMax: 1 << 22, runsMax: 1 << 18 }, typescriptBackend)
    const native = nativeDag()(typescriptBackend)
    return {
      run() {
        const startedAtMs = performance.now()
        t.use(native)
        const elapsedMs = performance.now() - startedAtMs
        t.use(typescriptBackend)
        return elapsedMs
      },
    }
  },
}

/** Ours is the native backend, beside the TypeScript one over a region of its own. Nothing where there is no binary. */
export const benchmarks: readonly Benchmark[] = nativeStatus().isAvailable
  ? [...OPERATIONS.flatMap((operation) => BATCHES.map((batch) => inBatches(operation, batch))), attach]
  : []
