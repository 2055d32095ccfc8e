import { describe, expect, it } from 'vitest'
import type { InstanceRow, Lease, LoadContext, ModelNumber, Runner } from '@symphony/interface'
import { seededRandom, VirtualClock } from '@symphony/ports'
import { createPoolManager, SlotBackend } from '@symphony/pool'
import type { PoolBackend, RegionPoolManager } from '@symphony/pool'

let loads: LoadContext[] = []
const runner: Runner = {
  kind: 'test',
  load: (context) => {
    loads.push(context)
    return { invoke: () => 1, unload: () => {} }
  },
}

type Call = Exclude<keyof PoolBackend, 'name' | 'taken'>
const CALLS: readonly Call[] = ['takeSlot', 'takeSlots', 'word', 'token', 'endLease', 'takeBack', 'freeSlot', 'freeGateSlots', 'relet', 'openInstance', 'closeInstance', 'isIdle', 'usedSlots', 'freeSlots']

/** The pool's own backend, that throws at every so many-th call of one function. */
function failing(own: PoolBackend, call: Call, every: number, when: 'before' | 'after', thrown: () => void): PoolBackend {
  let calls = 0
  return new Proxy(own, {
    get(target, key) {
      const value = target[key as Call] as unknown
      if (typeof value !== 'function') return value
      return (...args: readonly unknown[]): unknown => {
        const fails = key === call && ++calls % every === 0
        const result = fails && when === 'before' ? undefined : (value as (...all: readonly unknown[]) => unknown).apply(target, [...args])
        if (!fails) return result
        thrown()
        throw new Error(`${call} fails`)
      }
    },
  })
}

const SLOTS = 12

/** Some hundred steps of everybody who uses a pool. Nobody may ever hold a slot that somebody else holds. */
async function use(pool: RegionPoolManager, model: ModelNumber, clock: VirtualClock, afterStep: () => void): Promise<void> {
  const random = seededRandom(7)
  const leases: Lease[] = []
  const waiting: Promise<unknown>[] = []
  const slots = new Int32Array(SLOTS)
  const words = new Int32Array(SLOTS)
  const held: { readonly slot: number; readonly word: number }[] = []
  const pick = (count: number): number => Math.floor(random.next() * count)
  for (let step = 0; step < 400; step++) {
    const what = pick(7)
    if (what === 0) {
      const lease = pool.tryAllocateModel(model)
      if (lease !== undefined) leases.push(lease)
    } else if (what === 1) {
      const taken = pool.tryAllocateSlots(model, slots, words, 1 + pick(4))
      for (let at = 0; at < taken; at++) held.push({ slot: slots[at] as number, word: words[at] as number })
    } else if (what === 2) leases.splice(pick(leases.length), 1)[0]?.release()
    else if (what === 3) {
      const back = held.splice(0, pick(4))
      expect(pool.releaseSlots(model, Int32Array.from(back, ({ slot }) => slot), Int32Array.from(back, ({ word }) => word), back.length)).toBe(back.length)
    } else if (what === 4 && waiting.length < 20) waiting.push(pool.allocateModel({ model: 'm', leaseMs: 1 + pick(5) }))
    else if (what === 5) clock.advance(pick(3))
    else pool.cool(pick(3) as InstanceRow)
    await Promise.resolve()
    const { slotsUsed } = pool.inspect('m')
    expect(slotsUsed).toBeLessThanOrEqual(SLOTS)
    expect(new Set(held.map(({ slot }) => slot)).size).toBe(held.length)
    afterStep()
  }
  // An instance breaks, with whatever is leased of it.
  loads[0]?.fail?.(new Error('broken'))
  afterStep()
  for (const lease of leases) lease.release()
  pool.releaseSlots(model, Int32Array.from(held, ({ slot }) => slot), Int32Array.from(held, ({ word }) => word), held.length)
  clock.advance(100)
  await Promise.all(waiting)
  clock.advance(100)
}

describe('a backend of the pool that fails', () => {
  for (const call of CALLS) {
    it(`in ${call}: everybody is served, no slot is lost, none is anybody's twice`, async () => {
      let failures = 0
      for (const every of call === 'takeBack' ? [1, 2, 3] : [1, 3, 31]) {
        for (const when of ['before', 'after'] as const) {
          const clock = new VirtualClock()
          loads = []
          const pool = createPoolManager({ instancesMax: 8, models: [{ id: 'm', runner, instancesMax: 3, slotsPerInstance: 4 }] }, { clock })
          let panics = 0
          const attach = (): void => pool.attachBackend((_, own) => failing(own, call, every, when, () => void failures++))
          pool.onPanic((error) => {
            expect(error).toMatchObject({ code: 'BACKEND_PANIC', retryable: true })
            panics++
          })
          await pool.prewarm('m', 3)
          attach()
          await use(pool, pool.modelNumber('m'), clock, () => {
            if (pool.health().status !== 'quarantined') return
            expect(pool.reattach?.()).toBe(true)
            if (panics < 50) attach()
          })
          pool.reattach?.()
          await pool.prewarm('m', 3)
          expect(pool.inspect('m').slotsUsed).toBe(0)
          expect(pool.freeSlots(pool.modelNumber('m'))).toBe(SLOTS)
          expect(pool.checkInvariants(1)).toBeUndefined()
          expect(pool.health().status).toBe('healthy')
          await pool.close()
        }
      }
      expect(failures).toBeGreaterThan(0)
    })
  }

  it('is found out by the slots that are leased and free', async () => {
    const pool = createPoolManager({ models: [{ id: 'm', runner, slotsPerInstance: 4 }] })
    await pool.prewarm('m')
    const lease = pool.tryAllocateModel('m')
    expect(pool.checkInvariants(1)).toBeUndefined()
    Atomics.or(pool.region.tables.gates.columns.free, 0, 0b1111)
    expect(pool.checkInvariants(1)).toContain('is leased, and free')
    expect(pool.health()).toMatchObject({ status: 'quarantined', reasons: [expect.stringContaining('leased, and free')] })
    pool.reattach?.()
    expect([pool.health().status, pool.freeSlots(pool.modelNumber('m')), lease?.release()]).toEqual(['healthy', 3, true])
    await pool.close()
  })

  it('is let go of once: when another one takes its place, when the pool is put right, and when it is closed', async () => {
    const pool = createPoolManager()
    const letGo: string[] = []
    const named = (name: string): PoolBackend => Object.assign(new Proxy(new SlotBackend(pool.region), {}), { name, detach: () => void letGo.push(name), constructor: Object })
    const first = named('first')
    pool.attachBackend(first)
    pool.attachBackend(first)
    expect(letGo).toEqual([])
    pool.attachBackend((_, own) => own)
    pool.attachBackend(named('second'))
    pool.reattach?.()
    pool.attachBackend(named('third'))
    await pool.close()
    expect(letGo).toEqual(['first', 'second', 'third'])
  })

  it('is none of the pool unless it is one', async () => {
    const pool = createPoolManager()
    expect(() => pool.attachBackend({} as PoolBackend)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
    expect(() => pool.attachBackend((region) => new SlotBackend(region))).not.toThrow()
    await pool.close()
  })
})
