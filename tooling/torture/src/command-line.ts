import { parseArgs } from 'node:util'

export interface TortureOptions {
  /** Only scenarios whose name contains this. */
  readonly filter: string
  readonly hours: number
  /** The first seed; each turn takes the next one. Default: by chance. */
  readonly seed: number | undefined
  /** Stop after so many cycles of each scenario. */
  readonly cycles: number
  readonly list: boolean
  readonly help: boolean
}

export const USAGE = `npm run torture -- [filter] [options]

  filter          only scenarios whose name contains it
  --hours <n>     go on for so long, fractions allowed (default 1)
  --seed <n>      begin with this seed (default by chance)
  --cycles <n>    end after so many cycles of each scenario, if time is not up before
  --list          names, and what they do`

/** @throws Error for an option nobody knows, or a number that is none */
export function readCommandLine(argv: readonly string[]): TortureOptions {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      hours: { type: 'string', default: '1' },
      seed: { type: 'string' },
      cycles: { type: 'string' },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const hours = Number(values.hours)
  if (!(hours > 0)) throw new Error(`--hours takes a number above 0, not "${values.hours}"`)
  const seed = values.seed === undefined ? undefined : wholeNumber('seed', values.seed)
  const cycles = values.cycles === undefined ? Infinity : wholeNumber('cycles', values.cycles)
  return { filter: positionals.join(' '), hours, seed, cycles, list: values.list, help: values.help }
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= 1) return value
  throw new Error(`--${name} takes a whole number from 1, not "${text}"`)
}
