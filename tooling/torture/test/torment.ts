import { describe, expect, it } from 'vitest'
import { missing } from '../src/machine.ts'
import { runCycle, tally } from '../src/scenario.ts'
import type { Counts, Scenario } from '../src/scenario.ts'

/** Far beyond what it takes on a slow machine: a bound, not a measure. */
const TIMEOUT_MS = 900_000

/**
 * The cycles of a scenario that belong to every change, with fixed seeds.
 *
 * @param expected how often what has to have been done at least, once all cycles are over
 */
export function torment(scenario: Scenario, expected: Readonly<Record<string, number>>): void {
  const { name, what, needs, cycles } = scenario
  const reason = missing(needs)
  describe(name, () => {
    it.skipIf(reason !== undefined)(
      reason === undefined ? what : `${what} (left out: ${reason})`,
      async () => {
        const counts: Counts = new Map()
        let seed = 0
        const worker = async (): Promise<void> => {
          while (seed < cycles) await runCycle(scenario, ++seed, counts)
        }
        // Two at a time: a cycle is mostly a wait for a process.
        await Promise.all([worker(), worker()])
        console.log(`${name}: ${cycles} cycles: ${tally(counts)}`)
        for (const [kind, times] of Object.entries(expected)) expect({ kind, times: countOf(counts, kind) }).toEqual({ kind, times: expect.toSatisfy((done: number) => done >= times) })
      },
      TIMEOUT_MS,
    )
  })
}

/** All kinds that begin so. */
function countOf(counts: Counts, kind: string): number {
  return [...counts].reduce((sum, [name, times]) => (name.startsWith(kind) ? sum + times : sum), 0)
}
