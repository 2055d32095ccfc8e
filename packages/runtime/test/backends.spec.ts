import { nativeStatus } from '@symphony/native'
import { createRuntime, parseBackends } from '@symphony/runtime'
import type { BackendChoices } from '@symphony/runtime'
import { createDagTracker } from '@symphony/dag'
import { afterEach, describe, expect, it, vi } from 'vitest'

const hasNative = nativeStatus().isAvailable
const spec = { name: 'w', tasks: [{ id: 'a', run: () => 20 }, { id: 'b', needs: ['a'], run: () => 22 }] }

/** Runs something, and tells what the log said of backends. */
async function said(backend: BackendChoices | undefined): Promise<readonly unknown[]> {
  const lines: unknown[] = []
  const note = (_: string, fields?: Readonly<Record<string, unknown>>): void => void (fields?.['backend'] !== undefined && lines.push(fields['backend']))
  await using symphony = await createRuntime({ ...(backend === undefined ? {} : { backend }), logger: { debug: note, info: note, warn: note, error: note } })
  const run = await symphony.conductor.orchestrate(spec)
  expect(await run.result()).toEqual({ b: 22 })
  return lines
}

afterEach(() => vi.unstubAllEnvs())

describe('the choice of a backend', () => {
  it('is the TypeScript one unless it is made, and then nothing is said', async () => {
    expect(await said(undefined)).toEqual([])
    expect(await said('ts')).toEqual([])
    expect(await said({})).toEqual([])
  })

  it('by "auto" takes what there is, and says so once', async () => {
    const expected = [hasNative ? 'native' : 'ts']
    expect(await said('auto')).toEqual(expected)
    expect(await said({ dag: 'auto' })).toEqual(expected)
  })

  it('of "native" is refused where there is none', async () => {
    if (hasNative) expect(await said('native')).toEqual(['native'])
    else await expect(said('native')).rejects.toMatchObject({ code: 'CAPABILITY_MISSING' })
  })

  it('is overruled by the environment', async () => {
    vi.stubEnv('SYMPHONY_BACKEND', 'ts')
    expect(await said('auto')).toEqual([])
    vi.stubEnv('SYMPHONY_BACKEND', 'dag=auto')
    expect(await said('ts')).toHaveLength(1)
    vi.stubEnv('SYMPHONY_BACKEND', 'rust')
    await expect(said('ts')).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining('SYMPHONY_BACKEND') as string })
  })

  it('is none for a component that was brought along', async () => {
    const lines: string[] = []
    const logger = { debug() {}, info: (message: string) => void lines.push(message), warn() {}, error() {} }
    const brought = (): ReturnType<typeof createDagTracker> => Object.assign(createDagTracker(), { attachBackend: undefined }) as never
    await using _symphony = await createRuntime({ backend: 'auto', dag: brought, logger })
    expect(lines.join()).toMatch(/takes no other backend/)
    await expect(createRuntime({ backend: 'native', dag: brought })).rejects.toMatchObject({ code: 'CAPABILITY_MISSING' })
  })

  it('is read from a word, or from components and words', () => {
    expect(parseBackends('native', 'x')).toBe('native')
    expect(parseBackends('dag=auto', 'x')).toEqual({ dag: 'auto' })
    for (const wrong of ['', 'rust', 'dag', 'dag=', 'dag=rust', 'stale=ts', 'dag=ts,']) expect(() => parseBackends(wrong, '--backend')).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  })

  it.each(['rust', { dag: 'rust' }, { stale: 'ts' }, 3, null])('%j in a configuration is refused', async (backend) => {
    await expect(createRuntime({ backend: backend as never })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })
})
