import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { EVENTS } from '@symphony/interface'
import type { LoadedModel, Runner } from '@symphony/interface'
import { createPoolManager, createPoolRegion, SlotBackend } from '@symphony/pool'
import type { PoolInit, PoolPorts, RegionPoolManager } from '@symphony/pool'
import { VirtualClock } from '@symphony/ports'
import { EventReader, EventRing } from '@symphony/shared-memory'

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

/** A runner that loads at once, and what it loaded. */
function atOnce(over: Partial<LoadedModel> = {}): Runner & { readonly loaded: LoadedModel[] } {
  const loaded: LoadedModel[] = []
  return {
    kind: 'test',
    loaded,
    load() {
      const model: LoadedModel = { invoke: (input) => input, unload() {}, ...over }
      loaded.push(model)
      return model
    },
  }
}

async function hot(slotsPerInstance: number, init: PoolInit = {}, ports: PoolPorts = {}): Promise<RegionPoolManager> {
  const pool = createPoolManager(init, ports)
  pool.registerModel({ id: 'm', runner: atOnce(), slotsPerInstance })
  await pool.prewarm('m')
  return pool
}

const code = (expected: string): unknown => expect.objectContaining({ code: expected })

describe('slots', () => {
  it.each([1, 30, 31, 32, 61, 62, 63, 1000])('are exactly as many as were asked for: %i', async (slots) => {
    const pool = await hot(slots)
    const model = pool.modelNumber('m')
    const leases = []
    for (let lease = pool.tryAllocateModel(model); lease !== undefined; lease = pool.tryAllocateModel(model)) leases.push(lease)
    expect([leases.length, pool.freeSlots(model), pool.inspect('m').slotsUsed]).toEqual([slots, 0, slots])
    for (const lease of leases.reverse()) lease.release()
    expect([pool.freeSlots(model), pool.inspect('m').instances[0]?.leasesTotal]).toEqual([slots, slots])
    await pool.close()
  })

  it('have tokens that go on rising when 32 bits are used up', async () => {
    const pool = await hot(1)
    const { token } = pool.region.tables.slots.columns
    token[0] = -2
    const last = pool.tryAllocateModel('m')
    expect(last?.token).toBe(2 ** 32 - 1)
    expect(last?.release()).toBe(true)
    const next = pool.tryAllocateModel('m')
    expect(next?.token).toBe(2 ** 32 + 1)
    expect([last?.isLive, last?.release(), next?.isLive]).toEqual([false, false, true])
    await pool.close()
  })

  it('are published as events, each lease with its beginning and its end', async () => {
    const ring = new EventRing()
    const reader = new EventReader(ring.region.buffer, 0)
    const clock = new VirtualClock()
    const pool = await hot(1, {}, { clock, events: ring })
    pool.tryAllocateModel('m')?.release()
    const late = await pool.allocateModel({ model: 'm', leaseMs: 10 })
    clock.advance(10)
    const seen: [number, number][] = []
    reader.read(({ type, a }) => void (type !== EVENTS.INSTANCE_TRANSITION && seen.push([type, a])))
    expect(seen).toEqual([[EVENTS.LEASE_GRANTED, 1], [EVENTS.LEASE_RELEASED, 1], [EVENTS.LEASE_GRANTED, late.token], [EVENTS.LEASE_EXPIRED, late.token]])
    await pool.close()
  })
})

