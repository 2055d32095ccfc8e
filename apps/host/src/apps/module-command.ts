import { SymphonyError } from '@symphony/interface'
import type { Json, RuntimeHealth } from '@symphony/interface'
import { createRuntime } from '@symphony/runtime'
import type { CommandContext } from '../cli/command-context.ts'
import { EXIT_CODES } from '../cli/exit-codes.ts'
import { interruptSignal } from '../cli/interrupt.ts'
import { ProgressLine } from '../cli/progress-line.ts'
import type { RunOptions } from '../cli/run-command.ts'
import { loadWorkflowModule } from './workflow-module.ts'

/** Runs the workflow a module exports as `workflow` or by default, and prints its result as JSON. */
export async function runModuleCommand(context: CommandContext, path: string, options: RunOptions): Promise<number> {
  const { terminal } = context
  const { workflow, models } = await loadWorkflowModule(path)
  const input = parseInput(options.input)
  const stop = interruptSignal(() => terminal.say('stopping …'))
  await using symphony = await createRuntime({ ...context.runtime, folder: context.stateFolder(workflow.name), workflows: [workflow], models })
  const handle = await symphony.conductor.orchestrate(workflow, input, options.id === undefined ? {} : { id: options.id })
  const line = new ProgressLine(terminal, performance.now())
  const timer = setInterval(() => line.update(handle.progress(), performance.now()), 100)
  const interrupted = new Promise<'interrupted'>((done) => {
    if (stop.aborted) done('interrupted')
    stop.addEventListener('abort', () => done('interrupted'), { once: true })
  })
  try {
    const ended = await Promise.race([handle.ended(), interrupted])
    if (ended === 'interrupted') {
      terminal.say(`Stopped. Run the same command with --id ${handle.id} to go on.`)
      if (options.json === true) terminal.data(JSON.stringify({ interrupted: true, id: handle.id }))
      return EXIT_CODES.INTERRUPTED
    }
    const result = await handle.result()
    terminal.status('')
    const { progress } = ended
    terminal.say(`${progress.succeeded} tasks done (${progress.recalled} recalled), ${progress.failed} failed, ${progress.skipped} skipped.`)
    for (const line of healthLines(symphony.health())) terminal.say(terminal.paint('yellow', line))
    terminal.data(JSON.stringify(result instanceof Uint8Array ? { bytes: result.length } : (result ?? null), null, options.json === true ? 0 : 2))
    return EXIT_CODES.OK
  } finally {
    clearInterval(timer)
  }
}

/** What should be known of how the run was done: who failed inside on the way, and who is not well now. */
function healthLines({ components }: RuntimeHealth): readonly string[] {
  return components.flatMap(({ component, status, reasons, panics, restorations }) => [
    ...(panics === 0 ? [] : [`${component} failed inside ${panics} times and was restored ${restorations} times; no result was lost.`]),
    ...(status === 'healthy' ? [] : [`${component} is ${status}: ${reasons.join('; ')}`]),
  ])
}

function parseInput(text: string | undefined): Json | undefined {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text) as Json
  } catch (cause) {
    throw new SymphonyError({ code: 'INVALID_ARGUMENT', component: 'host', message: `--input is not JSON: ${(cause as Error).message}. Quote it for your shell, e.g. --input '{"a":1}'.`, cause })
  }
}
