import { SymphonyError } from '@symphony/interface'
import type { Json } from '@symphony/interface'
import { createRuntime } from '@symphony/runtime'
import type { CommandContext } from '../cli/command-context.ts'
import { interruptSignal } from '../cli/interrupt.ts'
import type { RunOptions } from '../cli/run-command.ts'
import { runToEnd } from './run-to-end.ts'
import { loadWorkflowModule } from './workflow-module.ts'

/** Runs the workflow a module exports as `workflow` or by default, and prints its result as JSON. */
export async function runModuleCommand(context: CommandContext, path: string, options: RunOptions): Promise<number> {
  const { terminal } = context
  const { workflow, models } = await loadWorkflowModule(path)
  const input = parseInput(options.input)
  const stop = interruptSignal(() => terminal.say('stopping …'))
  await using symphony = await createRuntime({ ...context.runtime, folder: context.stateFolder(workflow.name), workflows: [workflow], models })
  const handle = await symphony.conductor.orchestrate(workflow, input, options.id === undefined ? {} : { id: options.id })
  // Awaited here: the runtime is closed on the way out.
  return await runToEnd(terminal, symphony, handle, stop, `Run the same command with --id ${handle.id} to go on.`, options.json === true)
}

function parseInput(text: string | undefined): Json | undefined {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text) as Json
  } catch (cause) {
    throw new SymphonyError({ code: 'INVALID_ARGUMENT', component: 'host', message: `--input is not JSON: ${(cause as Error).message}. Quote it for your shell, e.g. --input '{"a":1}'.`, cause })
  }
}
