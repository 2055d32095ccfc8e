import { idOf } from './benchmark.ts'
import type { Benchmark } from './benchmark.ts'
import { select } from './command-line.ts'
import type { BenchOptions } from './command-line.ts'
import { machine } from './machine.ts'
import { measure } from './measure.ts'
import type { Bench, Result } from './measure.ts'
import type { Report } from './report.ts'
import type { Suite } from './suites/all-suites.ts'

interface Failure {
  readonly id: string
  readonly message: string
}

/** Loads the suites that can match: those of the group the filter begins with, or all of them. */
export async function loadBenchmarks(suites: readonly Suite[], filter: string): Promise<{ readonly benchmarks: readonly Benchmark[]; readonly failures: readonly Failure[] }> {
  const benchmarks: Benchmark[] = []
  const failures: Failure[] = []
  const wanted = filter.toLowerCase()
  const byGroup = suites.filter(({ group }) => wanted !== '' && (wanted.startsWith(group.toLowerCase()) || group.toLowerCase().startsWith(wanted)))
  for (const suite of byGroup.length > 0 ? byGroup : suites) {
    try {
      benchmarks.push(...(await suite.load()).benchmarks)
    } catch (error) {
      failures.push({ id: suite.group, message: messageOf(error) })
    }
  }
  return { benchmarks: select(benchmarks, idOf, filter), failures }
}

/** Measures everything that matches, telling each result as it comes. */
export async function runSuites(suites: readonly Suite[], options: BenchOptions, bench: Bench, tell: (result: Result) => void): Promise<Report> {
  // Before the benchmarks add to the load themselves.
  const facts = machine()
  const { benchmarks, failures: unloaded } = await loadBenchmarks(suites, options.filter)
  const results: Result[] = []
  const failures: Failure[] = [...unloaded]
  for (const benchmark of benchmarks) {
    try {
      const result = await measure(benchmark, options, bench)
      results.push(result)
      tell(result)
    } catch (error) {
      failures.push({ id: idOf(benchmark), message: messageOf(error) })
    }
  }
  return { format: 1, machine: facts, runs: options.runs, quick: options.isQuick, results, failures }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
