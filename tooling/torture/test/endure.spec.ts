import { existsSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { readCommandLine } from '../src/command-line.ts'
import { endure } from '../src/endure.ts'
import type { Scenario } from '../src/scenario.ts'

const told: string[] = []
beforeEach(() => {
  told.length = 0
  const tell = (line: string): void => void told.push(line)
  vi.spyOn(console, 'log').mockImplementation(tell)
  vi.spyOn(console, 'error').mockImplementation(tell)
})
afterEach(() => vi.restoreAllMocks())

const folders: string[] = []

/** Fails with this seed. */
function scenario(name: string, failsAt?: number): Scenario {
  return {
    name,
    what: 'nothing',
    needs: [],
    cycles: 1,
    run: async ({ seed, folder, count }) => {
      folders.push(folder)
      if (seed === failsAt) throw new Error('the promise was broken')
      count('turns')
    },
  }
}

describe('endure', () => {
  it('lets scenarios take turns with one seed after the other, and removes their folders', async () => {
    expect(await endure([scenario('one'), scenario('other')], { filter: '', hours: 1, seed: 7, cycles: 3 })).toBe(0)
    expect(told.at(-1)).toBe('torture: 6 cycles, 0 failures: 6 turns')
    expect(folders.some((folder) => existsSync(folder))).toBe(false)
  })

  it('tells a failure with its seed and how to see it again, goes on, and answers 1', async () => {
    expect(await endure([scenario('one', 8), scenario('other')], { filter: 'one', hours: 1, seed: 7, cycles: 3 })).toBe(1)
    expect(told.find((line) => line.startsWith('FAILED'))).toBe('FAILED one, seed 8: the promise was broken\n  again: npm run torture -- one --seed 8 --cycles 1')
    expect(told.at(-1)).toBe('torture: 3 cycles, 1 failures: 2 turns')
  })

  it('refuses a filter that nothing matches', async () => {
    await expect(endure([scenario('one')], { filter: 'two', hours: 1, seed: 1, cycles: 1 })).rejects.toThrow('--list')
  })
})

describe('readCommandLine', () => {
  it('knows its options', () => {
    expect(readCommandLine(['power-cut', '--hours', '0.5', '--seed', '3', '--cycles', '2'])).toEqual({ filter: 'power-cut', hours: 0.5, seed: 3, cycles: 2, list: false, help: false })
    expect(readCommandLine([])).toMatchObject({ filter: '', hours: 1, seed: undefined, cycles: Infinity })
  })

  it.each([['--hours', '0'], ['--seed', 'x'], ['--cycles', '0'], ['--moments', '3']])('refuses %s %s', (option, value) => {
    expect(() => readCommandLine([option, value])).toThrow(option)
  })
})
