import { criticalPathPolicy } from '@symphony/conductor'
import { createDagTracker } from '@symphony/dag'
import type { DagTracker, FencingToken, RunId, TaskRow, WorkflowGraph, WorkflowSpec } from '@symphony/interface'
import { openJournal } from '@symphony/journal'
import { DirectedGraph } from 'graphology'
import type { Benchmark, Contestant, Prepared } from '../benchmark.ts'
import { scratchFolder } from '../workloads/scratch-folder.ts'
import { layers, needsOf, noOp } from '../workloads/workflows.ts'

const WIDTH = 1000
const NEEDS = 3
/** PENDING to READY, to RUNNING, to SUCCEEDED. */
const TRANSITIONS_PER_TASK = 3

/** Takes, begins and completes what is ready, until nothing is. Returns how many tasks that were. */
function complete(dag: DagTracker, into: Int32Array, limit = Infinity): number {
  let total = 0
  while (total < limit) {
    const count = dag.takeReady(into)
    if (count === 0) break
    for (let index = 0; index < count; index++) {
      const row = into[index] as TaskRow
      dag.completeTask(row, undefined, dag.beginTask(row))
    }
    total += count
  }
  return total
}

function everyTransition(tasks: number): Prepared {
  const dag = createDagTracker()
  return { ...runAgain(dag, tasks, (into) => complete(dag, into)), dispose: () => dag.close() }
}

/** A fresh run for each batch; the last one is forgotten outside of the measured time. */
function runAgain(dag: DagTracker, tasks: number, completeAll: (into: Int32Array) => number | Promise<number>): Pick<Prepared, 'prepare' | 'run'> {
  const template = dag.defineWorkflow(layers(tasks, WIDTH, NEEDS))
  const into = new Int32Array(1024)
  let run: RunId | undefined
  const checked = (completed: number): number => {
    if (completed !== tasks) throw new Error(`${tasks - completed} tasks were left`)
    return tasks * TRANSITIONS_PER_TASK
  }
  return {
    prepare() {
      if (run !== undefined) dag.forgetRun(run)
      run = dag.startWorkflow(template)
    },
    run() {
      const completed = completeAll(into)
      return typeof completed === 'number' ? checked(completed) : completed.then(checked)
    },
  }
}

/** Logged in groups. Either all of it is awaited at the end, or each completion for itself. */
async function journaledTransitions(tasks: number, each: boolean): Promise<Prepared> {
  const folder = scratchFolder()
  const log = await openJournal({ folder: folder.path })
  const dag = createDagTracker({}, { log })
  const completeAll = async (into: Int32Array): Promise<number> => {
    let total = 0
    for (let count = dag.takeReady(into); count > 0; count = dag.takeReady(into)) {
      const waits: Promise<void>[] = []
      for (let index = 0; index < count; index++) {
        const row = into[index] as TaskRow
        dag.completeTask(row, undefined, dag.beginTask(row))
        if (each) waits.push(log.durable(log.lastLsn))
      }
      await Promise.all(waits)
      total += count
    }
    await log.durable(log.lastLsn)
    return total
  }
  return {
    ...runAgain(dag, tasks, completeAll),
    async dispose() {
      await dag.close()
      await log.close()
      folder.remove()
    },
  }
}

/** The same graph kept by hand in graphology: an attribute for the state, a count of open needs, a stack of what is ready. */
function graphologyByHand(tasks: number): Contestant {
  return {
    name: 'graphology, kept by hand',
    setup() {
      const graph = graphOf(tasks)
      let ready: string[] = []
      return {
        prepare() {
          ready = []
          graph.forEachNode((node) => {
            graph.mergeNodeAttributes(node, { state: 'pending', open: graph.inDegree(node) })
            if (graph.inDegree(node) === 0) ready.push(node)
          })
        },
        run() {
          let done = 0
          for (let node = ready.pop(); node !== undefined; node = ready.pop()) {
            graph.setNodeAttribute(node, 'state', 'running')
            graph.setNodeAttribute(node, 'state', 'succeeded')
            graph.forEachOutNeighbor(node, (next) => {
              const open = (graph.getNodeAttribute(next, 'open') as number) - 1
              graph.setNodeAttribute(next, 'open', open)
              if (open === 0) ready.push(next)
            })
            done++
          }
          if (done !== tasks) throw new Error('tasks were left')
          return tasks * TRANSITIONS_PER_TASK
        },
      }
    },
  }
}

