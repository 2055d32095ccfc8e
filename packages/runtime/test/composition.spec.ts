import { describe, expect, it } from 'vitest'
import { createPoolManager } from '@symphony/pool'
import type { PoolManager } from '@symphony/interface'
import { createRuntime } from '@symphony/runtime'

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
    expect(() => symphony.swapBackend('dag', {})).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
    expect(() => symphony.swapBackend('artifacts', {})).toThrow(expect.objectContaining({ code: 'NOT_SUPPORTED' }))
  })

  it('closes once, whoever asks', async () => {
    const symphony = await createRuntime()
    await Promise.all([symphony.close(), symphony.close()])
    expect(symphony.health().status).toBe('closed')
    await expect(symphony.conductor.orchestrate({ name: 'x', tasks: [{ id: 'a', run: () => 1 }] })).rejects.toMatchObject({ code: 'CLOSED' })
  })
})
