import { SymphonyError } from '@symphony/interface'
import type { Need, NeedKind, TaskSpec, Template, WorkflowGraph, WorkflowSpec } from '@symphony/interface'
import { lazyModule } from '@symphony/ports'
import type { DirectedGraph } from 'graphology'

const graphology = lazyModule<typeof import('graphology')>(() => import.meta.resolve('graphology'))

/** What a definition says beside its name and its tasks: attributes of the graph. */
const FRAME_KEYS = ['version', 'types', 'output', 'inputSchema'] as const satisfies readonly (keyof WorkflowSpec)[]

/** Whether a definition is a graph rather than plain data. */
export function isGraph(definition: WorkflowSpec | WorkflowGraph): definition is WorkflowGraph {
  return typeof (definition as Partial<WorkflowGraph> | null)?.forEachNode === 'function'
}

/**
 * Reads a workflow from a directed graph as graphology has it: an edge leads from a need to the task that needs it. Node
 * attributes are the fields of a `TaskSpec` without `id` and `needs`; an edge may have `kind`; the graph has `name`, and
 * perhaps `version`, `types` and `output`. Extra node attributes are kept out with the prefix `_`.
 *
 * @throws SymphonyError `WORKFLOW_INVALID` for an undirected graph
 * @example
 * const graph = new DirectedGraph({ attributes: { name: 'two' } })
 * graph.addNode('a', { run: () => 1 })
 * graph.addNode('b', { run: () => 2 })
 * graph.addEdge('a', 'b')
 * tracker.defineWorkflow(fromGraph(graph))
 */
export function fromGraph(graph: WorkflowGraph): WorkflowSpec {
  if ((graph as { type?: unknown }).type === 'undirected') {
    throw new SymphonyError({
      code: 'WORKFLOW_INVALID',
      component: '@symphony/dag',
      message: 'An undirected graph does not say what comes first. Build the workflow as a DirectedGraph.',
      details: { problems: ['graph: must be directed'] },
    })
  }
  const needs = new Map<string, (string | Need)[]>()
  const tasks: TaskSpec[] = []
  graph.forEachNode((id, attributes) => {
    const list: (string | Need)[] = []
    needs.set(id, list)
    const task: Record<string, unknown> = { id, needs: list }
    for (const key in attributes) if (!key.startsWith('_')) task[key] = attributes[key]
    tasks.push(task as unknown as TaskSpec)
  })
  graph.forEachEdge((_edge, attributes, source, target) => {
    const kind = attributes['kind'] as NeedKind | undefined
    needs.get(target)?.push(kind === undefined ? source : { task: source, kind })
  })
  const frame: Record<string, unknown> = {}
  for (const key of FRAME_KEYS) {
    const value = graph.getAttribute(key)
    if (value !== undefined) frame[key] = value
  }
  return { ...frame, name: graph.getAttribute('name') as string, tasks }
}

/**
 * A definition as a graphology graph, in the form `fromGraph` reads.
 * @throws SymphonyError `WORKFLOW_INVALID` for a task called like a member of every object: graphology keeps neighbours in plain objects
 */
export function toGraph(definition: WorkflowSpec | Template): DirectedGraph {
  const spec = 'spec' in definition ? definition.spec : definition
  const { name, tasks } = spec
  const graph = new (graphology().DirectedGraph)()
  graph.setAttribute('name', name)
  for (const key of FRAME_KEYS) if (spec[key] !== undefined) graph.setAttribute(key, spec[key])
  const unholdable = tasks.findIndex(({ id }) => id in Object.prototype)
  if (unholdable >= 0) {
    const id = tasks[unholdable]?.id
    throw new SymphonyError({
      code: 'WORKFLOW_INVALID',
      component: '@symphony/dag',
      message: `graphology cannot hold a task called "${id}". Give it another id, or export the workflow as JSON.`,
      details: { problems: [`tasks[${unholdable}].id: graphology cannot hold "${id}"`] },
    })
  }
  for (const { id, needs: _needs, ...attributes } of tasks) graph.addNode(id, attributes)
  for (const { id, needs } of tasks) {
    for (const need of needs ?? []) {
      if (typeof need === 'string') graph.addEdge(need, id)
      else graph.addEdge(need.task, id, need.kind === undefined ? {} : { kind: need.kind })
    }
  }
  return graph
}