describe('a lease with a time limit', () => {
  it('lives on as long as it is renewed, also by the progress of its call', async () => {
    const clock = new VirtualClock()
    const pool = createPoolManager({}, { clock })
    pool.registerModel({ id: 'm', runner: atOnce({ invoke: (_, context) => context.progress(0.5) }) })
    const lease = await pool.allocateModel({ model: 'm', leaseMs: 100 })
    clock.advance(90)
    expect(lease.renew()).toBe(true)
    clock.advance(90)
    lease.invoke(1)
    clock.advance(90)
    expect(lease.isLive).toBe(true)
    clock.advance(10)
    expect([lease.isLive, lease.renew()]).toEqual([false, false])
    expect(clock.pendingTimers).toBe(0)
    await pool.close()
  })

  it('leaves no timer behind when it is released', async () => {
    const clock = new VirtualClock()
    const pool = await hot(2, {}, { clock })
    const leases = [await pool.allocateModel({ model: 'm', leaseMs: 1_000 }), await pool.allocateModel({ model: 'm', leaseMs: 500 })]
    expect(clock.pendingTimers).toBe(1)
    for (const lease of leases) lease.release()
    expect(clock.pendingTimers).toBe(0)
    await pool.close()
  })
})

describe('those who wait', () => {
  it('share one listener on a signal they share, and leave in thousands', async () => {
    const pool = await hot(1)
    const held = pool.tryAllocateModel('m')
    const controller = new AbortController()
    const waits = Array.from({ length: 5_000 }, () => pool.allocateModel({ model: 'm' }, { signal: controller.signal }).catch((error: { code: string }) => error.code))
    const patient = pool.allocateModel({ model: 'm', priority: -1 })
    expect([getEventListeners(controller.signal, 'abort').length, pool.region.tables.models.columns.waiting[0]]).toEqual([1, 5_001])
    controller.abort()
    expect(new Set(await Promise.all(waits))).toEqual(new Set(['ABORTED']))
    expect(pool.metrics().waiting).toBe(1)
    held?.release()
    expect((await patient).isLive).toBe(true)
    await pool.close()
  })

  it('with deadlines cost one timer, whenever they are due', async () => {
    const clock = new VirtualClock()
    const pool = await hot(1, {}, { clock })
    pool.tryAllocateModel('m')
    const ended: number[] = []
    for (const timeoutMs of [300, 100, 200, 100]) pool.allocateModel({ model: 'm' }, { timeoutMs }).catch(() => ended.push(timeoutMs))
    expect(clock.pendingTimers).toBe(1)
    clock.advance(199)
    await settle()
    expect(ended).toEqual([100, 100])
    clock.advance(1_000)
    await settle()
    expect([ended, clock.pendingTimers]).toEqual([[100, 100, 200, 300], 0])
    await pool.close()
  })
})

describe('health', () => {
  const unwell = (health: LoadedModel['health']): Promise<readonly string[]> => {
    const clock = new VirtualClock()
    const pool = createPoolManager({ healthEveryMs: 1_000 }, { clock })
    const runner = atOnce(health === undefined ? {} : { health })
    pool.registerModel({ id: 'm', runner, instancesMin: 1 })
    pool.start?.()
    return (async () => {
      clock.advance(1_000)
      await settle()
      clock.advance(5_000)
      await settle()
      const states = pool.inspect('m').instances.map(({ state }) => `${state} after ${runner.loaded.length}`)
      await pool.close()
      expect(clock.pendingTimers).toBe(0)
      return states
    })()
  }

  it('is asked of idle instances, and whoever is not well or does not answer is replaced', async () => {
    let answers = 0
    expect(await unwell(() => answers++ > 0)).toEqual(['hot after 2'])
    let rejections = 0
    expect(await unwell(() => (rejections++ === 0 ? Promise.reject(new Error('no')) : true))).toEqual(['hot after 2'])
    let silences = 0
    expect(await unwell(() => (silences++ === 0 ? new Promise(() => {}) : true))).toEqual(['hot after 2'])
    expect(await unwell(() => true)).toEqual(['hot after 1'])
    expect(await unwell(undefined)).toEqual(['hot after 1'])
  })

  it('of one that was idle when it was asked and has a call by the time it should have answered says nothing', async () => {
    const clock = new VirtualClock()
    const pool = createPoolManager({ healthEveryMs: 1_000 }, { clock })
    const runner = atOnce({ health: () => new Promise<boolean>(() => {}) })
    pool.registerModel({ id: 'm', runner, instancesMin: 1 })
    pool.start?.()
    clock.advance(1_000)
    const lease = pool.tryAllocateModel('m')
    clock.advance(5_000)
    await settle()
    expect([lease?.isLive, runner.loaded.length]).toEqual([true, 1])
    await pool.close()
  })
})

