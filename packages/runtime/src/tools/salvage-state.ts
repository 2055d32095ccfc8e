import { isSymphonyError } from '@symphony/interface'
import type { Json } from '@symphony/interface'
import { planSalvage, readLog, salvageJournal } from '@symphony/journal'
import type { SalvagePlan, SalvageReport } from '@symphony/journal'
import { CommandNames } from './log-entries.ts'
import type { LogEntry } from './log-entries.ts'

/** What is given up of a run. */
export interface RunGivenUp {
  readonly run: string
  /** It was started in what is given up: nothing is left of it. */
  readonly isForgotten: boolean
  readonly commands: number
  /** Tasks whose end is given up: they are done again. */
  readonly tasks: readonly string[]
}

/** What salvage would do to a state folder. */
export interface StateSalvagePlan extends Omit<SalvagePlan, 'forEachGivenUp'> {
  /** Runs the records given up are about, as far as they can be read and named. */
  readonly runs: readonly RunGivenUp[]
  /** Commands given up by component and name, those of runs included. */
  readonly commands: Readonly<Record<string, number>>
  /** Of them, those about tasks of runs whose start cannot be read. */
  readonly unnamed: number
}

const ENDS_TASK: ReadonlySet<string> = new Set(['complete', 'fail', 'skip'])
const STARTS_RUN: ReadonlySet<string> = new Set(['start', 'start-with', 'fork'])

/** @throws SymphonyError `NOT_FOUND`, `LAYOUT_MISMATCH` */
export async function planOfState(folder: string): Promise<StateSalvagePlan> {
  const { forEachGivenUp, ...plan } = await planSalvage(`${folder}/journal`)
  const names = await namesAtEnd(folder)
  const runs = new Map<string, { isForgotten: boolean; commands: number; tasks: Set<string> }>()
  const commands = new Map<string, number>()
  let unnamed = 0
  forEachGivenUp((command) => {
    const entry = names.entry(command)
    const kind = `${entry.component} ${entry.name ?? entry.type}`
    commands.set(kind, (commands.get(kind) ?? 0) + 1)
    if (entry.run === undefined) unnamed += isAboutTask(entry) ? 1 : 0
    else note(runs, entry.run, entry)
  })
  return { ...plan, runs: [...runs].map(([run, { tasks, ...rest }]) => ({ run, ...rest, tasks: [...tasks] })), commands: Object.fromEntries(commands), unnamed }
}

/**
 * Salvages the log of a state folder, with the runs and tasks concerned in its report.
 * @throws as `salvageJournal`
 */
export async function salvageOfState(folder: string): Promise<SalvageReport & StateSalvagePlan> {
  const plan = await planOfState(folder)
  const { runs, commands, unnamed } = plan
  const report = await salvageJournal(`${folder}/journal`, { notes: { runs, commands, unnamed } as unknown as Json })
  return { ...plan, ...report }
}

/** The names there are in the last state that is kept; none where even that cannot be read. */
async function namesAtEnd(folder: string): Promise<CommandNames> {
  try {
    const log = await readLog(`${folder}/journal`)
    const names = new CommandNames(log.checkpointSections)
    log.replay((command) => names.apply(command))
    return names
  } catch (error) {
    if (!isSymphonyError(error, 'INVALID_ARGUMENT')) throw error
    return new CommandNames([])
  }
}

function note(runs: Map<string, { isForgotten: boolean; commands: number; tasks: Set<string> }>, run: string, { name = '', task }: LogEntry): void {
  const known = runs.get(run) ?? { isForgotten: false, commands: 0, tasks: new Set() }
  known.commands++
  if (STARTS_RUN.has(name)) known.isForgotten = true
  if (task !== undefined && ENDS_TASK.has(name)) known.tasks.add(task)
  runs.set(run, known)
}

function isAboutTask({ component, body }: LogEntry): boolean {
  return component === 'dag' && body?.['row'] !== undefined
}
