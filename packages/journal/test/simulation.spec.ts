import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { PLANTED_BUGS } from './simulation/planted-bugs.ts'
import type { PlantedBug } from './simulation/planted-bugs.ts'
import type { RangeReport, SeedRange } from './simulation/seed-range-thread.ts'
import { addCounts, zeroCounts } from './simulation/story-counts.ts'

/** Of some 20 crashes and recoveries each. */
const SEEDS = 26_000
const CYCLES_MIN = 500_000
/** A fault that hardly ever struck has shown nothing. */
const STRUCK_MIN = 100
/** Nobody's measure: the seeds are counted, not the time. */
const PATIENCE_MS = 3_600_000

function run(range: SeedRange): Promise<RangeReport> {
  const { promise, resolve, reject } = Promise.withResolvers<RangeReport>()
  const worker = new Worker(new URL('./simulation/seed-range-thread.ts', import.meta.url), { workerData: range, execArgv: ['--conditions=@symphony/source'] })
  worker.once('message', resolve)
  worker.once('error', reject)
  worker.once('exit', (code) => reject(new Error(`the thread ended with ${code}`)))
  return promise
}

const command = (seed: number): string => `npm run simulate -- --suite journal --seed ${seed} --seeds 1`

describe('the journal on a simulated storage', () => {
  it(`survives ${CYCLES_MIN} crashes with everything it has acknowledged`, { timeout: PATIENCE_MS }, async () => {
    const threads = availableParallelism()
    const share = Math.ceil(SEEDS / threads)
    const ranges = Array.from({ length: threads }, (_, index) => ({ from: 1 + index * share, to: Math.min(SEEDS, (index + 1) * share) + 1 }))
    const total = zeroCounts()
    const failures: string[] = []
    for (const report of await Promise.all(ranges.map(run))) {
      addCounts(total, report.counts)
      failures.push(...report.failures.map(({ seed, message }) => `seed ${seed}, ${message}\n  again: ${command(seed)}`))
    }
    console.log(Object.entries(total).map(([kind, count]) => `${kind} ${count}`).join('\n'))
    expect(failures).toEqual([])
    expect(total.cycles).toBeGreaterThanOrEqual(CYCLES_MIN)
    expect(Object.entries(total).filter(([, count]) => count < STRUCK_MIN)).toEqual([])
  })
})

describe('the simulation', () => {
  const bugOf = (name: string): PlantedBug => PLANTED_BUGS.find((bug) => bug.name === name) as PlantedBug

  it('sees: its canary seed fails with a bug, and passes without', async () => {
    const canary = { from: 1, to: 2 }
    expect((await run({ ...canary, bug: bugOf('skipped fsync') })).failures).toHaveLength(1)
    expect((await run(canary)).failures).toEqual([])
  })

  it.each(PLANTED_BUGS)('catches a planted bug: $name', { timeout: PATIENCE_MS }, async (bug) => {
    const { failures } = await run({ from: 1, to: SEEDS + 1, bug })
    expect(failures).toHaveLength(1)
    console.log(`${bug.name}: seed ${failures[0]?.seed}, ${failures[0]?.message}`)
  })
})
