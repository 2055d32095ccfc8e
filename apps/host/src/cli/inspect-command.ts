import { writeFileSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { SymphonyError } from '@symphony/interface'
import { inspectRun } from '../runs/inspection.ts'
import type { InspectedTask, Inspection } from '../runs/inspection.ts'
import { endedCount } from '../runs/run-head.ts'
import { findRun, readStates } from '../runs/state-folders.ts'
import { commandContext } from './command-context.ts'
import type { GlobalOptions } from './command-context.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { followRun } from './follow-run.ts'
import { interruptSignal } from './interrupt.ts'
import { counted, spellMs, spellTime } from './spell.ts'
import type { Terminal } from './terminal.ts'
import { printable, textTable } from './text-table.ts'

export interface InspectOptions extends GlobalOptions {
  readonly html?: string
  readonly follow?: boolean
  readonly limit?: number
}

const FAILURES_SHOWN = 20
const PATH_SHOWN = 24

/** `symphony inspect <run>`: everything the state folder knows about a run. */
export async function inspectCommand(id: string, options: InspectOptions): Promise<number> {
  const { terminal, stateBase } = await commandContext(options)
  const found = options.follow === true ? await followRun(terminal, stateBase, id, interruptSignal(() => undefined)) : findRun(await readStates(stateBase), id)
  terminal.status('')
  return showInspection(terminal, inspectRun(found, Date.now()), options)
}

/** Prints what is known of a run, as a table, as JSON, or as a page. */
export async function showInspection(terminal: Terminal, inspection: Inspection, options: Pick<InspectOptions, 'html' | 'json' | 'limit'>): Promise<number> {
  if (options.html !== undefined) {
    const page = await writePage(inspection, options.html)
    if (options.json === true) terminal.data(JSON.stringify({ page }))
    else terminal.say(`Wrote ${pathToFileURL(page).href}`)
  } else if (options.json === true) terminal.data(JSON.stringify(inspection))
  else print(terminal, inspection, options.limit ?? 40)
  return EXIT_CODES.OK
}

async function writePage(inspection: Inspection, file: string): Promise<string> {
  const { renderRunPage } = await import('../page/render-page.ts')
  const path = resolve(file)
  try {
    writeFileSync(path, renderRunPage(inspection))
  } catch (cause) {
    throw new SymphonyError({ code: 'INVALID_ARGUMENT', component: 'host', message: `The page cannot be written to ${path}: ${(cause as Error).message}. Name another file with --html.`, cause })
  }
  return path
}

function print(terminal: Terminal, inspection: Inspection, limit: number): void {
  const sections = [headLines(inspection), failureLines(inspection), pathLines(inspection), slowLines(inspection), taskLines(inspection, limit)]
  terminal.data(sections.filter((lines) => lines.length > 0).map((lines) => lines.join('\n')).join('\n\n'))
}

function headLines({ run, input, asOf }: Inspection): string[] {
  const { progress } = run
  const rest = (['failed', 'skipped', 'cancelled', 'running', 'waiting', 'ready', 'pending'] as const).filter((state) => progress[state] > 0).map((state) => `${progress[state]} ${state}`)
  const succeeded = `${progress.succeeded} succeeded${progress.recalled > 0 ? ` (${progress.recalled} recalled)` : ''}`
  const inputText = JSON.stringify(input)
  const next: Partial<Record<typeof run.state, string>> = {
    interrupted: 'no process is at work on it; start the same workflow on this state folder and it goes on',
    running: 'a process has the state folder open; a task shown as ready may be running this moment',
  }
  const rows: (readonly [string, string])[] = [
    ['run', run.id],
    ...(asOf === undefined ? [] : [['as of', `record ${asOf.lsn} of ${asOf.lastLsn}, with ${counted(asOf.runs, 'run')} and ${counted(asOf.artifacts, 'artifact')} in all`] as const]),
    ['workflow', `${run.workflow}, version ${run.version}`],
    ['state', `${run.state}${asOf !== undefined || next[run.state] === undefined ? '' : `: ${next[run.state]}`}`],
    ...(run.reason === null ? [] : [['reason', run.reason] as const]),
    ['tasks', `${endedCount(progress)} of ${progress.total} ended: ${[succeeded, ...rest].join(', ')}`],
    ['started', `${spellTime(run.startedAtMs)}${run.tookMs === null ? '' : `, took ${spellMs(run.tookMs)}`}`],
    ...(run.tenant === 'default' || run.tenant === '' ? [] : [['tenant', run.tenant] as const]),
    ['input', inputText.length > 200 ? `${inputText.slice(0, 199)}…` : inputText],
    ['folder', relative('.', run.folder) || '.'],
  ]
  return rows.map(([name, text]) => `${name.padEnd(9)} ${printable(text)}`)
}

function failureLines({ failures }: Inspection): string[] {
  if (failures.length === 0) return []
  const lines = failures.slice(0, FAILURES_SHOWN).map(({ task, error }) => `  ${printable(task)}: ${error.code}: ${printable(error.message)}`)
  return [counted(failures.length, 'failure'), ...lines, ...more(failures.length - lines.length, '--json lists all')]
}

function pathLines({ criticalPath, tasks }: Inspection): string[] {
  if (criticalPath.tasks.length === 0) return []
  const byId = new Map(tasks.map((task) => [task.id, task]))
  const share = criticalPath.lengthMs > 0 ? `, ${Math.round((criticalPath.runningMs / criticalPath.lengthMs) * 100)} % of it running` : ''
  const lines = criticalPath.tasks.slice(0, PATH_SHOWN).map((id, at) => {
    const task = byId.get(id) as InspectedTask
    return `  ${printable(id)}  ${at < criticalPath.done ? `${spellMs(task.tookMs)}${(task.waitMs ?? 0) >= 1 ? `, waited ${spellMs(task.waitMs)}` : ''}` : `still ${task.state}`}`
  })
  const head = `critical path: ${counted(criticalPath.tasks.length, 'task')}${criticalPath.done > 0 ? `, ${spellMs(criticalPath.lengthMs)}${share}` : ''}`
  return [head, ...lines, ...more(criticalPath.tasks.length - lines.length, '--json lists all')]
}

function slowLines({ slowest, tasks }: Inspection): string[] {
  if (slowest.length === 0) return []
  const byId = new Map(tasks.map((task) => [task.id, task]))
  return ['slowest', ...slowest.slice(0, 5).map((id) => `  ${printable(id)}  ${spellMs(byId.get(id)?.tookMs ?? null)}`)]
}

function taskLines({ tasks }: Inspection, limit: number): string[] {
  const columns = [
    { head: 'TASK', widthMax: 48 }, { head: 'TYPE', widthMax: 28 }, { head: 'STATE' }, { head: 'ATTEMPTS', right: true }, { head: 'WAITED', right: true }, { head: 'TOOK', right: true },
  ]
  const rows = tasks.slice(0, limit).map((task) => [
    task.id, task.type, task.recalled ? 'recalled' : task.state, task.attempts === 0 ? '–' : String(task.attempts), spellMs(task.waitMs), spellMs(task.tookMs),
  ])
  return [textTable(columns, rows), ...more(tasks.length - rows.length, `--limit ${tasks.length} shows all`)]
}

function more(count: number, how: string): readonly string[] {
  return count > 0 ? [`  … ${count} more; ${how}`] : []
}
