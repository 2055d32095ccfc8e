import { describe, expect, it } from 'vitest'
import { judge, poolSuite } from '@symphony/conformance'
import type { FencingToken, Lease, ModelNumber, PoolManager } from '@symphony/interface'
import { poolSetup } from './pool-setup.ts'

type Overrides = Partial<Record<keyof Lease | keyof PoolManager, unknown>>

/** The same thing with some of it replaced. */
function changed<T extends object>(target: T, overrides: Overrides): T {
  return new Proxy(target, {
    get(from, key) {
      if (Object.hasOwn(overrides, key)) return Reflect.get(overrides, key) as unknown
      const value: unknown = Reflect.get(from, key)
      return typeof value === 'function' ? (value as () => unknown).bind(from) : value
    },
  })
}

/** A pool whose every lease is changed. */
function withLeases(pool: PoolManager, change: (lease: Lease) => Lease): PoolManager {
  return changed(pool, {
    tryAllocateModel(model: string) {
      const lease = pool.tryAllocateModel(model)
      return lease === undefined ? undefined : change(lease)
    },
    allocateModel: async (...args: Parameters<PoolManager['allocateModel']>) => change(await pool.allocateModel(...args)),
  })
}

function withSpecs(pool: PoolManager, without: 'pinned' | 'instancesMin' | 'loadTimeoutMs' | 'idleMs'): PoolManager {
  return changed(pool, { registerModel: ({ [without]: _, ...spec }: Parameters<PoolManager['registerModel']>[0]) => pool.registerModel(spec) })
}

