import { relative } from 'node:path'
import { isSymphonyError, SymphonyError } from '@symphony/interface'
import type { Json } from '@symphony/interface'
import { createRuntime, forkStoredRun } from '@symphony/runtime'
import { closest } from 'fastest-levenshtein'
import { runToEnd } from '../apps/run-to-end.ts'
import { loadWorkflowModule } from '../apps/workflow-module.ts'
import { findRun, readStates } from '../runs/state-folders.ts'
import type { FoundRun } from '../runs/state-folders.ts'
import { commandContext } from './command-context.ts'
import type { CommandContext, GlobalOptions } from './command-context.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { interruptSignal } from './interrupt.ts'

export interface ForkCommandOptions extends GlobalOptions {
  readonly from?: readonly string[]
  readonly output?: readonly string[]
  readonly id?: string
}

interface Fork {
  readonly from?: readonly string[]
  readonly outputs?: Readonly<Record<string, Json>>
  readonly id?: string
}

/**
 * `symphony fork <run> [module] --from <task>`: a new run that goes on from there. With the module of the workflow it is run at once, without
 * one it is written down, for whoever opens the folder with the workflow next.
 */
export async function forkCommand(wanted: string, path: string | undefined, options: ForkCommandOptions): Promise<number> {
  const { from = [], output = [], id } = options
  if (from.length === 0 && output.length === 0) throw usage('Say where the fork goes on: --from <task> does that task and what depends on it again, --output <task>=<json> gives a task another output.')
  const context = await commandContext(options)
  const found = findRun(await readStates(context.stateBase), wanted)
  const outputs = Object.fromEntries(output.map(parseOutput))
  for (const task of [...from, ...Object.keys(outputs)]) checkTask(found, task)
  const fork: Fork = { ...(from.length === 0 ? {} : { from }), ...(output.length === 0 ? {} : { outputs }), ...(id === undefined ? {} : { id }) }
  if (path !== undefined) return forkAndRun(context, found, path, fork, options.json === true)
  const made = await forkStoredRun(found.folder, found.id, fork)
  const { terminal } = context
  const folder = relative('.', found.folder) || '.'
  terminal.say(`Forked. It goes on when its workflow is started on this folder: symphony run <module> --id ${made} --state ${folder}`)
  terminal.data(options.json === true ? JSON.stringify({ run: made, folder: found.folder }) : made)
  return EXIT_CODES.OK
}

async function forkAndRun({ terminal, runtime }: CommandContext, { id, folder }: FoundRun, path: string, fork: Fork, json: boolean): Promise<number> {
  const { workflow, models } = await loadWorkflowModule(path)
  const stop = interruptSignal(() => terminal.say('stopping …'))
  await using symphony = await createRuntime({ ...runtime, folder, workflows: [workflow], models })
  const handle = symphony.conductor.handle(id).fork(fork)
  terminal.say(`Run ${handle.id} goes on from ${id}.`)
  return await runToEnd(terminal, symphony, handle, stop, `symphony run ${path} --id ${handle.id} --state ${relative('.', folder) || '.'} goes on with it.`, json)
}

function parseOutput(text: string): readonly [task: string, value: Json] {
  const at = text.indexOf('=')
  if (at < 1) throw usage(`--output ${text} names no value. Write <task>=<json>, for example --output read='{"pages":3}'.`)
  try {
    return [text.slice(0, at), JSON.parse(text.slice(at + 1)) as Json]
  } catch (cause) {
    throw usage(`The value of --output ${text} is not JSON: ${(cause as Error).message}. Quote it for your shell, and texts once more: --output name='"text"'.`)
  }
}

/** Said before anything is opened for writing, with the nearest task there is. */
function checkTask({ id, view }: FoundRun, task: string): void {
  try {
    view.dag.taskRow(id, task)
  } catch (error) {
    if (!isSymphonyError(error, 'NOT_FOUND')) throw error
    const known = view.dag.tasks(id).map((one) => one.id)
    throw usage(`Run "${id}" has no task "${task}".${known.length === 0 ? '' : ` Did you mean "${closest(task, known)}"?`} symphony inspect ${id} lists all.`)
  }
}

function usage(message: string): SymphonyError {
  return new SymphonyError({ code: 'INVALID_ARGUMENT', component: 'host', message })
}
