import { parseArgs } from 'node:util'
import type { SuitePlace } from './suites.ts'

export const USAGE = `npm run simulate -- [--hours N] [--seeds N] [--seed S] [--suite NAME]...

Runs fresh seeds of the simulations until the time is up, or until so many have been run of each suite. Prints a line a minute, and each
seed that fails with the command that repeats it. Ends with 1 if any did.

  --hours N      for so long; may be a fraction. Default: 1, unless --seeds is given
  --seeds N      so many seeds of each suite, however long it takes
  --seed S       the first seed. Default: one that nobody has drawn before
  --suite NAME   only this one; may be given several times. Default: all
  --list         names the suites`

export interface SimulateOptions {
  readonly help: boolean
  readonly list: boolean
  readonly hours: number
  readonly seeds: number
  readonly seed: number | undefined
  readonly suites: readonly SuitePlace[]
}

/** @throws Error that says what to write instead */
export function readCommandLine(args: readonly string[], known: readonly SuitePlace[]): SimulateOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      list: { type: 'boolean', default: false },
      hours: { type: 'string' },
      seeds: { type: 'string' },
      seed: { type: 'string' },
      suite: { type: 'string', multiple: true },
    },
  })
  const hours = numberOf('hours', values.hours, 0)
  const seeds = numberOf('seeds', values.seeds, 1)
  for (const name of values.suite ?? []) {
    if (!known.some((suite) => suite.name === name)) throw new Error(`There is no suite "${name}"; there is ${known.map((suite) => suite.name).join(', ')}.`)
  }
  return {
    help: values.help,
    list: values.list,
    hours: hours ?? (seeds === undefined ? 1 : Infinity),
    seeds: seeds ?? Infinity,
    seed: numberOf('seed', values.seed, 0),
    suites: known.filter(({ name }) => values.suite === undefined || values.suite.includes(name)),
  }
}

function numberOf(option: string, text: string | undefined, min: number): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (text.trim() === '' || !(value >= min) || (option !== 'hours' && !Number.isSafeInteger(value))) {
    throw new Error(`--${option} takes a number from ${min} on, not "${text}".`)
  }
  return value
}
