import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { SymphonyError } from '@symphony/interface'
import type { ModelSpec, WorkflowSpec } from '@symphony/interface'

/** What a module offers: a workflow, and the models it needs. */
export interface LoadedWorkflow {
  readonly workflow: WorkflowSpec
  readonly models: readonly ModelSpec[]
}

/** Whether a word of the command line is a module rather than a name. */
export function isModulePath(word: string): boolean {
  return /\.(m?[jt]s)$/.test(word) && existsSync(word)
}

/**
 * The workflow a module exports as `workflow` or by default.
 *
 * @throws SymphonyError `INVALID_ARGUMENT` for a module that exports none
 */
export async function loadWorkflowModule(path: string): Promise<LoadedWorkflow> {
  const module = (await import(pathToFileURL(resolve(path)).href)) as { workflow?: WorkflowSpec; default?: WorkflowSpec; models?: readonly ModelSpec[] }
  const workflow = module.workflow ?? module.default
  if (workflow === undefined || !Array.isArray(workflow.tasks)) {
    throw new SymphonyError({ code: 'INVALID_ARGUMENT', component: 'host', message: `${path} exports no workflow. Export one as \`workflow\` or by default: { name, tasks: [...] }.` })
  }
  return { workflow, models: module.models ?? [] }
}
