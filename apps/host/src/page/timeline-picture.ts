import { spellMs } from '../cli/spell.ts'
import type { InspectedTask, Inspection } from '../runs/inspection.ts'
import { escapeHtml } from './escape.ts'
import { shorten } from './shorten.ts'

const WIDTH = 1200
const LEFT = 224
const RIGHT = 10
/** Characters of a name that fit beside the rows. */
const NAME_MAX = 28
/** Up to so many tasks get a row of their own. */
const ROWS_MAX = 60
/** Rows of the packed picture; what ran beside so many others is counted but not drawn. */
const LANES_MAX = 120
/** Bars closer than this many units are drawn as one where there are very many. */
const JOIN = 0.6

interface Span {
  readonly fromMs: number
  readonly toMs: number
}

/** Attempts over time: a row each, or, of very many, packed. */
export function timelinePicture(inspection: Inspection): { readonly svg: string; readonly note: string } {
  const began = inspection.tasks.filter((task) => task.readyAtMs !== null || task.startedAtMs !== null)
  const span = spanOf(inspection, began)
  if (span === undefined) return { svg: '', note: 'Nothing has run yet.' }
  const critical = new Set(inspection.criticalPath.tasks)
  const order = (task: InspectedTask): number => task.startedAtMs ?? task.readyAtMs ?? 0
  const sorted = [...began].sort((a, b) => order(a) - order(b) || (a.endedAtMs ?? Infinity) - (b.endedAtMs ?? Infinity))
  return sorted.length <= ROWS_MAX ? rowPicture(sorted, span, critical) : packedPicture(sorted, span, critical)
}

function spanOf({ run }: Inspection, tasks: readonly InspectedTask[]): Span | undefined {
  if (tasks.length === 0) return undefined
  let toMs = run.endedAtMs ?? 0
  for (const { readyAtMs, startedAtMs, endedAtMs } of tasks) toMs = Math.max(toMs, endedAtMs ?? 0, startedAtMs ?? 0, readyAtMs ?? 0)
  if (run.endedAtMs === null && run.tookMs !== null) toMs = Math.max(toMs, run.startedAtMs + run.tookMs)
  return { fromMs: run.startedAtMs, toMs: Math.max(toMs, run.startedAtMs + 1) }
}

function scaleOf({ fromMs, toMs }: Span, left: number): (ms: number) => number {
  return (ms) => left + ((Math.min(Math.max(ms, fromMs), toMs) - fromMs) / (toMs - fromMs)) * (WIDTH - RIGHT - left)
}

/** A row a task: the thin line is its wait from READY on, the bar its last attempt. */
function rowPicture(tasks: readonly InspectedTask[], span: Span, critical: ReadonlySet<string>): { svg: string; note: string } {
  const step = 24
  const x = scaleOf(span, LEFT)
  const rows = tasks.map((task, index) => {
    const y = 30 + index * step
    const label = `<text class="name" x="${LEFT - 12}" y="${y + 12}" text-anchor="end">${escapeHtml(shorten(task.id, NAME_MAX))}</text>`
    return `<g class="${critical.has(task.id) ? 'critical' : ''}">${titleOf(task)}<rect class="hit" x="0" y="${y - 3}" width="${WIDTH}" height="${step}"/>${label}${waitLine(task, span, x, y + 8)}${bar(task, span, x, y, 16)}</g>`
  })
  const height = 34 + tasks.length * step
  return { svg: frame(height, axis(span, x, height) + rows.join('')), note: 'The thin line is a task\'s wait from ready on, the bar its last attempt, framed where it is part of the critical path.' }
}

