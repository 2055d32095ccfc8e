import { relative } from 'node:path'
import { isSymphonyError, SymphonyError } from '@symphony/interface'
import { inspectLog, readLogEntries, verifyArtifacts } from '@symphony/runtime'
import type { LogEntry, LogReport } from '@symphony/runtime'
import { oneStateFolder, stateFolders } from '../runs/state-folders.ts'
import { commandContext } from './command-context.ts'
import type { GlobalOptions } from './command-context.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { interruptSignal } from './interrupt.ts'
import { counted } from './spell.ts'
import { entryLine, reportText } from './journal-text.ts'
import { waited } from './waited.ts'

export interface JournalOptions extends GlobalOptions {
  readonly follow?: boolean
  readonly lines?: number
  readonly from?: number
  readonly to?: number
}

/** How often a log is looked at for what has come. */
const EVERY_MS = 250

/** `symphony journal inspect`: what lies in the log. */
export async function journalInspectCommand(options: JournalOptions): Promise<number> {
  const { terminal, stateBase } = await commandContext(options)
  const reports: LogReport[] = []
  for (const folder of stateFolders(stateBase)) reports.push(await inspectLog(folder))
  if (options.json === true) terminal.data(JSON.stringify({ journals: reports }))
  else terminal.data(reports.map(reportText).join('\n\n'))
  return EXIT_CODES.OK
}

/** `symphony journal verify`: every frame, checkpoint and artifact. */
export async function journalVerifyCommand(options: JournalOptions): Promise<number> {
  const { terminal, stateBase } = await commandContext(options)
  const results = []
  for (const folder of stateFolders(stateBase)) results.push(await verify(folder))
  const isWhole = results.every(({ problems }) => problems.length === 0)
  if (options.json === true) terminal.data(JSON.stringify({ whole: isWhole, journals: results }))
  else {
    for (const { folder, problems, lastGoodLsn, records, checkpoints, artifacts, tornBytes, refuses } of results) {
      const name = relative('.', folder) || '.'
      const torn = tornBytes > 0 ? `; ${tornBytes} bytes of an interrupted write at the end, which the next start sets aside` : ''
      if (problems.length === 0) terminal.data(`${name}: whole: ${counted(records, 'record')} up to ${lastGoodLsn}, ${counted(checkpoints, 'checkpoint')}, ${counted(artifacts ?? 0, 'artifact')}${torn}`)
      for (const { path, offset, what } of problems) terminal.data(`${relative('.', path) || path}: byte ${offset}: ${what}`)
      if (problems.length > 0) terminal.data(`${name}: ${counted(problems.length, 'place')} damaged; last good record ${lastGoodLsn}${refuses ? '; it does not open: symphony doctor --salvage shows what can be saved' : '; it opens'}`)
    }
  }
  return isWhole ? EXIT_CODES.OK : EXIT_CODES.FAILED
}

interface Problem {
  readonly path: string
  readonly offset: number
  readonly what: string
}

async function verify(folder: string) {
  const report = await inspectLog(folder)
  const problems: Problem[] = report.damages.filter(({ isTorn }) => !isTorn).map(({ path, offset, what }) => ({ path, offset, what }))
  for (const { path, verifies } of report.checkpoints) if (!verifies) problems.push({ path, offset: 0, what: 'the checkpoint does not match its checksum' })
  if (report.refusal !== undefined && problems.length === 0) problems.push({ path: String(report.refusal.details['path'] ?? folder), offset: Number(report.refusal.details['offset'] ?? 0), what: report.refusal.message })
  const artifacts = await tryVerifyArtifacts(folder, problems)
  return {
    folder,
    lastGoodLsn: Number(report.refusal?.details['lastGoodLsn'] ?? report.lastLsn),
    refuses: report.refusal !== undefined,
    records: report.segments.reduce((sum, { records }) => sum + records, 0),
    checkpoints: report.checkpoints.length,
    artifacts,
    tornBytes: report.isOpen ? 0 : report.tornBytes,
    problems,
  }
}

/** Undefined where the state that refers to them cannot be had. */
async function tryVerifyArtifacts(folder: string, problems: Problem[]): Promise<number | undefined> {
  try {
    const { artifacts, corrupt } = await verifyArtifacts(folder)
    for (const { path, offset, what } of corrupt) problems.push({ path, offset, what })
    return artifacts
  } catch (error) {
    if (!isSymphonyError(error)) throw error
    problems.push({ path: `${folder}/artifacts`, offset: 0, what: `the artifacts were not checked: ${error.message}` })
    return undefined
  }
}

/** `symphony journal tail`: the last commands, and with `--follow` those that come. */
export async function journalTailCommand(options: JournalOptions): Promise<number> {
  const { terminal, stateBase } = await commandContext(options)
  const folder = oneStateFolder(stateBase)
  const print = (entry: LogEntry): void => terminal.data(options.json === true ? JSON.stringify(entry) : entryLine(entry))
  const { earliestLsn, lastLsn } = await inspectLog(folder)
  const lines = options.lines ?? 20
  const last: LogEntry[] = []
  let entries = await readLogEntries(folder, { fromLsn: Math.max(earliestLsn + 1, lastLsn - lines + 1) })
  entries.read((entry) => {
    last.push(entry)
    if (last.length > lines) last.shift()
  })
  last.forEach(print)
  if (options.follow !== true) return EXIT_CODES.OK
  const stop = interruptSignal(() => undefined)
  while (await waited(EVERY_MS, stop)) {
    try {
      entries.read(print)
    } catch (error) {
      if (!isSymphonyError(error, 'NOT_FOUND')) throw error
      terminal.say(`Records behind ${entries.lastLsn} were dropped behind a checkpoint before they were read; going on with what there is.`)
      entries = await readLogEntries(folder)
    }
  }
  return EXIT_CODES.OK
}

/** `symphony journal export`: everything there is, a JSON object a line. */
export async function journalExportCommand(options: JournalOptions): Promise<number> {
  const { terminal, stateBase } = await commandContext(options)
  const folder = oneStateFolder(stateBase)
  const { earliestLsn } = await inspectLog(folder)
  if (options.from !== undefined && options.to !== undefined && options.from > options.to) {
    throw new SymphonyError({ code: 'INVALID_ARGUMENT', component: 'host', message: `--from ${options.from} lies behind --to ${options.to}. Name the lower record first.` })
  }
  const entries = await readLogEntries(folder, { fromLsn: options.from ?? earliestLsn + 1, ...(options.to === undefined ? {} : { toLsn: options.to }) })
  entries.read((entry) => terminal.data(JSON.stringify(entry)))
  return EXIT_CODES.OK
}
