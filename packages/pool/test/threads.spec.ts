import { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, it } from 'vitest'
import type { FencingToken, InstanceRow, ModelNumber, Runner } from '@symphony/interface'
import { attachPoolLeases, createPoolManager } from '@symphony/pool'
import type { PoolBackend, RegionPoolManager } from '@symphony/pool'
import { claim, HELD, unclaim } from './workers/claims.ts'

const runner: Runner = { kind: 'test', load: () => ({ invoke: (input) => input, unload() {} }) }
const workers: Worker[] = []

afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.terminate()
})

/** A thread of its own on the pool's region, that answers when it is done. */
function thread(workerData: object): { next(): Promise<unknown>; tell(message: unknown): void; readonly worker: Worker } {
  const worker = new Worker(new URL('./workers/leasing.ts', import.meta.url), { workerData })
  workers.push(worker)
  const answers: unknown[] = []
  const asking: ((answer: unknown) => void)[] = []
  worker.on('message', (answer) => (asking.shift() ?? ((late: unknown) => void answers.push(late)))(answer))
  return { worker, tell: (message) => worker.postMessage(message), next: () => new Promise((resolve) => (answers.length > 0 ? resolve(answers.shift()) : asking.push(resolve))) }
}

async function hotPool(instancesMax: number, slotsPerInstance: number): Promise<{ pool: RegionPoolManager; model: ModelNumber }> {
  const pool = createPoolManager()
  const model = pool.registerModel({ id: 'm', runner, instancesMax, slotsPerInstance })
  await pool.prewarm('m', instancesMax)
  return { pool, model }
}

const instanceOf = (pool: RegionPoolManager, slot: number): InstanceRow => pool.region.tables.gates.columns.instance[slot >> 5] as InstanceRow

