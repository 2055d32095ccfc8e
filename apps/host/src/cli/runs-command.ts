import { SymphonyError } from '@symphony/interface'
import { closest } from 'fastest-levenshtein'
import { endedCount, folderName, runHeads, SEEN_STATES } from '../runs/run-head.ts'
import type { RunHead } from '../runs/run-head.ts'
import { readStates } from '../runs/state-folders.ts'
import { commandContext } from './command-context.ts'
import type { GlobalOptions } from './command-context.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { spellMs, spellTime } from './spell.ts'
import { textTable } from './text-table.ts'

export interface RunsOptions extends GlobalOptions {
  readonly workflow?: string
  readonly status?: string
  readonly limit?: number
}

/** `symphony runs`: what was run, newest first. */
export async function runsCommand(options: RunsOptions): Promise<number> {
  checkState(options.status)
  const { terminal, stateBase } = await commandContext(options)
  const states = await readStates(stateBase)
  const all = runHeads(states, Date.now())
  const wanted = all.filter((run) => (options.workflow ?? run.workflow) === run.workflow && (options.status ?? run.state) === run.state)
  const shown = wanted.slice(0, options.limit ?? 20)
  if (options.json === true) terminal.data(JSON.stringify({ total: wanted.length, runs: shown }))
  else if (shown.length === 0) terminal.say(all.length === 0 ? 'No run is kept here yet.' : `None of the ${all.length} runs kept here is like that. Their workflows: ${[...new Set(all.map((run) => run.workflow))].join(', ')}.`)
  else {
    terminal.data(table(shown, states.length > 1))
    if (wanted.length > shown.length) terminal.say(`\n${wanted.length - shown.length} more; --limit ${wanted.length} shows all.`)
  }
  return EXIT_CODES.OK
}

function table(runs: readonly RunHead[], withFolder: boolean): string {
  const columns = [
    { head: 'RUN', widthMax: 40 }, { head: 'WORKFLOW', widthMax: 32 }, { head: 'VERSION', widthMax: 12 }, { head: 'STATE' }, { head: 'TASKS', right: true },
    { head: 'STARTED' }, { head: 'TOOK', right: true }, ...(withFolder ? [{ head: 'FOLDER' }] : []),
  ]
  const rows = runs.map((run) => [
    run.id, run.workflow, run.version, run.state, progressText(run), spellTime(run.startedAtMs), spellMs(run.tookMs), ...(withFolder ? [folderName(run.folder)] : []),
  ])
  return textTable(columns, rows)
}

function progressText({ progress }: RunHead): string {
  const ended = endedCount(progress)
  return ended === progress.total ? String(ended) : `${ended}/${progress.total} (${Math.floor((ended / Math.max(1, progress.total)) * 100)} %)`
}

function checkState(state: string | undefined): void {
  if (state === undefined || (SEEN_STATES as readonly string[]).includes(state)) return
  const meant = closest(state, [...SEEN_STATES])
  throw new SymphonyError({ code: 'INVALID_ARGUMENT', component: 'host', message: `No run is ever "${state}". States are ${SEEN_STATES.join(', ')}; did you mean "${meant}"?` })
}
