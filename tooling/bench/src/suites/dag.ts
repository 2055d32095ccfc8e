import { createDagTracker } from '@symphony/dag'
import type { DagTracker, FencingToken, RunId, TaskRow, WorkflowSpec } from '@symphony/interface'
import { DirectedGraph } from 'graphology'
import type { Benchmark, Contestant, Prepared } from '../benchmark.ts'
import { layers, needsOf } from '../workloads/workflows.ts'

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
  const template = dag.defineWorkflow(layers(tasks, WIDTH, NEEDS))
  const into = new Int32Array(1024)
  let run: RunId | undefined
  return {
    prepare() {
      if (run !== undefined) dag.forgetRun(run)
      run = dag.startWorkflow(template)
    },
    run() {
      if (complete(dag, into) !== tasks) throw new Error('tasks were left')
      return tasks * TRANSITIONS_PER_TASK
    },
    dispose: () => dag.close(),
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

export const benchmarks: readonly Benchmark[] = [
  { group: 'DAG', name: 'every transition of 100 k tasks, 300 k edges', unit: 'op/s', bar: 5e6, setup: () => everyTransition(100_000), peers: [graphologyByHand(100_000)] },
  { group: 'DAG', name: 'every transition of 1 M tasks, 3 M edges', unit: 'op/s', bar: 5e6, setup: () => everyTransition(1_000_000) },
  { group: 'DAG', name: 'load, validate and compile 100 k tasks: edges', unit: 'op/s', bar: 3e6, setup: compile, peers: [graphologyLoad] },
  { group: 'DAG', name: 'complete a task with 3 dependents, after 1 k', unit: 'µs/op', bar: 0.5, setup: () => completeAfter(1000, 10_000) },
  { group: 'DAG', name: 'complete a task with 3 dependents, after 100 k', unit: 'µs/op', bar: 0.5, setup: () => completeAfter(100_000, 90_000) },
  { group: 'DAG', name: 'start a run of a compiled template of 100 tasks', unit: 'µs/op', bar: 10, setup: startRuns },
  { group: 'DAG', name: 'critical path and progress after one completion, 10 k tasks', unit: 'µs/op', bar: 20, setup: estimateAfterEach },
]
