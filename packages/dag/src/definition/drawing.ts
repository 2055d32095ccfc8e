import type { NeedKind, TaskStateName, Template, WorkflowSpec } from '@symphony/interface'
import { specOfDefinition } from './definition-problems.ts'

// Pictures of a definition. Nodes are numbered (t0, t1, ...) and carry the id as a label: whatever an id has in it, only labels
// need escaping, and no keyword of either language can be hit.

export interface DrawingOptions {
  /** States of tasks by id, shown by colour; ids the definition does not have are passed over. */
  readonly states?: Readonly<Record<string, TaskStateName>>
  /** `down` or `right`. Default `down`. */
  readonly direction?: 'down' | 'right'
}

const COLOURS: Readonly<Record<TaskStateName, string>> = {
  pending: '#eeeeee',
  ready: '#cfe2ff',
  running: '#ffe69c',
  waiting: '#e2d9f3',
  succeeded: '#badbcc',
  failed: '#f5c2c7',
  skipped: '#dee2e6',
  cancelled: '#ced4da',
}
const MERMAID_ARROWS: Readonly<Record<NeedKind, string>> = { hard: '-->', soft: '-.->', optional: '-.-o' }
const DOT_STYLES: Readonly<Record<NeedKind, string>> = { hard: '', soft: ' [style=dashed]', optional: ' [style=dotted arrowhead=odot]' }

/**
 * A Mermaid flowchart: hard needs are solid arrows, soft ones dotted, optional ones dotted with a circle.
 * @example
 * toMermaid(spec, { states: Object.fromEntries(tracker.tasks(id).map((task) => [task.id, task.state])) })
 */
export function toMermaid(definition: WorkflowSpec | Template, { states = {}, direction = 'down' }: DrawingOptions = {}): string {
  const { tasks } = specOfDefinition(definition)
  const lines = [`flowchart ${direction === 'down' ? 'TD' : 'LR'}`]
  tasks.forEach(({ id }, place) => lines.push(`  t${place}["${mermaidLabel(id)}"]`))
  for (const { from, to, kind } of edgesOf(tasks)) lines.push(`  t${from} ${MERMAID_ARROWS[kind]} t${to}`)
  for (const [state, members] of byState(tasks, states)) {
    lines.push(`  classDef ${state} fill:${COLOURS[state]}`, `  class ${members.map((place) => `t${place}`).join(',')} ${state}`)
  }
  return `${lines.join('\n')}\n`
}

/** A Graphviz digraph: hard needs are solid arrows, soft ones dashed, optional ones dotted with a circle. */
export function toDot(definition: WorkflowSpec | Template, { states = {}, direction = 'down' }: DrawingOptions = {}): string {
  const { name, tasks } = specOfDefinition(definition)
  const lines = [`digraph "${dotLabel(name)}" {`, `  rankdir=${direction === 'down' ? 'TB' : 'LR'}`, '  node [shape=box style=filled fillcolor="#ffffff"]']
  tasks.forEach(({ id }, place) => {
    const state = Object.hasOwn(states, id) ? states[id] : undefined
    lines.push(`  t${place} [label="${dotLabel(id)}"${state === undefined ? '' : ` class="${state}" fillcolor="${COLOURS[state]}"`}]`)
  })
  for (const { from, to, kind } of edgesOf(tasks)) lines.push(`  t${from} -> t${to}${DOT_STYLES[kind]}`)
  return `${[...lines, '}'].join('\n')}\n`
}

function* edgesOf(tasks: WorkflowSpec['tasks']): IterableIterator<{ readonly from: number; readonly to: number; readonly kind: NeedKind }> {
  const index = new Map(tasks.map(({ id }, place) => [id, place]))
  for (let to = 0; to < tasks.length; to++) {
    for (const need of tasks[to]?.needs ?? []) {
      const { task, kind = 'hard' } = typeof need === 'string' ? { task: need } : need
      const from = index.get(task)
      // Needs of tasks that are not there are for the checks to tell; a picture of the rest helps to mend them.
      if (from !== undefined) yield { from, to, kind }
    }
  }
}

function byState(tasks: WorkflowSpec['tasks'], states: Readonly<Record<string, TaskStateName>>): ReadonlyMap<TaskStateName, readonly number[]> {
  const members = new Map<TaskStateName, number[]>()
  tasks.forEach(({ id }, place) => {
    const state = Object.hasOwn(states, id) ? states[id] : undefined
    if (state === undefined) return
    const list = members.get(state) ?? []
    members.set(state, list)
    list.push(place)
  })
  return members
}

/** Mermaid reads entity codes in quoted labels; all that might be markup or Markdown to it becomes one. */
function mermaidLabel(text: string): string {
  return text.replace(/[^\p{L}\p{N} _.,:/-]/gu, (character) => `#${character.codePointAt(0)};`)
}

/** In a label of Graphviz a backslash begins an escape. */
function dotLabel(text: string): string {
  return text.replace(/[\\"]/g, '\\$&').replaceAll('\r', '\\r').replaceAll('\n', '\\n')
}
