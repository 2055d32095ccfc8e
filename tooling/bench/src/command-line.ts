import { parseArgs } from 'node:util'
import type { MeasureOptions } from './measure.ts'

export interface BenchOptions extends MeasureOptions {
  /** Only benchmarks whose `group: name` contains this, whatever the case. */
  readonly filter: string
  readonly isQuick: boolean
  readonly json: boolean
  /** Also write the results to this file. */
  readonly save: string | undefined
  /** Compare this commit with `head`. */
  readonly compare: string | undefined
  readonly head: string
  readonly list: boolean
  readonly help: boolean
}

export const USAGE = `pnpm bench [filter] [options]

  filter            only benchmarks whose "group: name" contains it
  --runs <n>        turns that count for each benchmark (default 7)
  --quick           3 short turns: for a first look, not for a record
  --json            results as JSON on stdout
  --save <file>     also write the JSON to a file
  --list            names only
  --compare <ref>   check out <ref> and the head into temporary worktrees and measure both, turn about
  --head <ref>      the other side of --compare (default HEAD)`

/** @throws Error for an option nobody knows */
export function readCommandLine(argv: readonly string[]): BenchOptions {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      runs: { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      save: { type: 'string' },
      list: { type: 'boolean', default: false },
      compare: { type: 'string' },
      head: { type: 'string', default: 'HEAD' },
      help: { type: 'boolean', default: false },
    },
  })
  const runs = Number(values.runs ?? (values.quick ? 3 : 7))
  if (!Number.isInteger(runs) || runs < 1) throw new Error(`--runs takes a whole number from 1, not "${values.runs}"`)
  // The compiler of the machine works beside: what is hot is not fast before it is through.
  const times = values.quick ? { runMs: 50, warmupMs: 300, settleMs: 50 } : { runMs: 250, warmupMs: 1000, settleMs: 150 }
  const { json, save, compare, head, list, help } = values
  return { filter: positionals.join(' '), runs, isQuick: values.quick, ...times, json, save, compare, head, list, help }
}

/** Keeps what matches, whatever the case. An empty filter keeps all. */
export function select<T>(items: readonly T[], nameOf: (item: T) => string, filter: string): readonly T[] {
  const wanted = filter.toLowerCase()
  return items.filter((item) => nameOf(item).toLowerCase().includes(wanted))
}
