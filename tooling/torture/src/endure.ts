import { missing } from './machine.ts'
import { runCycle, tally } from './scenario.ts'
import type { Counts, Scenario } from './scenario.ts'

export interface EndureOptions {
  readonly filter: string
  readonly hours: number
  readonly seed: number
  readonly cycles: number
}

const MINUTE_MS = 60_000

/**
 * Lets the scenarios take turns until time is up or each has had its cycles. Tells how far it is once a minute, and every failure as it
 * comes, with its seed; goes on after a failure, since the next one may tell more.
 *
 * @returns the exit code: 0 when every promise was kept
 */
export async function endure(all: readonly Scenario[], { filter, hours, seed, cycles }: EndureOptions): Promise<number> {
  const chosen = all.filter(({ name }) => name.includes(filter)).filter((scenario) => isPossible(scenario))
  if (chosen.length === 0) throw new Error(`no scenario "${filter}" can run here; --list tells what there is`)
  const counts: Counts = new Map()
  const beganMs = performance.now()
  const endMs = beganMs + hours * 60 * MINUTE_MS
  let toldMs = beganMs
  let failures = 0
  let turns = 0
  console.log(`torture: ${chosen.map(({ name }) => name).join(', ')}; ${hours} h from seed ${seed}`)
  for (let turn = 0; turn < cycles && performance.now() < endMs; turn++) {
    for (const scenario of chosen) {
      if (performance.now() >= endMs) break
      try {
        await runCycle(scenario, seed + turn, counts)
      } catch (error) {
        failures++
        console.error(`FAILED ${error instanceof Error ? error.message : String(error)}`)
      }
      turns++
      if (performance.now() - toldMs < MINUTE_MS) continue
      toldMs = performance.now()
      console.log(`${Math.round((toldMs - beganMs) / MINUTE_MS)} min, ${turns} cycles, ${failures} failures, seed ${seed + turn}: ${tally(counts)}`)
    }
  }
  console.log(`torture: ${turns} cycles, ${failures} failures: ${tally(counts)}`)
  return failures === 0 ? 0 : 1
}

function isPossible({ name, needs }: Scenario): boolean {
  const reason = missing(needs)
  if (reason !== undefined) console.log(`torture: ${name} is left out: ${reason}`)
  return reason === undefined
}