function graphOf(tasks: number): DirectedGraph {
  const graph = new DirectedGraph()
  for (let index = 0; index < tasks; index++) graph.addNode(`t${index}`, { type: 'no-op' })
  for (let index = WIDTH; index < tasks; index++) for (const need of needsOf(index, WIDTH, NEEDS)) graph.addEdge(`t${need}`, `t${index}`)
  return graph
}

const COMPILED_TASKS = 100_000
const COMPILED_EDGES = (COMPILED_TASKS - WIDTH) * NEEDS

/** A definition is compiled once, so each turn compiles one under another name in a fresh tracker. */
function compile(): Prepared {
  const spec = layers(COMPILED_TASKS, WIDTH, NEEDS)
  let dag: DagTracker
  let version = 0
  return {
    prepare() {
      dag = createDagTracker()
      version++
    },
    run() {
      const named: WorkflowSpec = { ...spec, version: String(version) }
      if (dag.defineWorkflow(named).edgeCount !== COMPILED_EDGES) throw new Error('edges are missing')
      return COMPILED_EDGES
    },
    dispose: () => dag.close(),
  }
}

/** From a graph that is there already, as graphology has it. */
function compileGraph(): Prepared {
  const graph = graphOf(COMPILED_TASKS)
  graph.setAttribute('name', 'graph')
  graph.setAttribute('types', [noOp])
  let dag: DagTracker
  let version = 0
  return {
    prepare() {
      dag = createDagTracker()
      graph.setAttribute('version', String(version++))
    },
    run() {
      if (dag.defineWorkflow(graph as unknown as WorkflowGraph).edgeCount !== COMPILED_EDGES) throw new Error('edges are missing')
      return COMPILED_EDGES
    },
    dispose: () => dag.close(),
  }
}

const graphologyLoad: Contestant = {
  name: 'graphology, load only',
  setup: () => ({
    run() {
      graphOf(COMPILED_TASKS)
      return COMPILED_EDGES
    },
  }),
}

/** What one completion costs must not depend on how far the run is. Only completions are on the clock. */
function completeAfter(steps: number, window: number): Prepared {
  const dag = createDagTracker()
  const template = dag.defineWorkflow(layers(200_000, WIDTH, NEEDS))
  const rows = new Int32Array(WIDTH)
  const tokens: FencingToken[] = []
  let run: RunId | undefined
  let done = Infinity
  const restart = (): void => {
    if (run !== undefined) {
      dag.cancelWorkflow(run)
      dag.forgetRun(run)
    }
    run = dag.startWorkflow(template)
    done = complete(dag, rows, steps)
  }
  return {
    prepare() {
      if (done >= steps + window) restart()
      const count = dag.takeReady(rows)
      for (let index = 0; index < count; index++) tokens[index] = dag.beginTask(rows[index] as TaskRow)
      tokens.length = count
    },
    run() {
      for (let index = 0; index < tokens.length; index++) dag.completeTask(rows[index] as TaskRow, undefined, tokens[index] as FencingToken)
      done += tokens.length
      return tokens.length
    },
    dispose: () => dag.close(),
  }
}

function startRuns(): Prepared {
  const dag = createDagTracker()
  const template = dag.defineWorkflow(layers(100, 10, NEEDS))
  const runs: RunId[] = []
  return {
    prepare() {
      for (const run of runs.splice(0)) {
        dag.cancelWorkflow(run)
        dag.forgetRun(run)
      }
    },
    run() {
      for (let index = 0; index < 500; index++) runs.push(dag.startWorkflow(template))
      return 500
    },
    dispose: () => dag.close(),
  }
}

