import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { packagesLoadedBy, symphonyIn } from './symphony-process.ts'
import type { Ended } from './symphony-process.ts'

const sum = fileURLToPath(new URL('./workflows/sum.ts', import.meta.url))
let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'symphony-cli-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

const symphony = (...args: readonly string[]): Promise<Ended> => symphonyIn(folder, ...args)

describe('symphony', () => {
  it('explains itself', async () => {
    const { code, stdout } = await symphony('--help')
    expect(code).toBe(0)
    for (const word of ['run', 'ask', 'runs', 'inspect', 'graph', 'journal', 'doctor', 'recover', 'replay', 'fork', 'config', 'Examples']) expect(stdout).toContain(word)
  })

  it('loads no more than a command needs', async () => {
    expect(await packagesLoadedBy(folder, 'config')).toEqual(['commander', 'interface'])
    await symphony('run', sum, '--input', '3', '--state', 'kept')
    const reading = ['commander', 'dag', 'fastest-levenshtein', 'interface', 'journal', 'ports', 'runtime', 'shared-memory']
    expect(await packagesLoadedBy(folder, 'runs', '--state', 'kept')).toEqual(reading)
  })

  it('says what is wrong with a command line, and exits with 2', async () => {
    const misspelt = await symphony('rnu')
    expect([misspelt.code, misspelt.stderr]).toEqual([2, expect.stringContaining('Did you mean run?')])
    for (const line of [['ask'], ['run', 'docket', '--nope'], ['ask', 'q', '--limit', 'x']]) expect([line, (await symphony(...line)).code]).toEqual([line, 2])
    const unknownApp = await symphony('run', 'doket')
    expect([unknownApp.code, unknownApp.stderr]).toEqual([2, expect.stringContaining('"docket"')])
  })

  it('names an unknown key of the configuration and the nearest one', async () => {
    writeFileSync(join(folder, 'symphony.config.json'), '{ "polcy": "fifo" }')
    const { code, stderr } = await symphony('run', sum, '--input', '3')
    expect([code, stderr]).toEqual([2, expect.stringContaining('did you mean "policy"')])
  })

  it('runs a workflow of a module and prints its result, and only that, as JSON', async () => {
    const { code, stdout, stderr } = await symphony('run', sum, '--input', '100', '--json')
    expect({ code, stdout: JSON.parse(stdout) as unknown, stderr }).toEqual({ code: 0, stdout: 5050, stderr: '' })
  })

  it('says when a part of it is not well, and at the end again', async () => {
    const limping = fileURLToPath(new URL('./workflows/limping.ts', import.meta.url))
    const { code, stdout, stderr } = await symphony('run', limping)
    expect([code, stdout.trim()]).toEqual([0, '1'])
    expect(stderr.match(/@symphony\/pool is degraded(?: since [^ ]+Z)?: 1 of 1 instances of "broken" failed; last: no weights/g)).toHaveLength(2)
  })

  it('remembers what a module\'s tasks left', async () => {
    await symphony('run', sum, '--input', '5')
    const { stdout, stderr } = await symphony('run', sum, '--input', '5')
    expect(stdout.trim()).toBe('15')
    expect(stderr).toContain('5 recalled')
  })

  it('tells that there is nothing to ask yet', async () => {
    const { code, stderr } = await symphony('ask', 'anything?')
    expect(code).not.toBe(0)
    expect(stderr).toContain('symphony run docket')
  })

  it('refuses an input that is not JSON', async () => {
    const { code, stderr } = await symphony('run', sum, '--input', '{')
    expect([code, stderr]).toEqual([2, expect.stringContaining('--input is not JSON')])
  })
})