/** Many tasks share as few rows as they can without two at the same time in one; above, how many were ready and running. */
function packedPicture(tasks: readonly InspectedTask[], span: Span, critical: ReadonlySet<string>): { svg: string; note: string } {
  const x = scaleOf(span, 0)
  const laneEnds: number[] = []
  const lanes: InspectedTask[][] = []
  let hidden = 0
  for (const task of tasks) {
    if (task.startedAtMs === null) continue
    const from = task.startedAtMs
    const free = laneEnds.findIndex((end) => end <= from)
    if (free < 0 && laneEnds.length === LANES_MAX) {
      hidden++
      continue
    }
    const lane = free >= 0 ? free : laneEnds.length
    laneEnds[lane] = task.endedAtMs ?? span.toMs
    ;(lanes[lane] ??= []).push(task)
  }
  const top = 128
  const step = lanes.length <= 40 ? 14 : 8
  const bars = lanes.map((lane, index) => laneBars(lane, span, x, top + index * step, step - 3, critical)).join('')
  const height = top + Math.max(1, lanes.length) * step + 8
  const svg = frame(height, areas(tasks, span, x) + axis(span, x, height) + bars)
  const left = hidden === 0 ? '' : ` ${hidden.toLocaleString('en')} tasks that ran beside so many others are only in the figures above.`
  return { svg, note: `Tasks share rows, as many as ran at once; above, how many were ready (light) and running. Short neighbours are drawn as one bar.${left}` }
}

function laneBars(lane: readonly InspectedTask[], span: Span, x: (ms: number) => number, y: number, height: number, critical: ReadonlySet<string>): string {
  const parts: string[] = []
  let open: { from: number; to: number; state: string; isCritical: boolean; count: number } | undefined
  const flush = (): void => {
    if (open !== undefined) parts.push(`<g class="${open.isCritical ? 'critical' : ''}"><rect class="bar f-${open.state}" x="${open.from.toFixed(1)}" y="${y}" width="${Math.max(0.8, open.to - open.from).toFixed(1)}" height="${height}"><title>${open.count} short tasks</title></rect></g>`)
    open = undefined
  }
  for (const task of lane) {
    const [from, to] = [x(task.startedAtMs ?? 0), x(task.endedAtMs ?? span.toMs)]
    const isCritical = critical.has(task.id)
    if (to - from > 3) {
      flush()
      parts.push(`<g class="${isCritical ? 'critical' : ''}">${titleOf(task)}${bar(task, span, x, y, height)}</g>`)
    } else if (open !== undefined && open.state === task.state && open.isCritical === isCritical && from - open.to < JOIN) {
      open = { ...open, to: Math.max(open.to, to), count: open.count + 1 }
    } else {
      flush()
      open = { from, to, state: task.state, isCritical, count: 1 }
    }
  }
  flush()
  return parts.join('')
}

interface Stretch {
  readonly fromMs: number
  readonly toMs: number
}

/** How many tasks were ready and how many running, on average in each of 240 slices of the time. */
function areas(tasks: readonly InspectedTask[], span: Span, x: (ms: number) => number): string {
  const stretches = (from: (task: InspectedTask) => number | null, to: (task: InspectedTask) => number | null): readonly Stretch[] =>
    tasks.flatMap((task) => {
      const fromMs = from(task)
      return fromMs === null ? [] : [{ fromMs, toMs: Math.max(fromMs, to(task) ?? span.toMs) }]
    })
  const ready = stretches((task) => task.readyAtMs, (task) => task.startedAtMs ?? task.endedAtMs)
  const running = stretches((task) => task.startedAtMs, (task) => task.endedAtMs)
  return area('ready', ready, span, x, 68) + area('running', running, span, x, 116)
}