const toys: Readonly<Record<string, readonly [wrap: (pool: PoolManager) => PoolManager, fails: string]>> = {
  'grants a slot twice': [
    (pool) => {
      let last: Lease | undefined
      return changed(pool, { tryAllocateModel: (model: string) => (last = pool.tryAllocateModel(model) ?? last) })
    },
    'leases never exceed the slots of hot instances',
  ],
  'says yes to every release': [(pool) => withLeases(pool, (lease) => changed(lease, { release: () => lease.release() || true })), 'releasing twice does nothing the second time'],
  'gives every lease the same token': [(pool) => withLeases(pool, (lease) => changed(lease, { token: 1 as FencingToken })), 'tokens of a slot rise with every lease'],
  'serves a lease that is over': [
    (pool) => withLeases(pool, (lease) => changed(lease, { invoke: (input: unknown) => (lease.isLive ? lease.invoke(input) : input) })),
    'a lease that is over refuses calls',
  ],
  'loads when tried': [
    (pool) => changed(pool, { tryAllocateModel: (model: string) => pool.tryAllocateModel(model) ?? void pool.prewarm(model).catch(() => {}) }),
    'trying neither loads nor waits',
  ],
  'lets stuck threads be': [
    (pool) => changed(pool, { lookAround: () => {} } as Overrides),
    'an instance whose thread is stuck while it is idle is replaced within a second; one that rests, or has a call, is not',
  ],
  'knows no priority': [
    (pool) => changed(pool, { allocateModel: ({ model }: { model: string }, options: object) => pool.allocateModel({ model }, options) }),
    'who waits goes by priority, then by the order of coming',
  ],
  'knows no deadline': [(pool) => changed(pool, { allocateModel: (request: { model: string }) => pool.allocateModel(request) }), 'a wait ends with its time, and the slot is not lost'],
  'holds what it has while it waits for the rest': [
    (pool) => changed(pool, { allocateModels: (requests: readonly { model: string }[]) => Promise.all(requests.map((request) => pool.allocateModel(request))) }),
    'several slots come all or none, and nothing is held while waiting for the rest',
  ],
  'evicts what is pinned': [(pool) => withSpecs(pool, 'pinned'), 'never unloads what is pinned, busy or at its minimum to make room, and waits instead'],
  'forgets the minimum': [(pool) => withSpecs(pool, 'instancesMin'), 'the minimum is loaded from the start on, and kept'],
  'waits for loads for ever': [(pool) => withSpecs(pool, 'loadTimeoutMs'), 'a load that takes too long has failed, and what it brings later is thrown away'],
  'keeps quiet about idle instances': [(pool) => withSpecs(pool, 'idleMs'), 'tells of instances that become idle, if their model has an idle time'],
  'never takes a lease back': [
    (pool) => changed(pool, { allocateModel: ({ leaseMs: _, ...request }: { model: string; leaseMs?: number }, options: object) => pool.allocateModel(request, options) }),
    'a lease that is not released in time is taken back, and goes to who waits',
  ],
  'claims to have cooled what is busy': [(pool) => changed(pool, { cool: () => true }), 'an idle instance is cooled on request, a busy or cold one is not'],
  'returns slots twice': [
    (pool) => changed(pool, { releaseSlots: (...args: Parameters<PoolManager['releaseSlots']>) => pool.releaseSlots(...args) || args[3] }),
    'slots by the column are leases: counted, exclusive, and returned once',
  ],
  'gives slots back one by one, and tells in between': [
    (pool) => changed(pool, {
      releaseSlots(model: ModelNumber, slots: Int32Array, words: Int32Array, count: number) {
        let released = 0
        for (let at = 0; at < count; at++) released += pool.releaseSlots(model, slots.subarray(at), words.subarray(at), 1)
        return released
      },
    }),
    'slots are free again before anybody is told, so that a listener may take them into the same columns',
  ],
  'renews leases by leaving them as they are': [
    (pool) => changed(pool, { renewSlots: (...[, , , count]: Parameters<PoolManager['releaseSlots']>) => count }),
    'slots that are renewed are leased anew without having been free',
  ],
  'renews leases that are over': [
    (pool) => changed(pool, {
      renewSlots(model: ModelNumber, slots: Int32Array, words: Int32Array, count: number) {
        pool.releaseSlots(model, slots, words, count)
        return pool.tryAllocateSlots(model, slots, words, count)
      },
    }),
    'slots are renewed as far as nobody waits, their leases live and their instance takes something new',
  ],
  'takes slots of one gate only': [
    (pool) => changed(pool, {
      tryAllocateSlots: (model: ModelNumber, slots: Int32Array, words: Int32Array, count: number) => pool.tryAllocateSlots(model, slots, words, Math.min(31, count)),
    }),
    'slots by the column are leases: counted, exclusive, and returned once',
  ],
  'stays broken': [(pool) => changed(pool, { ...({ reattach: () => true } as object) }), 'a pool that has failed inside says so, serves everybody all the same, and is well when it was put right'],
  'leaves everybody waiting at its end': [(pool) => changed(pool, { close: async () => {} }), 'closing turns away who waits, ends leases and unloads everything'],
}

describe('the suite finds a pool that', () => {
  it.each(Object.entries(toys))('%s', async (_, [wrap, fails]) => {
    const only = poolSuite.cases.filter(({ name }) => name === fails)
    expect(await judge({ ...poolSuite, cases: only }, poolSetup(wrap))).toEqual([expect.objectContaining({ name: fails, outcome: 'failed' })])
  })

  it('claims no leases by the column and gives some', async () => {
    const whole = poolSetup()
    const supports = { ...whole.supports, features: { ...whole.supports.features, slotLeases: false } }
    const outcomes = await judge(poolSuite, { ...whole, supports })
    expect(outcomes.filter(({ outcome }) => outcome === 'failed').map(({ name }) => name)).toEqual(['a pool without leases by the column refuses them'])
  })

  it('is not broken just by being looked at', async () => {
    const outcomes = await judge(poolSuite, poolSetup((pool) => withLeases(pool, (lease) => changed(lease, {}))))
    expect(outcomes.filter(({ outcome }) => outcome === 'failed')).toEqual([])
  })
})
