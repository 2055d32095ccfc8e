import type { Runner } from '@symphony/interface'
import { nativeStatus } from '@symphony/native'
import { nativePool } from '@symphony/native/pool'
import { createPoolManager, SlotBackend } from '@symphony/pool'
import type { PoolBackend, RegionPoolManager } from '@symphony/pool'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { nativeBinding } from '../src/loader.ts'
import { hasNative } from './native-here.ts'
import { Claims, race } from './races/claims.ts'

const THREADS = 8
const LEASES = 1_000_000
const runner: Runner = { kind: 'test', load: () => ({ invoke: (input) => input, unload() {} }) }

/** One slot, several instances among which calls spread, and one instance that is wider than a gate. */
async function hotPool(): Promise<RegionPoolManager> {
  const widths = [[1, 1], [3, 4], [1, 40]] as const
  const pool = createPoolManager({ instancesMax: 8, models: widths.map(([instancesMax, slotsPerInstance], at) => ({ id: `m${at}`, runner, instancesMax, slotsPerInstance })) })
  await Promise.all(widths.map(([count], at) => pool.prewarm(`m${at}`, count)))
  return pool
}

const freeOf = (pool: RegionPoolManager): readonly number[] => pool.models().map(({ number }) => pool.freeSlots(number))

describe.skipIf(!hasNative)('threads on both backends and one region', () => {
  it(`never hold the same slot and lose none: ${THREADS} of ${LEASES} leases each, and the pool's own, that changes its backend all the time`, { timeout: 600_000 }, async () => {
    const pool = await hotPool()
    const free = freeOf(pool)
    const { buffer } = pool.region
    const claims = new SharedArrayBuffer(pool.region.tables.slots.rows * 16)
    const threads = Array.from({ length: THREADS }, (_, at) =>
      new Worker(new URL('./races/racing-thread.ts', import.meta.url), { workerData: { buffer, claims, isNative: at % 2 === 0, models: at < 2 ? [0, 1, 2] : [1, 2], leases: LEASES } }))
    await Promise.all(threads.map((thread) => once(thread, 'message')))
    const done = Promise.all(threads.map((thread) => once(thread, 'message')))
    for (const thread of threads) thread.postMessage('go')
    const own: PoolBackend = new SlotBackend(pool.region)
    const native = nativePool()(pool.region, new SlotBackend(pool.region))
    let swaps = 0
    const errors: unknown[] = [race(own, new Claims(claims), { models: [0, 1, 2], leases: LEASES / 10, every: () => (swaps++ % 2 === 0 ? native : own) })]
    native.detach()
    errors.push(...(await done).flat())
    expect(errors).toEqual(Array(THREADS + 1).fill(0))
    expect(freeOf(pool)).toEqual(free)
    expect(pool.checkInvariants(1)).toBeUndefined()
    const { token } = pool.region.tables.slots.columns
    const begun = token.reduce((sum, word) => sum + word / 2, 0)
    expect(begun).toBeGreaterThan(THREADS * LEASES)
    await pool.close()
  })

  it('attach and die, 500 of them, some by force in the midst of it, and what they held comes back', { timeout: 300_000 }, async () => {
    const before = nativeBinding().liveHandles()
    const pool = await hotPool()
    const free = freeOf(pool)
    const { buffer } = pool.region
    const binary = nativeStatus().attempts.at(-1)?.from
    let holder = 0
    const one = async (isEndless: boolean): Promise<void> => {
      const number = ++holder
      const worker = new Worker(LEASING, { eval: true, execArgv: [], workerData: { buffer, holder: number, isEndless, binary } })
      const exit = once(worker, 'exit')
      await once(worker, 'message')
      if (isEndless) void worker.terminate()
      await exit
      pool.takeBackFrom(number)
    }
    // As attachPoolLeases would count them.
    Atomics.store(pool.region.words.attachedThreads, 0, 500)
    for (let five = 0; five < 100; five++) await Promise.all([true, false, false, false, false].map(one))
    // Who is ended between two words of a slot loses it until the pool is put right; with nobody else about it can be.
    Atomics.store(pool.region.words.attachedThreads, 0, 0)
    pool.reattach?.()
    expect([freeOf(pool), pool.checkInvariants(1), nativeBinding().liveHandles()]).toEqual([free, undefined, before])
    await pool.close()
  })
})

/** Leases and never gives back: others have to. Plain JavaScript, which starts several times faster. */
const LEASING = `
  const { parentPort, workerData } = require('node:worker_threads')
  const { PoolHandle, poolTakeSlot, poolEndLease, poolFreeSlot } = require(workerData.binary)
  const taken = new Int32Array(new SharedArrayBuffer(4))
  const handle = new PoolHandle(new Uint8Array(workerData.buffer), new Uint8Array(taken.buffer), workerData.holder)
  const number = handle.number()
  poolTakeSlot(number, 2)
  parentPort.postMessage('leased')
  while (workerData.isEndless) {
    const slot = poolTakeSlot(number, 1)
    if (slot >= 0 && poolEndLease(number, slot, taken[0])) poolFreeSlot(number, slot)
  }
`
