import { SymphonyError } from '@symphony/interface'
import { closest } from 'fastest-levenshtein'
import { isModulePath } from '../apps/workflow-module.ts'
import { commandContext } from './command-context.ts'
import type { GlobalOptions } from './command-context.ts'

export interface RunOptions extends GlobalOptions {
  readonly input?: string
  readonly id?: string
  readonly report?: string
}

const APPS = ['docket'] as const

/** `symphony run <what> [folder]`: an app by its name, or a workflow of a module of yours. */
export async function runCommand(what: string, folder: string | undefined, options: RunOptions): Promise<number> {
  const context = await commandContext(options)
  if (what === 'docket') {
    const { runDocketCommand } = await import('../apps/docket-command.ts')
    return runDocketCommand(context, folder, options)
  }
  if (isModulePath(what)) {
    const { runModuleCommand } = await import('../apps/module-command.ts')
    return runModuleCommand(context, what, options)
  }
  throw new SymphonyError({
    code: 'NOT_FOUND',
    component: 'host',
    message: `There is no app "${what}" and no module at that path. Did you mean "${closest(what, [...APPS])}"? A module is a .ts or .js file that exports a workflow.`,
  })
}
