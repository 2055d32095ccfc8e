import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Group } from './benchmark.ts'
import type { BenchOptions } from './command-line.ts'
import { machine } from './machine.ts'
import type { Result } from './measure.ts'
import type { Report } from './report.ts'

/** Measures one group by itself. */
export type MeasureGroup = (group: Group, options: BenchOptions) => Promise<Report>

/**
 * Measures groups one after the other, each in a process of its own: code that has seen how other groups use it is compiled for all
 * of those uses, and slower than in any program that has only one.
 */
export async function runGroups(groups: readonly Group[], options: BenchOptions, tell: (result: Result) => void, measureGroup: MeasureGroup = inProcessOfItsOwn): Promise<Report> {
  // Before the benchmarks add to the load themselves.
  const facts = machine()
  const results: Result[] = []
  const failures: Report['failures'][number][] = []
  for (const group of groups) {
    try {
      const report = await measureGroup(group, options)
      report.results.forEach(tell)
      results.push(...report.results)
      failures.push(...report.failures)
    } catch (error) {
      failures.push({ id: group, message: error instanceof Error ? error.message : String(error) })
    }
  }
  return { format: 1, machine: facts, runs: options.runs, quick: options.isQuick, results, failures }
}

async function inProcessOfItsOwn(group: Group, { runs, isQuick }: BenchOptions): Promise<Report> {
  const program = fileURLToPath(new URL('main.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv, program, `${group}: `, '--json', '--runs', String(runs), ...(isQuick ? ['--quick'] : [])], { maxBuffer: 1 << 26 }).catch((error: unknown) => {
    // It says so in its report when a benchmark failed.
    const { stdout: told } = error as { readonly stdout?: string }
    if (told === undefined || told === '') throw error
    return { stdout: told }
  })
  return JSON.parse(stdout) as Report
}
