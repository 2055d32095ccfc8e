import { SymphonyError } from '@symphony/interface'
import type { Need, NeedKind, TaskSpec, TaskType, Template, WorkflowGraph, WorkflowSpec } from '@symphony/interface'
import { DirectedGraph } from 'graphology'

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
  const version = graph.getAttribute('version')
  const types = graph.getAttribute('types')
  const output = graph.getAttribute('output')
  return {
    name: graph.getAttribute('name') as string,
    tasks,
    ...(version === undefined ? undefined : { version: version as string }),
    ...(types === undefined ? undefined : { types: types as readonly TaskType[] }),
    ...(output === undefined ? undefined : { output: output as string }),
  }
}

/** A definition as a graphology graph, in the form `fromGraph` reads. */
export function toGraph(template: Template): DirectedGraph {
  const { name, version, tasks, types, output } = template.spec
  const graph = new DirectedGraph()
  graph.setAttribute('name', name)
  if (version !== undefined) graph.setAttribute('version', version)
  if (types !== undefined) graph.setAttribute('types', types)
  if (output !== undefined) graph.setAttribute('output', output)
  for (const { id, needs: _needs, ...attributes } of tasks) graph.addNode(id, attributes)
  for (const { id, needs } of tasks) {
    for (const need of needs ?? []) {
      if (typeof need === 'string') graph.addEdge(need, id)
      else graph.addEdge(need.task, id, need.kind === undefined ? {} : { kind: need.kind })
    }
  }
  return graph
}