describe('leases from several threads', () => {
  it.each([[4, 1], [3, 5], [2, 40]])('never grant a slot twice: %i instances of %i slots', async (instances, slots) => {
    const { pool, model } = await hotPool(instances, slots)
    const claims = new SharedArrayBuffer(HELD.bytes(instances))
    const perThread = 40_000
    const threads = [1, 2].map(() => thread({ buffer: pool.region.buffer, model, claims, slots, count: perThread }))
    for (const one of threads) expect(await one.next()).toBe('attached')
    for (const one of threads) one.tell('run')
    const done = Promise.all(threads.map((one) => one.next()))
    let own = 0
    let errors = 0
    const columns = { slots: new Int32Array(3), words: new Int32Array(3) }
    for (let turn = 0; turn < 2_000; turn++) {
      const taken = pool.tryAllocateSlots(model, columns.slots, columns.words, 3)
      for (const [at, slot] of columns.slots.subarray(0, taken).entries()) errors += claim(claims, instanceOf(pool, slot), slots, (columns.words[at] as number) as FencingToken)
      for (const slot of columns.slots.subarray(0, taken)) unclaim(claims, instanceOf(pool, slot))
      if (pool.releaseSlots(model, columns.slots, columns.words, taken) !== taken || pool.releaseSlots(model, columns.slots, columns.words, taken) !== 0) errors++
      own += taken
      const leases = [pool.tryAllocateModel(model), pool.tryAllocateModel(model)]
      for (const lease of leases) if (lease !== undefined) errors += claim(claims, lease.instance, slots, lease.token)
      for (const lease of leases) {
        if (lease === undefined) continue
        unclaim(claims, lease.instance)
        if (!lease.release() || lease.release()) errors++
        own++
      }
      if (turn % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    expect(await done).toEqual([{ leases: perThread, errors: 0 }, { leases: perThread, errors: 0 }])
    expect(errors).toBe(0)
    const { leasesGranted, leasesReleased } = pool.metrics()
    expect([leasesGranted, leasesReleased, pool.freeSlots(model)]).toEqual([2 * perThread + own, 2 * perThread + own, instances * slots])
    await pool.close()
  })

  it('serve who waits in the pool when another thread gives a slot back', async () => {
    const { pool, model } = await hotPool(1, 1)
    const other = thread({ buffer: pool.region.buffer, model })
    expect(await other.next()).toBe('attached')
    for (let round = 0; round < 20; round++) {
      other.tell('take')
      expect(await other.next()).toBe(true)
      const waiting = pool.allocateModel({ model: 'm' })
      other.tell('give')
      ;(await waiting).release()
      expect(await other.next()).toBe(true)
    }
    await pool.close()
  })

  it('wake who listens for free slots, and end a drain', async () => {
    const { pool, model } = await hotPool(1, 1)
    const other = thread({ buffer: pool.region.buffer, model })
    const heard = new Promise((resolve) => pool.onSlotFree(resolve))
    await other.next()
    other.tell('take')
    await other.next()
    other.tell('give')
    expect(await heard).toBe(model)
    await other.next()
    other.tell('take')
    await other.next()
    const drained = pool.drain()
    expect(pool.inspect('m').instances[0]?.state).toBe('cooling')
    other.tell('give')
    await drained
    expect(pool.inspect('m').instances[0]?.state).toBe('cold')
    await pool.close()
  })

  it('are taken back from a thread that ended, and mean nothing afterwards', async () => {
    const { pool, model } = await hotPool(2, 2)
    const gone = thread({ buffer: pool.region.buffer, model })
    await gone.next()
    for (let slot = 0; slot < 3; slot++) {
      gone.tell('take')
      await gone.next()
    }
    const mine = pool.tryAllocateModel(model)
    await gone.worker.terminate()
    expect(pool.freeSlots(model)).toBe(0)
    const waiting = pool.allocateModel({ model: 'm' })
    expect(pool.takeBackFrom(1)).toBe(3)
    expect(pool.takeBackFrom(1)).toBe(0)
    expect((await waiting).release()).toBe(true)
    expect(mine?.isLive).toBe(true)
    expect(pool.freeSlots(model)).toBe(3)
    expect(pool.metrics().leasesExpired).toBe(3)
    await pool.close()
  })

  it('end with the pool', async () => {
    const { pool, model } = await hotPool(1, 2)
    const leases = attachPoolLeases(pool.region.buffer)
    const hold = leases.tryLease(model)
    expect([hold?.isLive, leases.freeSlots(model)]).toEqual([true, 1])
    await pool.close()
    expect([hold?.isLive, hold?.release(), leases.tryLease(model)]).toEqual([false, false, undefined])
  })

  it('may be had through another backend, for which the TypeScript one steps in', async () => {
    const { pool, model } = await hotPool(1, 2)
    let isBroken = false
    const leases = attachPoolLeases(pool.region.buffer, (_, own) => ({
      ...Object.fromEntries(['takeSlots', 'word', 'token', 'endLease', 'freeSlot', 'freeSlots'].map((name) => [name, (own[name as 'word']).bind(own)])),
      name: 'other',
      get taken() {
        return own.taken
      },
      takeSlot(number: number) {
        if (isBroken) throw new Error('it breaks')
        return own.takeSlot(number)
      },
    }) as unknown as PoolBackend)
    const before = leases.tryLease(model)
    expect([leases.failure, pool.region.tables.slots.columns.holder[0]]).toEqual([undefined, leases.holder])
    isBroken = true
    const after = leases.tryLease(model)
    expect(leases.failure).toMatchObject({ code: 'BACKEND_PANIC', message: expect.stringContaining('it breaks') as string })
    expect([before?.release(), after?.release(), after?.release(), leases.freeSlots(model)]).toEqual([true, true, false, 2])
    await pool.close()
  })

  it('need bytes of a pool', () => {
    expect(() => attachPoolLeases(new SharedArrayBuffer(4096))).toThrow(expect.objectContaining({ code: 'REGION_CORRUPT' }))
  })
})
