import { relative } from 'node:path'
import type { RunUpgrade } from '@symphony/interface'
import { loadWorkflowModule } from '../apps/workflow-module.ts'
import { readStates } from '../runs/state-folders.ts'
import { commandContext } from './command-context.ts'
import type { GlobalOptions } from './command-context.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { printable } from './text-table.ts'

/** Tasks named in one line at most; the rest are counted. */
const NAMES_MAX = 12

interface FoundUpgrade {
  readonly folder: string
  readonly run: RunUpgrade
}

/**
 * `symphony plan-upgrade <module>`: what deploying this version of a workflow would do to the runs that are under way. Nothing is
 * changed, and a process may work in the folders meanwhile.
 */
export async function planUpgradeCommand(path: string, options: GlobalOptions): Promise<number> {
  const { workflow } = await loadWorkflowModule(path)
  const { terminal, stateBase } = await commandContext(options)
  const found: FoundUpgrade[] = []
  let version = workflow.version ?? '1'
  for (const { folder, view } of await readStates(stateBase)) {
    const plan = view.dag.planUpgrade(workflow)
    version = plan.version
    for (const run of plan.runs) found.push({ folder, run })
  }
  if (options.json === true) {
    terminal.data(JSON.stringify({ workflow: workflow.name, version, runs: found.map(({ folder, run }) => ({ folder, ...run })) }))
    return EXIT_CODES.OK
  }
  if (found.length === 0) terminal.data(`No run of "${printable(workflow.name)}" is under way with another shape: version ${printable(version)} changes nothing that has begun.`)
  for (const { folder, run } of found) terminal.data(describe(run, relative('.', folder) || '.', version))
  return EXIT_CODES.OK
}

function describe(run: RunUpgrade, folder: string, version: string): string {
  const verdict = run.canMove ? `can move to version ${version}` : 'cannot move now'
  const lines = [`${run.id} (version ${run.version}, in ${folder}): ${verdict}`]
  const list = (label: string, tasks: readonly string[]): void => {
    if (tasks.length === 0) return
    const more = tasks.length > NAMES_MAX ? ` and ${tasks.length - NAMES_MAX} more` : ''
    lines.push(`  ${label}: ${tasks.slice(0, NAMES_MAX).join(', ')}${more}`)
  }
  list('stay as they are', run.kept)
  list('are done again', run.changed.map(({ task, reason }) => `${task} (${reason})`))
  list('are new', run.added)
  list('go', run.removed)
  list('in the way', run.blockers.map(({ task, reason }) => `${task} ${reason}`))
  return lines.map(printable).join('\n')
}
