import { commandContext } from './command-context.ts'
import type { GlobalOptions } from './command-context.ts'

export interface AskOptions extends GlobalOptions {
  readonly limit?: number
}

/** `symphony ask "<question>"`: answers from the archive Docket made, with evidence. */
export async function askCommand(question: string, options: AskOptions): Promise<number> {
  const context = await commandContext(options)
  const { askDocketCommand } = await import('../apps/docket-command.ts')
  return askDocketCommand(context, question, options)
}
