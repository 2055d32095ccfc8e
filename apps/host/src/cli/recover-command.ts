import { relative } from 'node:path'
import { SymphonyError } from '@symphony/interface'
import type { WorkflowSpec } from '@symphony/interface'
import { rehearseRecovery } from '@symphony/runtime'
import type { RecoveryRehearsal, RunRehearsal } from '@symphony/runtime'
import { loadWorkflowModule } from '../apps/workflow-module.ts'
import { stateFolders } from '../runs/state-folders.ts'
import { commandContext } from './command-context.ts'
import type { GlobalOptions } from './command-context.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { counted } from './spell.ts'
import { printable, textTable } from './text-table.ts'

export interface RecoverOptions extends GlobalOptions {
  readonly dryRun?: boolean
  readonly limit?: number
}

const TASKS_SHOWN = 20

/** `symphony recover --dry-run [module…]`: what opening would find and do. */
export async function recoverCommand(modules: readonly string[], options: RecoverOptions): Promise<number> {
  if (options.dryRun !== true) {
    const message = 'Recovery is a part of opening: start the workflow on its state folder, and it goes on. Add --dry-run to see what that would do.'
    throw new SymphonyError({ code: 'INVALID_ARGUMENT', component: 'host', message })
  }
  const { terminal, stateBase } = await commandContext(options)
  const workflows: WorkflowSpec[] = []
  for (const path of modules) workflows.push((await loadWorkflowModule(path)).workflow)
  const rehearsals: RecoveryRehearsal[] = []
  for (const folder of stateFolders(stateBase)) rehearsals.push(await rehearseRecovery(folder, { workflows }))
  if (options.json === true) terminal.data(JSON.stringify({ states: rehearsals }))
  else terminal.data(rehearsals.map((rehearsal) => text(rehearsal, options.limit ?? 40, modules.length > 0)).join('\n\n'))
  return rehearsals.some(({ refusal }) => refusal !== undefined) ? EXIT_CODES.FAILED : EXIT_CODES.OK
}

function text(rehearsal: RecoveryRehearsal, limit: number, isInformed: boolean): string {
  const { folder, isOpen, refusal, checkpointLsn, lastLsn, records, tornBytes, runs } = rehearsal
  const from = checkpointLsn === 0 ? 'no checkpoint' : `the checkpoint as of record ${checkpointLsn}`
  const lines = [
    relative('.', folder) || '.',
    ...(isOpen ? ['  a process has it open: it cannot be opened twice, and what runs there shows as begun again'] : []),
    ...(refusal === undefined ? [] : [`  refused: ${refusal.message}`, '  what follows is what salvage would leave']),
    `  replayed   ${from} and ${counted(records, 'record')}, up to ${lastLsn}`,
    ...(tornBytes > 0 ? [`  set aside  ${tornBytes} bytes of an interrupted write`] : []),
  ]
  if (runs.length === 0) return [...lines, '  no run is kept'].join('\n')
  const open = runs.filter(({ outcome }) => outcome === 'resumed' || outcome === 'quarantined' || outcome === 'paused')
  const shown = [...open, ...runs.filter((run) => !open.includes(run))].slice(0, limit)
  const columns = [{ head: 'RUN', widthMax: 40 }, { head: 'WORKFLOW', widthMax: 32 }, { head: 'VERSION', widthMax: 12 }, { head: 'BECOMES' }, { head: 'BEGUN', right: true }, { head: 'WAITING', right: true }]
  const table = textTable(columns, shown.map(({ id, workflow, version, outcome, again, waiting }) => [id, workflow, version, outcome, again.length === 0 ? '–' : String(again.length), waiting === 0 ? '–' : String(waiting)]))
  const more = runs.length > shown.length ? [`… ${runs.length - shown.length} more; --limit ${runs.length} shows all`] : []
  const hint = !isInformed && runs.some(({ outcome }) => outcome === 'quarantined') ? ['Quarantined runs go on where their workflow is defined: name its module to see that, symphony recover --dry-run ./workflow.ts'] : []
  return [lines.join('\n'), '', table, ...more, ...shown.flatMap(runLines), ...(hint.length > 0 ? ['', ...hint] : [])].join('\n')
}

/** Why a run becomes what it becomes, and what is begun of it. */
function runLines({ id, outcome, reason, again }: RunRehearsal): readonly string[] {
  if (reason === undefined && again.length === 0) return []
  const tasks = again.slice(0, TASKS_SHOWN).map(({ task, attempt, token }) => `  begins ${printable(task)}, attempt ${attempt}, token from ${token}`)
  return ['', `${printable(id)}: ${outcome}${reason === undefined ? '' : `: ${printable(reason)}`}`, ...tasks, ...(again.length > TASKS_SHOWN ? [`  … ${again.length - TASKS_SHOWN} more; --json lists all`] : [])]
}
