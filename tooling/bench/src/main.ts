// `pnpm bench`: see USAGE in command-line.ts. Started with --expose-gc, so that no turn pays for another one's garbage.
import { writeFileSync } from 'node:fs'
import { idOf } from './benchmark.ts'
import { readCommandLine, USAGE } from './command-line.ts'
import type { BenchOptions } from './command-line.ts'
import { compareCommits } from './compare-commits.ts'
import type { Bench, Result } from './measure.ts'
import { formatResult, formatSummary } from './report.ts'
import { runGroups } from './run-groups.ts'
import { loadBenchmarks, runSuites } from './run-suites.ts'
import { ALL_SUITES } from './suites/all-suites.ts'

const bench: Bench = { nowMs: () => performance.now(), collectGarbage: () => globalThis.gc?.() }

async function main(options: BenchOptions): Promise<void> {
  if (options.help) return console.log(USAGE)
  if (options.compare !== undefined) return compareCommits({ ...options, base: options.compare })
  if (options.list) {
    for (const benchmark of (await loadBenchmarks(ALL_SUITES, options.filter)).benchmarks) console.log(idOf(benchmark))
    return
  }
  let group = ''
  const tell = (result: Result): void => {
    if (result.group !== group) console.log(`\n${result.group}`)
    group = result.group
    console.log(formatResult(result))
  }
  const hear = options.json ? (): void => {} : tell
  const groups = ALL_SUITES.map((suite) => suite.group)
  const report = options.filter === '' ? await runGroups(groups, options, hear) : await runSuites(ALL_SUITES, options, bench, hear)
  const json = `${JSON.stringify(report, undefined, 2)}\n`
  if (options.save !== undefined) writeFileSync(options.save, json)
  if (options.json) process.stdout.write(json)
  else console.log(`\n${formatSummary(report)}`)
  if (report.failures.length > 0) process.exitCode = 1
}

try {
  await main(readCommandLine(process.argv.slice(2)))
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}
