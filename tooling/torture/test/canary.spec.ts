import { describe, expect, it } from 'vitest'
import { missing } from '../src/machine.ts'
import { runCycle } from '../src/scenario.ts'
import type { Scenario } from '../src/scenario.ts'
import { killedJournalUnder } from '../src/scenarios/killed-journal.ts'
import { powerCutUnder } from '../src/scenarios/power-cut.ts'

const preload = (name: string): readonly string[] => ['--import', new URL(`../src/programs/${name}-preload.ts`, import.meta.url).href]

/** What the first cycle that fails says. */
async function firstFailure(scenario: Scenario, cycles: number): Promise<string> {
  for (let seed = 1; seed <= cycles; seed++) {
    try {
      await runCycle(scenario, seed, new Map())
    } catch (error) {
      return (error as Error).message
    }
  }
  return 'nothing was noticed'
}

describe('a system that lies is found out', () => {
  it('when it forgets a write now and then', { timeout: 900_000 }, async () => {
    expect(await firstFailure(killedJournalUnder(preload('forgetful-write')), 10)).toMatch(/killed-journal, seed \d+: (record|the log|JOURNAL_CORRUPT|command|the process)[^]*again: npm run torture/)
  })

  const power = powerCutUnder(preload('lying-disk'))
  it.skipIf(missing(power.needs) !== undefined)('when it says that data is on the device and it is not', { timeout: 900_000 }, async () => {
    expect(await firstFailure(power, 10)).toMatch(/power-cut, seed \d+: (record|the log|JOURNAL_CORRUPT)/)
  })
})
