import { describe, expect, it } from 'vitest'
import { declareSuite, fails, judge } from '@symphony/conformance'
import type { Suite, SuiteSetup } from '@symphony/conformance'
import { SymphonyError } from '@symphony/interface'

interface Adder {
  add(a: number, b: number): number
}

const suite: Suite<Adder> = {
  component: 'adder',
  cases: [
    { name: 'adds', run: async (make) => expect((await make()).component.add(1, 2)).toBe(3) },
    { name: 'adds negatives', needs: ['negatives'], run: async (make) => expect((await make()).component.add(1, -2)).toBe(-1) },
    { name: 'refuses negatives', without: ['negatives'], run: async (make) => void fails('NOT_SUPPORTED', ((it: Adder) => () => it.add(1, -2))((await make()).component)) },
  ],
}

const setup = (add: Adder['add'], negatives: boolean, disposed: string[] = []): SuiteSetup<Adder> => ({
  supports: { sharedRegion: false, replayable: false, multiThreaded: false, features: { negatives } },
  create: () => ({ component: { add }, surroundings: {}, dispose: () => void disposed.push('gone') }),
})

const refusing = (a: number, b: number): number => {
  if (b < 0) throw new SymphonyError({ code: 'NOT_SUPPORTED', component: 'adder', message: 'Negative numbers are not supported here.' })
  return a + b
}

describe('the kit', () => {
  it('gates cases by what is claimed, and tests the negative', async () => {
    const names = (await judge(suite, setup(refusing, false))).map((outcome) => `${outcome.name}: ${outcome.outcome}`)
    expect(names).toEqual(['adds: passed', 'adds negatives: not-run', 'refuses negatives: passed'])
  })

  it('fails a toy that claims what it cannot do, and one that answers instead of refusing', async () => {
    expect((await judge(suite, setup(refusing, true))).map((outcome) => outcome.outcome)).toEqual(['passed', 'failed', 'not-run'])
    expect((await judge(suite, setup((a, b) => a + Math.abs(b), false))).map((outcome) => outcome.outcome)).toEqual(['passed', 'not-run', 'failed'])
  })

  it('disposes of what it made, also after a failure', async () => {
    const disposed: string[] = []
    await judge(suite, setup(() => 0, true, disposed))
    expect(disposed).toHaveLength(2)
  })

  it('reports a skip with its reason', async () => {
    const outcomes = await judge(suite, { ...setup(refusing, true), skip: { 'adds negatives': 'known limit' } })
    expect(outcomes[1]).toEqual({ name: 'adds negatives', outcome: 'not-run', reason: 'skipped by its author: known limit' })
  })
})

declareSuite({ describe, it }, suite, setup(refusing, false))
