import { Worker } from 'node:worker_threads'
import type { Lease, ModelNumber, PoolManager, Runner } from '@symphony/interface'
import { createPoolManager } from '@symphony/pool'
import { EventRing } from '@symphony/shared-memory'

const rounds = Number(process.argv[2] ?? 5)
const runner: Runner = { kind: 'bench', load: () => ({ invoke: (input) => input, unload() {} }) }

/** Millions of pairs a second, median and spread over the rounds after one to warm up; and what a pair cost this thread. */
async function measure(name: string, pairs: number, run: () => void | Promise<void>): Promise<void> {
  const rates: number[] = []
  const costs: number[] = []
  for (let round = 0; round <= rounds; round++) {
    const cpu = process.threadCpuUsage()
    const start = performance.now()
    await run()
    const elapsedMs = performance.now() - start
    const used = process.threadCpuUsage(cpu)
    if (round === 0) continue
    rates.push(pairs / elapsedMs / 1_000)
    costs.push(((used.user + used.system) / pairs) * 1_000)
  }
  rates.sort((a, b) => a - b)
  costs.sort((a, b) => a - b)
  const middle = rates[rates.length >> 1] as number
  console.log(`${name.padEnd(56)} ${middle.toFixed(2)} M/s (${rates[0]?.toFixed(2)} to ${rates.at(-1)?.toFixed(2)}), ${(costs[costs.length >> 1] as number).toFixed(0)} ns of this thread`)
}

async function hotPool(models: number, instances: number, slots: number, memoryBytes = 0, events?: EventRing): Promise<PoolManager> {
  const pool = createPoolManager({ memoryBytesMax: 2 ** 40 }, events === undefined ? {} : { events })
  for (let index = 0; index < models; index++) {
    pool.registerModel({ id: `m${index}`, runner, instancesMax: instances, slotsPerInstance: slots, memoryBytes })
    await pool.prewarm(`m${index}`, instances)
  }
  return pool
}

for (const [instances, slots] of [[64, 1], [1, 1024], [8, 16]] as const) {
  const pool = await hotPool(1, instances, slots)
  const model = pool.modelNumber('m0')
  await measure(`tryAllocateModel + release, ${instances} x ${slots} slots`, 1_000_000, () => {
    for (let index = 0; index < 1_000_000; index++) pool.tryAllocateModel(model)?.release()
  })
  await pool.close()
}

{
  const pool = await hotPool(1, 64, 1, 0, new EventRing())
  const model = pool.modelNumber('m0')
  await measure('the same, 64 x 1 slots, events on', 1_000_000, () => {
    for (let index = 0; index < 1_000_000; index++) pool.tryAllocateModel(model)?.release()
  })
  const request = { model: 'm0' }
  await measure('allocateModel + release, uncontended, events on', 300_000, async () => {
    for (let index = 0; index < 300_000; index++) (await pool.allocateModel(request)).release()
  })
  await pool.close()
}

{
  const pool = await hotPool(1, 64, 1)
  const request = { model: 'm0' }
  await measure('allocateModel + release, uncontended', 300_000, async () => {
    for (let index = 0; index < 300_000; index++) (await pool.allocateModel(request)).release()
  })
  const held = async (): Promise<void> => {
    const lease: Lease = await pool.allocateModel(request)
    await undefined
    lease.release()
  }
  await measure('1,000 waiters on 64 instances', 200_000, async () => {
    for (let round = 0; round < 200; round++) await Promise.all(Array.from({ length: 1_000 }, held))
  })
  const { signal } = new AbortController()
  let turn = 0
  const choosy = async (): Promise<void> => {
    const lease: Lease = await pool.allocateModel({ model: 'm0', priority: turn++ & 7 }, { timeoutMs: 60_000, signal })
    await undefined
    lease.release()
  }
  await measure('the same, each with priority, deadline and signal', 200_000, async () => {
    for (let round = 0; round < 200; round++) await Promise.all(Array.from({ length: 1_000 }, choosy))
  })
  await pool.close()
}

for (const count of [10, 1_000]) {
  const pool = await hotPool(count, 1, 1, 2 ** 20)
  const models = Array.from({ length: count }, (_, index) => pool.modelNumber(`m${index}`))
  await measure(`an allocation that hits among ${count} models, budget on`, 500_000, () => {
    for (let index = 0; index < 500_000; index++) pool.tryAllocateModel(models[(index * 7) % count] as ModelNumber)?.release()
  })
  await pool.close()
}

{
  const pool = createPoolManager()
  const model = pool.registerModel({ id: 'm', runner, instancesMax: 8, slotsPerInstance: 8 })
  await pool.prewarm('m', 8)
  const workers = [0, 1].map(() => new Worker(new URL('./leasing-thread.ts', import.meta.url), { workerData: { buffer: pool.region.buffer, model, pairs: 500_000 } }))
  await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))))
  await measure('2 worker threads on one region, pairs of both', 1_000_000, async () => {
    const done = workers.map((worker) => new Promise((resolve) => worker.once('message', resolve)))
    for (const worker of workers) worker.postMessage('go')
    await Promise.all(done)
  })
  for (const worker of workers) await worker.terminate()
  await pool.close()
}
