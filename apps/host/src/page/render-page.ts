import { counted, spellMs, spellTime } from '../cli/spell.ts'
import type { InspectedTask, Inspection } from '../runs/inspection.ts'
import { endedCount } from '../runs/run-head.ts'
import { escapeHtml, escapeJson } from './escape.ts'
import { graphPicture } from './graph-picture.ts'
import { PAGE_SCRIPT } from './page-script.ts'
import { PAGE_STYLE } from './page-style.ts'
import { shorten } from './shorten.ts'
import { timelinePicture } from './timeline-picture.ts'

const FAILURES_SHOWN = 100
const PATH_SHOWN = 24
const CHIP_MAX = 44
const INPUT_SHOWN = 20_000

/** A run as one page that needs nothing but itself: no network, no other file. */
export function renderRunPage(inspection: Inspection): string {
  const { run } = inspection
  const sections = [failures(inspection), graph(inspection), time(inspection), table(inspection), input(inspection)].join('\n')
  const links = [...(inspection.failures.length > 0 ? ['failures'] : []), 'graph', 'time', 'tasks', 'input']
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${escapeHtml(`${run.id} · ${run.workflow}`)}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<nav class="topbar"><div class="wrap"><b>Symphony</b>${links.map((name) => `<a href="#${name === 'tasks' ? 'list' : name}">${name[0]?.toUpperCase()}${name.slice(1)}</a>`).join('')}</div></nav>
${lead(inspection)}
${sections}
<footer class="wrap">Read from ${escapeHtml(run.folder)} · symphony inspect</footer>
<script type="application/json" id="rows">${escapeJson({ rows: rowsOf(inspection) })}</script>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`
}

function lead({ run, tasks, criticalPath, failures: failed }: Inspection): string {
  const { progress } = run
  const workMs = tasks.reduce((sum, { tookMs }) => sum + (tookMs ?? 0), 0)
  const waitMs = tasks.reduce((sum, task) => sum + (task.waitMs ?? 0), 0)
  const again = tasks.filter(({ attempts }) => attempts > 1).length
  const tile = (name: string, value: string, note = ''): string => `<div><dt>${name}</dt><dd>${escapeHtml(value)}</dd><small>${escapeHtml(note)}</small></div>`
  const share = criticalPath.lengthMs > 0 ? `${Math.round((criticalPath.runningMs / criticalPath.lengthMs) * 100)} % of it running` : ''
  const tiles = [
    tile('Tasks', progress.total.toLocaleString('en'), `${endedCount(progress).toLocaleString('en')} ended${progress.recalled > 0 ? `, ${progress.recalled.toLocaleString('en')} recalled` : ''}`),
    tile('Took', spellMs(run.tookMs), spellTime(run.startedAtMs)),
    tile('Work', spellMs(workMs), run.tookMs === null || run.tookMs === 0 ? 'of all last attempts' : `${(workMs / run.tookMs).toFixed(1)} at once on average`),
    tile('Waited', spellMs(tasks.length === 0 ? null : waitMs / tasks.length), 'from ready to start, on average'),
    tile('Critical path', spellMs(criticalPath.done === 0 ? null : criticalPath.lengthMs), share),
    tile('Tried again', again.toLocaleString('en'), again === 0 ? 'every first attempt was the last' : `${counted(again, 'task')} with more than one attempt`),
    tile('Failed', progress.failed.toLocaleString('en'), failed[0]?.error.code ?? ''),
  ]
  const notes: Partial<Record<typeof run.state, string>> = {
    interrupted: 'No process is at work on this run. Start the same workflow on its state folder, and it goes on.',
    running: 'A process had the state folder open when this was written; a task shown as ready may have been running.',
  }
  const note = run.reason ?? notes[run.state] ?? ''
  return `<header class="lead wrap"><p class="eyebrow">${escapeHtml(run.workflow)} · version ${escapeHtml(run.version)}</p>
<h1>${escapeHtml(run.id)} <span class="tag ${run.state}">${run.state}</span></h1>${note === '' ? '' : `<p class="intro">${escapeHtml(note)}</p>`}
<dl class="tiles">${tiles.join('')}</dl>${stack(tasks)}</header>`
}

/** Recalled tasks are shown apart: they cost nothing. */
function seen({ state, recalled }: InspectedTask): string {
  return recalled && state === 'succeeded' ? 'recalled' : state
}

function countStates(tasks: readonly InspectedTask[]): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>()
  for (const name of ['succeeded', 'recalled', 'running', 'ready', 'waiting', 'pending', 'failed', 'skipped', 'cancelled']) counts.set(name, 0)
  for (const task of tasks) counts.set(seen(task), (counts.get(seen(task)) ?? 0) + 1)
  return [...counts].filter(([, count]) => count > 0)
}

function stack(tasks: readonly InspectedTask[]): string {
  const counts = countStates(tasks)
  const bars = counts.map(([name, count]) => `<i class="f-${name}" style="flex:${count}"></i>`).join('')
  const legend = counts.map(([name, count]) => `<span><i class="f-${name}"></i>${name} ${count.toLocaleString('en')}</span>`).join('')
  return `<div class="stack" aria-hidden="true">${bars}</div><div class="legend">${legend}</div>`
}

function failures({ failures: all }: Inspection): string {
  if (all.length === 0) return ''
  const items = all.slice(0, FAILURES_SHOWN).map(({ task, error }) => `<li><b>${escapeHtml(task)}</b><code>${escapeHtml(error.code)}</code><pre>${escapeHtml(error.message)}</pre></li>`)
  const more = all.length > items.length ? `<li class="soft">${all.length - items.length} more; filter the tasks by failed to see all.</li>` : ''
  return `<section class="wrap" id="failures"><h2>${counted(all.length, 'failure')}</h2><p class="intro">What failed, and what it said.</p><ul class="card failures">${items.join('')}${more}</ul></section>`
}

function graph(inspection: Inspection): string {
  if (inspection.tasks.length === 0) return ''
  const { svg, note } = graphPicture(inspection)
  return `<section class="wrap" id="graph"><h2>Graph</h2><p class="intro">From left to right, what needed what. ${note}Green lines and frames are the critical path: the chain that made the run take as long as it did. A click looks a task up below.</p><div class="card scroll">${svg}</div></section>`
}

function time(inspection: Inspection): string {
  const { svg, note } = timelinePicture(inspection)
  const picture = svg === '' ? '' : `<div class="card scroll">${svg}</div>`
  return `<section class="wrap" id="time"><h2>Time</h2><p class="intro">${note}</p>${picture}${path(inspection)}</section>`
}

function path({ criticalPath, tasks }: Inspection): string {
  if (criticalPath.tasks.length === 0) return ''
  const byId = new Map(tasks.map((task) => [task.id, task]))
  const items = criticalPath.tasks.slice(0, PATH_SHOWN).map((id, at) => {
    const task = byId.get(id) as InspectedTask
    const isOpen = at >= criticalPath.done
    const facts = isOpen ? task.state : `${spellMs(task.tookMs)}${(task.waitMs ?? 0) >= 1 ? ` after ${spellMs(task.waitMs)}` : ''}`
    return `<li class="${isOpen ? 'open' : ''}" title="${escapeHtml(id)}">${escapeHtml(shorten(id, CHIP_MAX))}<span>${facts}</span></li>`
  })
  const more = criticalPath.tasks.length > items.length ? `<li class="soft">and ${criticalPath.tasks.length - items.length} more</li>` : ''
  return `<ol class="path" aria-label="Critical path">${items.join('')}${more}</ol>`
}

function table({ tasks, criticalPath }: Inspection): string {
  const chip = (name: string, count: number): string => `<button type="button" aria-pressed="false" data-state="${name}">${name}<b>${count.toLocaleString('en')}</b></button>`
  const chips = [...countStates(tasks).map(([name, count]) => chip(name, count)), ...(criticalPath.tasks.length > 0 ? [chip('critical path', criticalPath.tasks.length)] : [])].join('')
  const head = (key: string, text: string, className = ''): string => `<th data-key="${key}" class="${className}" scope="col"><button type="button">${text}</button></th>`
  return `<section class="wrap" id="list"><h2>Tasks</h2>
<div class="tools"><input id="query" type="search" placeholder="Search ids, types and messages" aria-label="Search tasks"><div class="chips">${chips}</div></div>
<div class="card"><table><thead><tr>${head('id', 'Task')}${head('type', 'Type', 'type')}${head('state', 'State')}${head('attempts', 'Attempts', 'num')}${head('at', 'Began', 'num')}${head('wait', 'Waited', 'num wait')}${head('took', 'Took', 'num')}</tr></thead><tbody id="tasks"></tbody></table>
<p class="empty" id="none" hidden>No task is like that.</p>
<div class="pager"><button type="button" id="back">Back</button><span id="where"></span><button type="button" id="on">On</button></div></div></section>`
}

function input({ input: value }: Inspection): string {
  const text = JSON.stringify(value, null, 2)
  return `<section class="wrap" id="input"><h2>Input</h2><p class="intro">What the run was started with.</p><div class="card"><pre class="input">${escapeHtml(text.length > INPUT_SHOWN ? `${text.slice(0, INPUT_SHOWN)}\n…` : text)}</pre></div></section>`
}

/** Lists instead of named fields: there may be very many. */
function rowsOf({ run, tasks, criticalPath }: Inspection): readonly unknown[] {
  const critical = new Set(criticalPath.tasks)
  return tasks.map((task) => [
    task.id, task.type, seen(task), task.attempts, task.waitMs, task.tookMs, task.startedAtMs === null ? null : task.startedAtMs - run.startedAtMs,
    task.error === null ? '' : `${task.error.code}: ${task.error.message}`, critical.has(task.id) ? 1 : 0,
  ])
}
