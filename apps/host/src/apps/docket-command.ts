import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { askDocket, defaultSources, folderSource, runDocket } from '@symphony/docket'
import type { DocketAnswer, DocketOutcome } from '@symphony/docket'
import type { AskOptions } from '../cli/ask-command.ts'
import type { CommandContext } from '../cli/command-context.ts'
import { EXIT_CODES } from '../cli/exit-codes.ts'
import { interruptSignal } from '../cli/interrupt.ts'
import { duration, ProgressLine } from '../cli/progress-line.ts'
import type { RunOptions } from '../cli/run-command.ts'
import type { Terminal } from '../cli/terminal.ts'

/** `symphony run docket [folder]`. */
export async function runDocketCommand(context: CommandContext, folder: string | undefined, options: RunOptions): Promise<number> {
  const { terminal } = context
  const signal = interruptSignal(() => terminal.say('stopping …'))
  const line = new ProgressLine(terminal, performance.now())
  const outcome = await runDocket({
    sources: folder === undefined ? defaultSources() : folderSource(resolve(folder)),
    stateFolder: context.stateFolder('docket'),
    runtime: context.runtime,
    signal,
    onProgress: (progress, note) => line.update(progress, performance.now(), note),
    ...(options.report === undefined ? {} : { reportFolder: resolve(options.report) }),
  })
  terminal.status('')
  if (!outcome.finished) {
    terminal.say(`Stopped after ${duration(outcome.elapsedMs)}; ${count(outcome.tasks.run + outcome.tasks.recalled, 'task')} done so far are kept. Start again to go on.`)
    if (options.json === true) terminal.data(JSON.stringify({ interrupted: true, ...outcome }))
    return EXIT_CODES.INTERRUPTED
  }
  if (options.json === true) terminal.data(JSON.stringify(outcome))
  else summarise(terminal, outcome)
  return EXIT_CODES.OK
}

function summarise(terminal: Terminal, outcome: DocketOutcome): void {
  const { documents, duplicates, unreadable, pages, tasks } = outcome
  const bold = (text: string): string => terminal.paint('bold', text)
  const facts = [
    `${count(documents, 'document')}${pages.total > 0 ? ` with ${count(pages.total, 'page')}, ${pages.recognised} of them read by OCR` : ''}`,
    `${count(duplicates, 'exact copy', 'exact copies')}, ${unreadable} unreadable (each with its reason in the report)`,
    `${count(tasks.run, 'task')} run, ${tasks.recalled} recalled${tasks.failed > 0 ? `, ${terminal.paint('yellow', `${tasks.failed} failed`)}` : ''}${outcome.resumed ? '; an interrupted run was taken up again' : ''}`,
  ]
  terminal.say(`${terminal.paint('green', 'Docket is done')} in ${duration(outcome.elapsedMs)}.`)
  for (const fact of facts) terminal.say(`  ${fact}`)
  for (const told of outcome.health) terminal.say(`  ${terminal.paint('yellow', told)}`)
  terminal.say(`\n  Report   ${bold(pathToFileURL(outcome.report).href)}\n  Data     ${outcome.archive}\n  Ask      npx symphony ask "…"`)
}

/** `symphony ask "<question>"`. */
export async function askDocketCommand(context: CommandContext, question: string, options: AskOptions): Promise<number> {
  const answer = await askDocket({ stateFolder: context.stateFolder('docket'), question, limit: options.limit ?? 5, runtime: context.runtime })
  const { terminal } = context
  if (options.json === true) terminal.data(JSON.stringify(answer))
  else printAnswer(terminal, answer)
  return answer.evidence.length === 0 ? EXIT_CODES.FAILED : EXIT_CODES.OK
}

function printAnswer(terminal: Terminal, answer: DocketAnswer): void {
  terminal.data(answer.answer)
  answer.evidence.forEach((piece, index) => {
    const place = `${piece.path}${piece.page === undefined ? '' : `, page ${piece.page}`}`
    terminal.data(`\n[${index + 1}] ${place}\n    “${piece.quote.replace(/\s+/g, ' ').trim()}”\n    ${piece.hash}`)
  })
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`
}
