import { relative } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { examineState, planStateSalvage, salvageState } from '@symphony/runtime'
import type { StateCheck, StateSalvagePlan } from '@symphony/runtime'
import { stateFolders } from '../runs/state-folders.ts'
import { commandContext } from './command-context.ts'
import type { GlobalOptions } from './command-context.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { counted, spellRange } from './spell.ts'
import type { Terminal } from './terminal.ts'
import { printable } from './text-table.ts'

export interface DoctorOptions extends GlobalOptions {
  readonly salvage?: boolean
  readonly yes?: boolean
}

const SHOWN = 20

/** `symphony doctor`: looks at everything a state folder holds; with `--salvage`, makes a damaged log open again. */
export async function doctorCommand(options: DoctorOptions): Promise<number> {
  const { terminal, stateBase } = await commandContext(options)
  const folders = stateFolders(stateBase)
  if (options.salvage === true) return salvageAll(terminal, folders, options)
  const found: { folder: string; checks: readonly StateCheck[] }[] = []
  for (const folder of folders) found.push({ folder, checks: await examineState(folder) })
  const isBad = found.some(({ checks }) => checks.some(({ level }) => level === 'bad'))
  if (options.json === true) terminal.data(JSON.stringify({ healthy: !isBad, states: found }))
  else terminal.data(found.map(({ folder, checks }) => [relative('.', folder) || '.', ...checks.flatMap((check) => checkLines(terminal, check))].join('\n')).join('\n\n'))
  return isBad ? EXIT_CODES.FAILED : EXIT_CODES.OK
}

function checkLines(terminal: Terminal, { name, level, says, next }: StateCheck): readonly string[] {
  const colour = ({ ok: 'green', warn: 'yellow', bad: 'red' } as const)[level]
  const line = `  ${terminal.paint(colour, level.padEnd(4))}  ${name.padEnd(11)}  ${printable(says)}`
  return next === undefined ? [line] : [line, `${' '.repeat(21)}→ ${printable(next)}`]
}

async function salvageAll(terminal: Terminal, folders: readonly string[], options: DoctorOptions): Promise<number> {
  const results: unknown[] = []
  let code: number = EXIT_CODES.OK
  for (const folder of folders) {
    const plan = await planStateSalvage(folder)
    const name = relative('.', folder) || '.'
    if (plan.refusal === undefined) {
      terminal.say(`${name}: the log opens; there is nothing to salvage.`)
      results.push({ folder, salvaged: false, plan })
      continue
    }
    if (options.json !== true) terminal.data(planLines(name, plan).join('\n'))
    if (!(await isAgreed(terminal, options))) {
      results.push({ folder, salvaged: false, plan })
      terminal.say(`Nothing was changed. ${options.yes === true ? '' : 'Take a copy of the folder, then add --yes to do it.'}`)
      code = EXIT_CODES.FAILED
      continue
    }
    const done = await salvageState(folder)
    results.push({ folder, salvaged: true, plan: done })
    terminal.say(`${name}: the log opens again, as of record ${done.keptLsn}. What was given up is told in ${relative('.', `${folder}/journal/${done.report}`)}.`)
  }
  if (options.json === true) terminal.data(JSON.stringify({ states: results }))
  return code
}

function planLines(name: string, { refusal, keptLsn, checkpointLsn, givenUp, runs, commands, unnamed, setAside }: StateSalvagePlan): readonly string[] {
  const { firstLsn, lastLsn, readableRecords, unreadableRecords } = givenUp
  const base = checkpointLsn === 0 ? 'from the first record on' : `from the checkpoint as of record ${checkpointLsn} on`
  const lost = firstLsn === 0
    ? 'no record that is known of'
    : `records ${spellRange(firstLsn, lastLsn)}: ${readableRecords} that can be read but continue nothing, ${unreadableRecords} of which nothing is left`
  return [
    `${name}: ${refusal?.message ?? ''}`,
    `  kept       the state as of record ${keptLsn}, ${base}`,
    `  given up   ${lost}`,
    ...runs.slice(0, SHOWN).map((run) => `             run ${printable(run.run)}: ${run.isForgotten ? 'its start; nothing is left of it' : `${counted(run.commands, 'command')}${run.tasks.length > 0 ? `; done again: ${printable(some(run.tasks))}` : ''}`}`),
    ...(runs.length > SHOWN ? [`             … ${runs.length - SHOWN} more runs; --json lists all`] : []),
    ...(unnamed > 0 ? [`             ${counted(unnamed, 'command')} about tasks of runs whose start is given up`] : []),
    ...(Object.keys(commands).length > 0 ? [`             in all: ${Object.entries(commands).map(([kind, count]) => `${count} × ${kind}`).join(', ')}`] : []),
    `  set aside  ${setAside.map((file) => `${file}.broken`).join(', ')}`,
  ]
}

function some(names: readonly string[]): string {
  return names.length <= SHOWN ? names.join(', ') : `${names.slice(0, SHOWN).join(', ')} and ${names.length - SHOWN} more`
}

/** Asks where somebody can answer. */
async function isAgreed(terminal: Terminal, { yes, json }: DoctorOptions): Promise<boolean> {
  if (yes === true) return true
  if (json === true || process.stdin.isTTY !== true || !terminal.isLive) return false
  const asking = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test((await asking.question('Give that up, and make the log open again? [y/N] ')).trim())
  } finally {
    asking.close()
  }
}
