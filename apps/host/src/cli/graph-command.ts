import { SymphonyError } from '@symphony/interface'
import { createRuntime } from '@symphony/runtime'
import { isModulePath, loadWorkflowModule } from '../apps/workflow-module.ts'
import { inspectRun } from '../runs/inspection.ts'
import { findRun, readStates } from '../runs/state-folders.ts'
import { pictureOfRun, pictureOfWorkflow, toDot, toMermaid } from '../runs/workflow-graph.ts'
import type { WorkflowPicture } from '../runs/workflow-graph.ts'
import { commandContext } from './command-context.ts'
import type { GlobalOptions } from './command-context.ts'
import { EXIT_CODES } from './exit-codes.ts'

export interface GraphOptions extends GlobalOptions {
  readonly format?: string
}

const FORMATS: Readonly<Record<string, (picture: WorkflowPicture) => string>> = {
  mermaid: toMermaid,
  dot: toDot,
  json: (picture) => JSON.stringify(picture, null, 2),
}

/** `symphony graph <what>`: a run, or a module's workflow, as text that others draw. */
export async function graphCommand(what: string, options: GraphOptions): Promise<number> {
  const name = options.json === true ? 'json' : (options.format ?? 'mermaid')
  const format = FORMATS[name]
  if (format === undefined) {
    throw new SymphonyError({ code: 'INVALID_ARGUMENT', component: 'host', message: `There is no format "${name}". Formats are ${Object.keys(FORMATS).join(', ')}.` })
  }
  const { terminal, stateBase } = await commandContext(options)
  const picture = isModulePath(what) ? await pictureOfModule(what) : pictureOfRun(inspectRun(findRun(await readStates(stateBase), what), Date.now()))
  terminal.data(options.json === true ? JSON.stringify(picture) : format(picture))
  return EXIT_CODES.OK
}

/** Defined once, so that whatever is wrong with it is said before it is drawn. */
async function pictureOfModule(path: string): Promise<WorkflowPicture> {
  const { workflow } = await loadWorkflowModule(path)
  await using symphony = await createRuntime()
  return pictureOfWorkflow(symphony.dag.defineWorkflow(workflow).spec)
}
