import { describe, expect, it } from 'vitest'
import { readCommandLine } from '../src/command-line.ts'
import { runSeeds } from '../src/run-seeds.ts'
import type { RunOptions } from '../src/run-seeds.ts'
import type { SeedFailure } from '../src/seeds-thread.ts'
import { SUITES, urlOf } from '../src/suites.ts'
import type { SimulationSuite, SuitePlace } from '../src/suites.ts'

const toy = (name: string): SuitePlace => ({ name, module: `tooling/simulate/test/toys/${name}.ts` })
const ODD = toy('odd-seeds-fail')
const STUCK = toy('seed-7-never-ends')

describe('the command line', () => {
  it('runs all suites for an hour, unless told otherwise', () => {
    expect(readCommandLine([], [ODD, STUCK])).toMatchObject({ hours: 1, seeds: Infinity, seed: undefined, suites: [ODD, STUCK] })
    expect(readCommandLine(['--hours', '0.5', '--suite', STUCK.name], [ODD, STUCK])).toMatchObject({ hours: 0.5, suites: [STUCK] })
    expect(readCommandLine(['--seed', '9', '--seeds', '1'], [ODD])).toMatchObject({ hours: Infinity, seeds: 1, seed: 9 })
  })

  it.each([
    [['--hours', 'x'], '--hours takes a number from 0 on, not "x".'],
    [['--seeds', '0'], '--seeds takes a number from 1 on'],
    [['--seed', '1.5'], '--seed takes a number'],
    [['--suite', 'jurnal'], 'There is no suite "jurnal"; there is odd-seeds-fail.'],
    [['--sed', '1'], '--sed'],
  ])('refuses %j', (args, message) => {
    expect(() => readCommandLine(args, [ODD])).toThrow(message)
  })
})

describe('a run of seeds', () => {
  const run = (options: Partial<RunOptions>): { readonly failures: SeedFailure[]; readonly run: ReturnType<typeof runSeeds> } => {
    const failures: SeedFailure[] = []
    const defaults: RunOptions = { suites: [ODD], firstSeed: 1, seeds: 10, threads: 2, batchSeeds: 3, isTimeUp: () => false, onFailure: (failure) => failures.push(failure) }
    return { failures, run: runSeeds({ ...defaults, ...options }) }
  }

  it('adds up what happened, and tells of every seed that failed', async () => {
    const { failures, run: begun } = run({ suites: [ODD, STUCK], firstSeed: 10 })
    await begun.done
    expect(begun.progress.get(ODD.name)).toEqual({ seeds: 10, failures: 5, counts: { stories: 5, pages: 10 + 12 + 14 + 16 + 18 } })
    expect(begun.progress.get(STUCK.name)).toEqual({ seeds: 10, failures: 0, counts: { stories: 10 } })
    expect(failures.map(({ suite, seed, message }) => `${suite} ${seed} ${message}`).sort()).toEqual([11, 13, 15, 17, 19].map((seed) => `${ODD.name} ${seed} ${seed} is odd`))
  })

  it('tells where a single seed failed', async () => {
    const { failures, run: begun } = run({ firstSeed: 3, seeds: 1 })
    await begun.done
    expect(failures[0]?.message).toContain('odd-seeds-fail.ts')
  })

  it('begins nothing more when the time is up', async () => {
    let asked = 0
    const { run: begun } = run({ firstSeed: 2, seeds: Infinity, threads: 1, isTimeUp: () => ++asked > 3 })
    await begun.done
    expect(begun.progress.get(ODD.name)?.seeds).toBe(9)
  })

  it('takes a seed that does not come to an end for one that failed, and goes on', async () => {
    const { failures, run: begun } = run({ suites: [STUCK], firstSeed: 7, seeds: 6, threads: 1 })
    // However slow the machine: the thread gets no further than its first seed.
    while (failures.length === 0) {
      await new Promise(setImmediate)
      begun.endStuck(20)
    }
    await begun.done
    expect(failures).toContainEqual({ suite: STUCK.name, seed: 7, message: 'it does not come to an end' })
    expect(begun.progress.get(STUCK.name)?.seeds).toBe(3)
  })
})

describe('every suite', () => {
  it.each(SUITES)('$name can be loaded under its name, and a seed is the same story again', async (place) => {
    const suite = (await import(urlOf(place))) as SimulationSuite
    expect(suite.name).toBe(place.name)
    expect(await suite.runSeed(2)).toEqual(await suite.runSeed(2))
  })
})
