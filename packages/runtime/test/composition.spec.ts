import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createPoolManager } from '@symphony/pool'
import type { PoolManager } from '@symphony/interface'
import { silentLogger } from '@symphony/ports'
import { createRuntime } from '@symphony/runtime'
import type { ComponentPorts } from '@symphony/runtime'

describe('composition', () => {
  it('takes a component of its user in place of ours', async () => {
    let mine: PoolManager | undefined
    await using symphony = await createRuntime({ pool: (ports) => (mine = createPoolManager({}, ports)) })
    expect(symphony.pool).toBe(mine)
    const run = await symphony.conductor.orchestrate({ name: 'one', output: 'a', tasks: [{ id: 'a', run: () => 1 }] })
    expect(await run.result()).toBe(1)
    expect(symphony.pool.metrics().leasesGranted).toBe(1)
  })

  it('refuses a component in the wrong place, by name', async () => {
    const wrong = createRuntime({ stale: ((ports: object) => createPoolManager({}, ports)) as never })
    await expect(wrong).rejects.toMatchObject({ code: 'CAPABILITY_MISSING', message: expect.stringMatching(/"stale".*"pool"/) })
  })

  it('refuses a component built against other contracts', async () => {
    const old = createRuntime({ pool: (ports) => Object.defineProperty(createPoolManager({}, ports), 'interfaceVersion', { value: '9.0.0' }) })
    await expect(old).rejects.toMatchObject({ code: 'CAPABILITY_MISSING', message: expect.stringContaining('9.0.0') })
  })

  it('takes a backend that is one, and says that a component has one only', async () => {
    await using symphony = await createRuntime()
    for (const name of ['dag', 'pool', 'artifacts', 'arbitration', 'stale'] as const) {
      expect(() => symphony.swapBackend(name, {})).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('begin with') }))
    }
    expect(() => symphony.swapBackend('conductor', {})).toThrow(expect.objectContaining({ code: 'NOT_SUPPORTED' }))
  })

  it('closes once, whoever asks', async () => {
    const symphony = await createRuntime()
    await Promise.all([symphony.close(), symphony.close()])
    expect(symphony.health().status).toBe('closed')
    await expect(symphony.conductor.orchestrate({ name: 'x', tasks: [{ id: 'a', run: () => 1 }] })).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it('closes everything else when a component cannot be stopped or closed, and tells the logger', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'symphony-composition-'))
    const warnings: string[] = []
    const logger = { ...silentLogger, warn: (message: string, fields?: object) => void warnings.push(`${message} ${JSON.stringify(fields)}`) }
    const fails = (): Promise<never> => Promise.reject(new Error('the disk is gone'))
    const pool = (ports: ComponentPorts): PoolManager => Object.assign(createPoolManager({}, ports), { beforeStop: fails, stop: fails, close: fails })
    const symphony = await createRuntime({ folder, logger, pool })
    await symphony.close()
    expect(symphony.health().components.filter(({ component, status }) => component !== 'pool' && component !== '@symphony/pool' && status !== 'closed')).toEqual([])
    expect(warnings.filter((warning) => warning.includes('"component":"pool"') && warning.includes('the disk is gone')).length).toBe(3)
    // The folder is free again.
    await (await createRuntime({ folder })).close()
    rmSync(folder, { recursive: true })
  })
})