/** Each start is on the device before the next one. */
async function startAcknowledged(): Promise<Prepared> {
  const folder = scratchFolder()
  const log = await openJournal({ folder: folder.path })
  const dag = createDagTracker({}, { log })
  const template = dag.defineWorkflow(layers(100, 10, NEEDS))
  const runs: RunId[] = []
  return {
    prepare() {
      for (const run of runs.splice(0)) {
        dag.cancelWorkflow(run)
        dag.forgetRun(run)
      }
    },
    async run() {
      for (let index = 0; index < 20; index++) {
        runs.push(dag.startWorkflow(template))
        await log.durable(log.lastLsn)
      }
      return 20
    },
    async dispose() {
      await dag.close()
      await log.close()
      folder.remove()
    },
  }
}

function estimateAfterEach(): Prepared {
  const dag = createDagTracker()
  const template = dag.defineWorkflow(layers(10_000, 100, NEEDS))
  const one = new Int32Array(1)
  let run: RunId
  return {
    prepare() {
      run = dag.startWorkflow(template)
    },
    run() {
      for (let index = 0; index < 200; index++) {
        complete(dag, one, 1)
        if (dag.criticalPath(run).tasks.length === 0) throw new Error('there is no path left')
        dag.progress(run)
      }
      dag.cancelWorkflow(run)
      dag.forgetRun(run)
      return 200
    },
    dispose: () => dag.close(),
  }
}

/** What the conductor does before it decides: one pass over the columns of what is READY. */
function scoreReady(): Prepared {
  const dag = createDagTracker()
  dag.startWorkflow(layers(2000, WIDTH, NEEDS))
  const tasks = new Int32Array(WIDTH)
  const count = dag.takeReady(tasks)
  const batch = { count, tasks, scores: new Float64Array(count), propensities: new Float64Array(count), columns: dag.columns, nowMs: 0 }
  return {
    run() {
      for (let round = 0; round < 100; round++) criticalPathPolicy.score(batch)
      return 100 * count
    },
    dispose: () => dag.close(),
  }
}

export const benchmarks: readonly Benchmark[] = [
  { group: 'DAG', name: 'every transition of 100 k tasks, 300 k edges', unit: 'op/s', bar: 5e6, setup: () => everyTransition(100_000), peers: [graphologyByHand(100_000)] },
  { group: 'DAG', name: 'every transition of 1 M tasks, 3 M edges', unit: 'op/s', bar: 5e6, setup: () => everyTransition(1_000_000) },
  { group: 'DAG', name: 'every transition of 30 k tasks, journaled in groups', unit: 'op/s', bar: 2e6, setup: () => journaledTransitions(30_000, false) },
  { group: 'DAG', name: 'every transition of 30 k tasks, journaled, each completion acknowledged', unit: 'op/s', bar: 0.5e6, setup: () => journaledTransitions(30_000, true) },
  { group: 'DAG', name: 'load, validate and compile 100 k tasks: edges', unit: 'op/s', bar: 3e6, setup: compile, peers: [graphologyLoad] },
  {
    group: 'DAG',
    name: 'load, validate and compile 100 k tasks from a graphology graph: edges',
    unit: 'op/s',
    // At most 1.2 times as long as graphology takes to build the graph.
    barAgainst: { peer: graphologyLoad.name, times: 0.83 },
    setup: compileGraph,
    peers: [graphologyLoad],
  },
  { group: 'DAG', name: 'complete a task with 3 dependents, after 1 k', unit: 'µs/op', bar: 0.5, setup: () => completeAfter(1000, 10_000) },
  { group: 'DAG', name: 'complete a task with 3 dependents, after 100 k', unit: 'µs/op', bar: 0.5, setup: () => completeAfter(100_000, 90_000) },
  { group: 'DAG', name: 'start a run of a compiled template of 100 tasks', unit: 'µs/op', bar: 10, setup: startRuns },
  { group: 'DAG', name: 'start a run of a compiled template of 100 tasks, acknowledged', unit: 'µs/op', bar: 1000, setup: startAcknowledged },
  { group: 'DAG', name: 'critical path and progress after one completion, 10 k tasks', unit: 'µs/op', bar: 20, setup: estimateAfterEach },
  { group: 'DAG', name: 'score a READY task by its critical path', unit: 'op/s', setup: scoreReady },
]
