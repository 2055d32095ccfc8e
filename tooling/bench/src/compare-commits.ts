import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isMoreBetter } from './benchmark.ts'
import type { Unit } from './benchmark.ts'
import type { BenchOptions } from './command-line.ts'
import { formatRatio, formatSpread } from './report.ts'
import type { Report } from './report.ts'
import { ratioOf, spreadOf } from './statistics.ts'
import type { Spread } from './statistics.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))

/** One benchmark on both sides. */
export interface Comparison {
  readonly id: string
  readonly unit: Unit
  readonly base: Spread | undefined
  readonly head: Spread | undefined
  /** How many times as good head is; undefined when only one side has it. */
  readonly ratio: Spread | undefined
}

/** Checks out two commits beside each other and measures both, turn about: what disturbs one turn disturbs both sides. */
export async function compareCommits(options: BenchOptions & { readonly base: string }): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'symphony-bench-'))
  const sides = { base: { ref: options.base, folder: join(scratch, 'base') }, head: { ref: options.head, folder: join(scratch, 'head') } }
  const reports = { base: [] as Report[], head: [] as Report[] }
  try {
    for (const { ref, folder } of Object.values(sides)) checkOut(ref, folder)
    for (let run = 0; run < options.runs; run++) {
      for (const side of ['base', 'head'] as const) reports[side].push(runOnce(sides[side].folder, options))
      console.error(`bench: turn ${run + 1} of ${options.runs}`)
    }
  } finally {
    for (const { folder } of Object.values(sides)) tryGit('worktree', 'remove', '--force', folder)
    rmSync(scratch, { recursive: true, force: true })
  }
  const comparisons = pair(reports.base, reports.head)
  if (options.json) process.stdout.write(`${JSON.stringify({ base: options.base, head: options.head, comparisons }, undefined, 2)}\n`)
  else for (const comparison of comparisons) console.log(formatComparison(comparison))
  for (const side of ['base', 'head'] as const) {
    for (const failure of reports[side][0]?.failures ?? []) console.error(`bench: ${sides[side].ref}: ${failure.id}: ${failure.message}`)
  }
}

/** The same benchmarks of both sides, turn by turn. Those that only one side has come without a ratio. */
export function pair(base: readonly Report[], head: readonly Report[]): readonly Comparison[] {
  const [before, after] = [valuesById(base), valuesById(head)]
  return [...new Set([...after.keys(), ...before.keys()])].map((id) => {
    const [left, right] = [before.get(id), after.get(id)]
    const unit = (right ?? left)?.unit as Unit
    const ratio = left && right && ratioOf(right.spread, left.spread, isMoreBetter(unit))
    return { id, unit, base: left?.spread, head: right?.spread, ratio }
  })
}

function valuesById(reports: readonly Report[]): ReadonlyMap<string, { readonly unit: Unit; readonly spread: Spread }> {
  const values = new Map<string, { unit: Unit; medians: number[] }>()
  for (const { id, unit, median } of reports.flatMap((report) => report.results)) {
    const entry = values.get(id) ?? { unit, medians: [] }
    entry.medians.push(median)
    values.set(id, entry)
  }
  return new Map([...values].map(([id, { unit, medians }]) => [id, { unit, spread: spreadOf(medians) }]))
}

export function formatComparison({ id, unit, base, head, ratio }: Comparison): string {
  if (ratio === undefined || base === undefined || head === undefined) return `${id}\n    only in ${head === undefined ? 'base' : 'head'}`
  return `${id}\n    base ${formatSpread(base)} ${unit}, head ${formatSpread(head)} ${unit}: head is ${formatRatio(ratio)}`
}

function checkOut(ref: string, folder: string): void {
  execFileSync('git', ['worktree', 'add', '--detach', folder, ref], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
  // The store of this checkout holds what both sides need, unless a side has other dependencies.
  execFileSync('pnpm', ['install', '--prefer-offline', '--frozen-lockfile', '--silent'], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })
}

function tryGit(...args: string[]): void {
  try {
    execFileSync('git', args, { cwd: root, stdio: 'ignore' })
  } catch {
    // The worktree was never made; there is nothing to take away.
  }
}

/** One turn of one side in a process of its own, with that side's own benchmarks. */
function runOnce(folder: string, options: BenchOptions): Report {
  const main = join(folder, 'tooling', 'bench', 'src', 'main.ts')
  const length = options.runMs < 250 ? ['--quick'] : []
  const args = ['--expose-gc', '--conditions=@symphony/source', main, options.filter, '--json', '--runs', '1', ...length]
  // A failed benchmark makes the process fail, but its report still tells about the others.
  const env = { ...process.env, PATH: `${join(folder, 'node_modules', '.bin')}:${process.env['PATH']}` }
  try {
    return JSON.parse(execFileSync('node', args, { cwd: folder, env, maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' })) as Report
  } catch (error) {
    const { stdout } = error as { stdout?: string }
    if (stdout?.startsWith('{')) return JSON.parse(stdout) as Report
    throw new Error(`the benchmarks of ${folder} did not run; the commit may have none`, { cause: error })
  }
}
