import { commandContext } from './command-context.ts'
import type { GlobalOptions } from './command-context.ts'
import { EXIT_CODES } from './exit-codes.ts'

/** `symphony config`: what holds, and where it comes from. */
export async function configCommand(options: GlobalOptions): Promise<number> {
  const context = await commandContext({ ...options, json: false })
  if (options.json === true) context.terminal.data(JSON.stringify({ file: context.configFile ?? null, config: context.config }))
  else {
    context.terminal.say(context.configFile === undefined ? 'No configuration file; the defaults hold.' : `From ${context.configFile}:`)
    context.terminal.data(JSON.stringify(context.config, null, 2))
  }
  return EXIT_CODES.OK
}