function area(name: 'ready' | 'running', stretches: readonly Stretch[], { fromMs, toMs }: Span, x: (ms: number) => number, base: number): string {
  const height = 38
  const slices = 240
  const sliceMs = (toMs - fromMs) / slices
  const values = new Float64Array(slices)
  for (const stretch of stretches) {
    const last = Math.min(slices - 1, Math.floor((stretch.toMs - fromMs) / sliceMs))
    for (let slice = Math.max(0, Math.floor((stretch.fromMs - fromMs) / sliceMs)); slice <= last; slice++) {
      const startMs = fromMs + slice * sliceMs
      const overlapMs = Math.min(stretch.toMs, startMs + sliceMs) - Math.max(stretch.fromMs, startMs)
      values[slice] = (values[slice] as number) + Math.max(0, overlapMs) / sliceMs
    }
  }
  const most = Math.max(1e-9, ...values)
  const points = Array.from(values, (value, slice) => {
    const y = (base - (value / most) * height).toFixed(1)
    return `L${x(fromMs + slice * sliceMs).toFixed(1)} ${y}L${x(fromMs + (slice + 1) * sliceMs).toFixed(1)} ${y}`
  })
  const label = `${name}, at most ${mostAtOnce(stretches).toLocaleString('en')}`
  return `<path class="area ${name}" d="M0 ${base}${points.join('')}L${x(toMs).toFixed(1)} ${base}Z"/><text class="most" x="6" y="${base - height + 11}">${label}</text>`
}

/** Those that end where others begin were not there with them. */
function mostAtOnce(stretches: readonly Stretch[]): number {
  const begins = Float64Array.from(stretches, ({ fromMs }) => fromMs).sort()
  const ends = Float64Array.from(stretches, ({ toMs }) => toMs).sort()
  let most = 0
  for (let begun = 0, ended = 0; begun < begins.length; begun++) {
    while ((ends[ended] as number) <= (begins[begun] as number) && ended < begun) ended++
    most = Math.max(most, begun + 1 - ended)
  }
  return most
}

function waitLine({ readyAtMs, startedAtMs, endedAtMs }: InspectedTask, span: Span, x: (ms: number) => number, y: number): string {
  if (readyAtMs === null) return ''
  const to = x(startedAtMs ?? endedAtMs ?? span.toMs)
  return to - x(readyAtMs) < 0.5 ? '' : `<line class="wait" x1="${x(readyAtMs).toFixed(1)}" x2="${to.toFixed(1)}" y1="${y}" y2="${y}"/>`
}

function bar(task: InspectedTask, span: Span, x: (ms: number) => number, y: number, height: number): string {
  const from = task.startedAtMs ?? task.endedAtMs
  if (from === null) return ''
  const left = Math.min(x(from), WIDTH - 3)
  const width = Math.max(3, x(task.endedAtMs ?? span.toMs) - left)
  return `<rect class="bar f-${task.recalled ? 'recalled' : task.state}" x="${left.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${height}" rx="${Math.min(3, width / 2).toFixed(1)}"/>`
}

/** Upright lines at round times. */
function axis({ fromMs, toMs }: Span, x: (ms: number) => number, height: number): string {
  const length = toMs - fromMs
  const rough = length / 8
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * (rough / power > 5 ? 10 : rough / power > 2 ? 5 : rough / power > 1 ? 2 : 1)
  const lines: string[] = []
  for (let ms = 0; ms < length * 0.96; ms += step) {
    const at = x(fromMs + ms).toFixed(1)
    lines.push(`<line class="tick" x1="${at}" x2="${at}" y1="20" y2="${height}"/><text class="tick" x="${at}" y="13">${ms === 0 ? '0' : spellMs(ms)}</text>`)
  }
  return lines.join('')
}

function titleOf(task: InspectedTask): string {
  const facts = [task.recalled ? 'recalled' : task.state, task.attempts > 1 ? `attempt ${task.attempts}` : '', task.waitMs === null ? '' : `waited ${spellMs(task.waitMs)}`, task.tookMs === null ? '' : `took ${spellMs(task.tookMs)}`]
  return `<title>${escapeHtml(`${task.id}\n${facts.filter((fact) => fact !== '').join(', ')}`)}</title>`
}

function frame(height: number, content: string): string {
  return `<svg class="time" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="Attempts over time">${content}</svg>`
}
