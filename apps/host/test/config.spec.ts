import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadConfig } from '../src/config/load-config.ts'
import { validateConfig } from '../src/config/validate-config.ts'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'symphony-config-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

const problemsOf = (value: unknown): readonly string[] => {
  try {
    validateConfig(value, 'test')
  } catch (error) {
    return (error as { details: { problems: readonly string[] } }).details.problems
  }
  throw new Error('the configuration was accepted')
}

describe('configuration', () => {
  it('names an unknown key and the nearest one there is, also inside', () => {
    expect(problemsOf({ polcy: 'fifo' })).toEqual(['polcy: unknown key, did you mean "policy"?'])
    expect(problemsOf({ budgets: [{ tenant: 'a', limitUsd: 1, windowMS: 5 }] })).toEqual(['budgets.0.windowMS: unknown key, did you mean "windowMs"?'])
    expect(problemsOf({ zzzzzzzz: 1 })[0]).toMatch(/unknown key; known are .*policy/)
  })

  it('reports every problem at once, with its path', () => {
    const problems = problemsOf({ policy: 'random', cacheBytesMax: -1, inlineSlots: 1.5, state: 3 })
    expect(problems.map((problem) => problem.split(':')[0]).sort()).toEqual(['cacheBytesMax', 'inlineSlots', 'policy', 'state'])
  })

  it('takes an empty one, and a full one', () => {
    const full = { state: 's', durability: 'sync', policy: 'fair', weights: { a: 2 }, budgets: [{ tenant: '*', limitUsd: 1 }], rates: [{ tenant: 'a', callsPerSecond: 3 }] }
    expect(validateConfig({}, 'test')).toEqual({})
    expect(validateConfig(full, 'test')).toEqual(full)
  })

  it('is found in the folder, as TypeScript or JSON', async () => {
    expect(await loadConfig(folder)).toEqual({ config: {}, file: undefined })
    writeFileSync(join(folder, 'symphony.config.json'), '{ "policy": "fifo" }')
    expect(await loadConfig(folder)).toMatchObject({ config: { policy: 'fifo' } })
    writeFileSync(join(folder, 'symphony.config.ts'), 'export default { policy: "fair" as const }')
    expect(await loadConfig(folder)).toMatchObject({ config: { policy: 'fair' }, file: join(folder, 'symphony.config.ts') })
  })

  it('says what is wrong with a file that cannot be read', async () => {
    writeFileSync(join(folder, 'symphony.config.json'), '{ "policy": ')
    await expect(loadConfig(folder)).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining('symphony.config.json') })
    await expect(loadConfig(folder, 'nowhere.json')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})