describe('memory', () => {
  it('is charged with what an instance says it occupies, if that is more than was declared', async () => {
    const pool = createPoolManager({ memoryBytesMax: 100 })
    pool.registerModel({ id: 'grown', runner: atOnce({ memoryBytes: () => 70 }), memoryBytes: 10 })
    pool.registerModel({ id: 'modest', runner: atOnce({ memoryBytes: () => 1 }), memoryBytes: 40 })
    pool.registerModel({ id: 'free', runner: atOnce({ memoryBytes: () => 1_000 }) })
    await pool.prewarm('grown')
    await pool.prewarm('free')
    expect(pool.metrics().memoryBytes).toBe(70)
    await pool.prewarm('modest')
    expect([pool.metrics().memoryBytes, pool.metrics().evictions]).toEqual([40, 1])
    expect(pool.models().map(({ instances }) => instances[0]?.memoryBytes)).toEqual([0, 1, 1_000])
    await pool.close()
  })
})

describe('what a pool is made of', () => {
  it('is checked', () => {
    expect(() => createPoolManager({ waiters: 3 } as never)).toThrow(code('UNKNOWN_KEY'))
    expect(() => createPoolManager({ waitersMax: -1 })).toThrow(code('INVALID_ARGUMENT'))
    expect(() => createPoolManager({ memoryBytesMax: Number.NaN })).toThrow(code('INVALID_ARGUMENT'))
    expect(() => createPoolManager({ models: {} as never })).toThrow(code('INVALID_ARGUMENT'))
    expect(() => createPoolManager().registerModel({ id: 'm', runner: atOnce(), slots: 1 } as never)).toThrow(code('UNKNOWN_KEY'))
  })

  it('has room for as many instances as it says, and refuses more without a trace', async () => {
    const pool = createPoolManager({ instancesMax: 3, models: [{ id: 'a', runner: atOnce(), instancesMax: 2 }] })
    expect(() => pool.registerModel({ id: 'b', runner: atOnce(), instancesMax: 2 })).toThrow(code('CAPACITY_EXCEEDED'))
    pool.registerModel({ id: 'b', runner: atOnce() })
    expect(pool.models().map(({ id, instances }) => `${id} ${instances.map(({ row }) => row).join()}`)).toEqual(['a 0,1', 'b 2'])
    await pool.close()
  })

  it('may be bytes of the composer, once', async () => {
    const { buffer } = createPoolRegion(8)
    const pool = await hot(2, {}, { regionBuffer: buffer })
    expect(pool.region.buffer).toBe(buffer)
    expect(() => createPoolManager({}, { regionBuffer: buffer })).toThrow(code('INVALID_ARGUMENT'))
    await pool.close()
  })

  it('may be a backend of somebody else over the same region', async () => {
    let taken = 0
    class Counting extends SlotBackend {
      override takeSlot(model: number): number {
        taken++
        return super.takeSlot(model)
      }
    }
    const pool = await hot(1, { backend: (region) => new Counting(region) })
    pool.tryAllocateModel('m')?.release()
    expect(taken).toBe(1)
    await pool.close()
  })

  it('takes models that load at once, while they are asked for', async () => {
    const pool = createPoolManager()
    pool.registerModel({ id: 'm', runner: atOnce(), instancesMax: 2 })
    const leases = await Promise.all([pool.allocateModel({ model: 'm' }), pool.allocateModel({ model: 'm' })])
    expect(new Set(leases.map(({ instance }) => instance)).size).toBe(2)
    await pool.close()
  })
})
