import type { NeedKind, TaskStateName, WorkflowSpec } from '@symphony/interface'
import type { Inspection } from './inspection.ts'

export interface GraphNode {
  readonly id: string
  readonly type: string
  /** Only of a run. */
  readonly state?: TaskStateName
}

export interface GraphEdge {
  readonly from: string
  readonly to: string
  /** Only of a definition: a run keeps what was needed, not how strongly. */
  readonly kind?: NeedKind
}

/** The graph of a definition or of a run, ready to be written in any format. */
export interface WorkflowPicture {
  readonly name: string
  readonly version: string
  /** Set for a run. */
  readonly run?: string
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly GraphEdge[]
  readonly criticalPath: readonly string[]
}

export function pictureOfRun({ run, tasks, criticalPath }: Inspection): WorkflowPicture {
  return {
    name: run.workflow,
    version: run.version,
    run: run.id,
    nodes: tasks.map(({ id, type, state }) => ({ id, type, state })),
    edges: tasks.flatMap(({ id, needs }) => needs.map((from) => ({ from, to: id }))),
    criticalPath: criticalPath.tasks,
  }
}

export function pictureOfWorkflow(spec: WorkflowSpec): WorkflowPicture {
  return {
    name: spec.name,
    version: spec.version ?? '1',
    nodes: spec.tasks.map(({ id, type }) => ({ id, type: type ?? id })),
    edges: spec.tasks.flatMap(({ id, needs }) =>
      (needs ?? []).map((need): GraphEdge => (typeof need === 'string' ? { from: need, to: id, kind: 'hard' } : { from: need.task, to: id, kind: need.kind ?? 'hard' })),
    ),
    criticalPath: [],
  }
}

/** Colours of the states: light ones, on which black text can be read. */
const COLOURS: Readonly<Record<TaskStateName, string>> = {
  pending: '#eef1ef', ready: '#dbe8f5', running: '#a9cdf0', waiting: '#f6e3b5', succeeded: '#c4e6d5', failed: '#f3bcb8', skipped: '#e2ddea', cancelled: '#d5d5d5',
}

/** Mermaid's flowchart: GitHub, GitLab and most editors draw it. */
export function toMermaid({ nodes, edges, criticalPath }: WorkflowPicture): string {
  const names = new Map(nodes.map(({ id }, index) => [id, `t${index}`]))
  const lines = ['flowchart LR']
  for (const { id, type, state } of nodes) {
    lines.push(`  ${names.get(id)}["${mermaidText(id)}${type === id ? '' : `<br/><small>${mermaidText(type)}</small>`}"]${state === undefined ? '' : `:::${state}`}`)
  }
  const arrows: Readonly<Record<NeedKind, string>> = { hard: '-->', soft: '-.->', optional: '-. optional .->' }
  const onPath = new Set(criticalPath.slice(1).map((id, index) => `${names.get(criticalPath[index] as string)} ${names.get(id)}`))
  const thick: number[] = []
  edges.forEach(({ from, to, kind }, index) => {
    lines.push(`  ${names.get(from)} ${arrows[kind ?? 'hard']} ${names.get(to)}`)
    if (onPath.has(`${names.get(from)} ${names.get(to)}`)) thick.push(index)
  })
  for (const state of new Set(nodes.map((node) => node.state))) if (state !== undefined) lines.push(`  classDef ${state} fill:${COLOURS[state]},stroke:#5a6b64,color:#111`)
  if (thick.length > 0) lines.push(`  linkStyle ${thick.join(',')} stroke:#0d6a55,stroke-width:3px`)
  return lines.join('\n')
}

/** Graphviz: `symphony graph … --format dot | dot -Tsvg`. */
export function toDot({ name, nodes, edges, criticalPath }: WorkflowPicture): string {
  const onPath = new Set(criticalPath.slice(1).map((id, index) => `${dotText(criticalPath[index] as string)}\u0000${dotText(id)}`))
  const styles: Readonly<Record<NeedKind, string>> = { hard: '', soft: 'style=dashed', optional: 'style=dotted, label="optional"' }
  const lines = [`digraph ${dotText(name)} {`, '  rankdir=LR', '  node [shape=box, style="rounded,filled", fillcolor="#eef1ef", fontname="sans-serif"]']
  for (const { id, type, state } of nodes) {
    const label = type === id ? '' : `label=${dotText(`${id}\n${type}`)}`
    const colour = state === undefined ? '' : `fillcolor="${COLOURS[state]}", tooltip="${state}"`
    const attributes = [label, colour].filter((text) => text !== '').join(', ')
    lines.push(`  ${dotText(id)}${attributes === '' ? '' : ` [${attributes}]`}`)
  }
  for (const { from, to, kind } of edges) {
    const style = onPath.has(`${dotText(from)}\u0000${dotText(to)}`) ? 'penwidth=3, color="#0d6a55"' : styles[kind ?? 'hard']
    lines.push(`  ${dotText(from)} -> ${dotText(to)}${style === '' ? '' : ` [${style}]`}`)
  }
  return [...lines, '}'].join('\n')
}

/** Mermaid has entities of its own; nothing a user wrote may end a label or become markup. */
function mermaidText(text: string): string {
  return text.replace(/[^\p{L}\p{N} ._:/@()+=,-]/gu, (character) => `#${character.codePointAt(0)};`)
}

function dotText(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`
}
