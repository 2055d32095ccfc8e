import type { TaskStateName } from '@symphony/interface'
import { spellMs } from '../cli/spell.ts'
import type { Inspection } from '../runs/inspection.ts'
import { escapeHtml } from './escape.ts'
import { groupGraph } from './graph-groups.ts'
import type { GraphGroup, GroupedGraph, GroupEdge } from './graph-groups.ts'
import { shorten } from './shorten.ts'

const BOX = { width: 188, height: 46, gapX: 72, gapY: 16, margin: 12 } as const
const LABEL_MAX = 21
/** Edges drawn at most; the critical ones always are. */
const EDGES_MAX = 1500
const SWEEPS = 6
/** Wider pictures are scrolled instead of scaled: their text could not be read. */
const FIT_MAX = 2000

/** The graph as a picture, layer by layer from left to right. */
export function graphPicture({ tasks, criticalPath }: Inspection): { readonly svg: string; readonly note: string } {
  const graph = groupGraph(tasks, criticalPath.tasks)
  const places = place(graph)
  const width = graph.columns * (BOX.width + BOX.gapX) - BOX.gapX + 2 * BOX.margin
  const height = Math.max(...[...places.values()].map(({ y }) => y)) + BOX.height + BOX.margin
  const edges = [...graph.edges].sort((a, b) => Number(a.isCritical) - Number(b.isCritical))
  const drawn = edges.slice(Math.max(0, edges.length - EDGES_MAX))
  const svg =
    `<svg class="graph${width <= FIT_MAX ? ' fit' : ''}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="Graph of the run">` +
    `${drawn.map((edge) => edgePath(edge, places)).join('')}${graph.groups.map((group) => box(group, places)).join('')}</svg>`
  const hidden = edges.length - drawn.length
  const note = `${graph.isGrouped ? 'Alike tasks of a layer are drawn together, with how many there are. ' : ''}${hidden > 0 ? `${hidden} edges are not drawn. ` : ''}`
  return { svg, note }
}

interface Place {
  readonly x: number
  y: number
}

/** Every box is moved towards the middle of its neighbours, a few times back and forth (Sugiyama's barycentres). */
function place({ groups, edges, columns }: GroupedGraph): ReadonlyMap<GraphGroup, Place> {
  const layers: GraphGroup[][] = Array.from({ length: columns }, () => [])
  for (const group of groups) layers[group.column]?.push(group)
  const order = new Map<GraphGroup, number>()
  const renumber = (layer: readonly GraphGroup[]): void => layer.forEach((group, index) => order.set(group, index - (layer.length - 1) / 2))
  layers.forEach(renumber)
  const before = neighbours(edges, (edge) => [edge.to, edge.from])
  const after = neighbours(edges, (edge) => [edge.from, edge.to])
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const [side, direction] = sweep % 2 === 0 ? [before, layers] : [after, layers.toReversed()]
    for (const layer of direction) {
      const middle = new Map(layer.map((group) => [group, barycentre(side.get(group), order) ?? (order.get(group) as number)]))
      layer.sort((a, b) => (middle.get(a) as number) - (middle.get(b) as number))
      renumber(layer)
    }
  }
  const tallest = Math.max(...layers.map((layer) => layer.length))
  const centre = (tallest - 1) / 2
  const step = BOX.height + BOX.gapY
  return new Map(groups.map((group) => [group, { x: BOX.margin + group.column * (BOX.width + BOX.gapX), y: BOX.margin + ((order.get(group) as number) + centre) * step }]))
}

function neighbours(edges: readonly GroupEdge[], ends: (edge: GroupEdge) => readonly [GraphGroup, GraphGroup]): ReadonlyMap<GraphGroup, readonly GraphGroup[]> {
  const found = new Map<GraphGroup, GraphGroup[]>()
  for (const edge of edges) {
    const [of, other] = ends(edge)
    const list = found.get(of)
    if (list === undefined) found.set(of, [other])
    else list.push(other)
  }
  return found
}

function barycentre(others: readonly GraphGroup[] | undefined, order: ReadonlyMap<GraphGroup, number>): number | undefined {
  return others === undefined ? undefined : others.reduce((sum, group) => sum + (order.get(group) as number), 0) / others.length
}

function edgePath({ from, to, count, isCritical }: GroupEdge, places: ReadonlyMap<GraphGroup, Place>): string {
  const [a, b] = [places.get(from) as Place, places.get(to) as Place]
  const half = BOX.height / 2
  const [x1, y1, x2, y2] = [a.x + BOX.width, a.y + half, b.x, b.y + half]
  const bend = Math.max(28, (x2 - x1) / 2)
  const width = isCritical ? '' : ` stroke-width="${(1 + Math.min(3, Math.log10(count))).toFixed(1)}"`
  return `<path class="${isCritical ? 'edge critical' : 'edge'}"${width} d="M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}"/>`
}

function box(group: GraphGroup, places: ReadonlyMap<GraphGroup, Place>): string {
  const { x, y } = places.get(group) as Place
  const only = group.tasks.length === 1 ? group.tasks[0] : undefined
  const state = worst(group.states)
  const name = only?.id ?? (group.type === '' ? 'tasks' : group.type)
  const title = only === undefined ? `${name}: ${[...group.states].map(([each, count]) => `${count} ${each}`).join(', ')}` : `${only.id}\n${only.type}\n${only.recalled ? 'recalled' : only.state}${only.tookMs === null ? '' : `, ${spellMs(only.tookMs)}`}`
  const detail = only === undefined ? groupDetail(group) : `${only.recalled ? 'recalled' : only.state}${only.tookMs === null ? '' : ` · ${spellMs(only.tookMs)}`}`
  const label = only === undefined ? `${shorten(name, LABEL_MAX - 6)} ×${group.tasks.length.toLocaleString('en')}` : shorten(name, LABEL_MAX)
  const classes = `node s-${state}${group.critical.length > 0 ? ' critical' : ''}`
  const behind = only === undefined ? `<rect class="behind" x="4" y="4" width="${BOX.width}" height="${BOX.height}" rx="9"/>` : ''
  return (
    `<g class="${classes}" transform="translate(${x} ${y})" data-q="${escapeHtml(only?.id ?? group.type)}"><title>${escapeHtml(title)}</title>${behind}` +
    `<rect width="${BOX.width}" height="${BOX.height}" rx="9"/>${stateBar(group)}<svg width="${BOX.width - 5}" height="${BOX.height}"><text x="13" y="20">${escapeHtml(label)}</text><text class="detail" x="13" y="36">${escapeHtml(detail)}</text></svg></g>`
  )
}

function groupDetail({ states, critical }: GraphGroup): string {
  if (critical.length > 0) return shorten(`longest: ${critical.at(-1)}`, 28)
  return shorten([...states].map(([state, count]) => `${count} ${state}`).join(', '), 28)
}

/** A strip at the left edge, cut by how many are in which state. */
function stateBar({ states, tasks }: GraphGroup): string {
  let y = 8
  return [...states]
    .map(([state, count]) => {
      const height = ((BOX.height - 16) * count) / tasks.length
      const rect = `<rect class="strip f-${state}" x="3.5" y="${y.toFixed(1)}" width="4" height="${height.toFixed(1)}" rx="${states.size === 1 ? 2 : 0}"/>`
      y += height
      return rect
    })
    .join('')
}

const WORST: readonly TaskStateName[] = ['failed', 'running', 'waiting', 'ready', 'pending', 'succeeded', 'skipped', 'cancelled']

function worst(states: ReadonlyMap<TaskStateName, number>): TaskStateName {
  return WORST.find((state) => states.has(state)) ?? 'pending'
}
