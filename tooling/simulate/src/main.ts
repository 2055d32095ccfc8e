// `npm run simulate`: see USAGE in command-line.ts.
import { randomInt } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { readCommandLine, USAGE } from './command-line.ts'
import type { SimulateOptions } from './command-line.ts'
import { runSeeds } from './run-seeds.ts'
import type { SeedRun } from './run-seeds.ts'
import { SUITES } from './suites.ts'

const MINUTE_MS = 60_000
const BATCH_SEEDS = 50
/** A seed that takes so long is taken for one that never ends. */
const STUCK_MINUTES = 10
/** Seeds are words of 32 bits, and a run goes on upwards from its first. */
const FIRST_SEED_MAX = 2 ** 30

async function main({ help, list, hours, seeds, seed, suites }: SimulateOptions): Promise<void> {
  if (help) return console.log(USAGE)
  if (list) return SUITES.forEach(({ name, module }) => console.log(`${name}  ${module}`))
  const firstSeed = seed ?? randomInt(FIRST_SEED_MAX)
  console.log(`${suites.map(({ name }) => name).join(', ')}: from seed ${firstSeed} on`)
  const endsAtMs = performance.now() + hours * 60 * MINUTE_MS
  let failed = 0
  const run = runSeeds({
    suites,
    firstSeed,
    seeds,
    threads: Math.min(availableParallelism(), Math.ceil(seeds / BATCH_SEEDS) * suites.length),
    batchSeeds: BATCH_SEEDS,
    isTimeUp: () => performance.now() >= endsAtMs,
    onFailure: ({ suite, seed: failing, message }) => {
      failed++
      console.log(`${suite}: seed ${failing} failed, ${message}\n  again: npm run simulate -- --suite ${suite} --seed ${failing} --seeds 1`)
    },
  })
  const startedAtMs = performance.now()
  const ticks = setInterval(() => {
    tell(run, (performance.now() - startedAtMs) / MINUTE_MS)
    run.endStuck(STUCK_MINUTES)
  }, MINUTE_MS)
  await run.done
  clearInterval(ticks)
  for (const [name, { counts }] of run.progress) console.log([`\n${name}`, ...Object.entries(counts).map(([kind, count]) => `  ${kind} ${count.toLocaleString('en')}`)].join('\n'))
  tell(run, (performance.now() - startedAtMs) / MINUTE_MS)
  if (failed > 0) process.exitCode = 1
}

function tell({ progress }: SeedRun, minutes: number): void {
  const parts = [...progress].map(([name, { seeds, failures }]) => `${name} ${seeds.toLocaleString('en')} seeds, ${failures} failed`)
  console.log(`${minutes.toFixed(1)} min: ${parts.join('; ')}`)
}

try {
  await main(readCommandLine(process.argv.slice(2), SUITES))
} catch (error) {
  console.error(`simulate: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}
