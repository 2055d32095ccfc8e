import { createPoolManager } from '@symphony/pool'
import { functionRunner } from '@symphony/models'
import type { Lease } from '@symphony/interface'
import { createPool } from 'generic-pool'
import pLimit from 'p-limit'
import { Pool as TarnPool } from 'tarn'
import type { Benchmark, Contestant, Prepared } from '../benchmark.ts'
import { leasingThreads } from '../round-trips/leasing-threads.ts'
import { piscinaTasks, poolTasks, workerpoolTasks } from '../round-trips/worker-tasks.ts'
import { columnsAndRelease, hotPool, MODEL, tryAndRelease } from '../workloads/hot-pool.ts'

/** `callers` ask at once, each gives its slot back as soon as it has it. */
async function allocateAndRelease(callers: number): Promise<Prepared> {
  const pool = await hotPool(64)
  const request = { model: MODEL }
  const once = async (): Promise<void> => void (await pool.allocateModel(request)).release()
  return { run: () => repeated(once, callers), dispose: () => pool.close() }
}

/** The slot is kept until a later turn of the microtask queue, so that most callers have to wait. */
async function waitAndRelease(): Promise<Prepared> {
  const pool = await hotPool(64)
  const request = { model: MODEL }
  const once = async (): Promise<void> => {
    const lease: Lease = await pool.allocateModel(request)
    await undefined
    lease.release()
  }
  return { run: () => repeated(once, 1000), dispose: () => pool.close() }
}

async function repeated(once: () => Promise<unknown>, callers: number): Promise<number> {
  const rounds = Math.max(1, Math.floor(2000 / callers))
  for (let round = 0; round < rounds; round++) {
    if (callers === 1) await once()
    else await Promise.all(Array.from({ length: callers }, once))
  }
  return rounds * callers
}

function peers(callers: number, held: boolean): readonly Contestant[] {
  const hold = async (): Promise<void> => undefined
  return [
    {
      name: 'p-limit',
      setup() {
        const limit = pLimit(64)
        return { run: () => repeated(() => limit(hold), callers) }
      },
    },
    {
      name: 'generic-pool',
      setup() {
        const pool = createPool({ create: async () => ({}), destroy: async () => {} }, { min: 64, max: 64 })
        const once = async (): Promise<void> => {
          const resource = await pool.acquire()
          if (held) await hold()
          await pool.release(resource)
        }
        return { run: () => repeated(once, callers), dispose: () => pool.drain().then(() => pool.clear()) }
      },
    },
    {
      name: 'tarn',
      setup() {
        const pool = new TarnPool({ create: () => ({}), destroy: () => {}, min: 64, max: 64 })
        const once = async (): Promise<void> => {
          const resource = await pool.acquire().promise
          if (held) await hold()
          pool.release(resource)
        }
        return { run: () => repeated(once, callers), dispose: () => pool.destroy() }
      },
    },
  ]
}

/** An allocation that hits, among `count` models under a memory budget. */
async function hitAmong(count: number): Promise<Prepared> {
  const pool = createPoolManager({ memoryBytesMax: count * 2 ** 20 })
  for (let index = 0; index < count; index++) {
    pool.registerModel({ id: `model-${index}`, runner: functionRunner((input: unknown) => input), memoryBytes: 2 ** 20 })
    await pool.prewarm(`model-${index}`)
  }
  const models = Array.from({ length: count }, (_, index) => pool.modelNumber(`model-${index}`))
  return {
    run() {
      for (let index = 0; index < 10_000; index++) pool.tryAllocateModel(models[(index * 7) % count] as (typeof models)[number])?.release()
      return 10_000
    },
    dispose: () => pool.close(),
  }
}

export const benchmarks: readonly Benchmark[] = [
  { group: 'Pool', name: 'tryAllocateModel and release', unit: 'op/s', bar: 4e6, setup: tryAndRelease },
  { group: 'Pool', name: 'tryAllocateSlots and releaseSlots, 248 at once', unit: 'op/s', bar: 16e6, setup: columnsAndRelease },
  { group: 'Pool', name: 'lease and release from 2 worker threads on one region', unit: 'op/s', bar: 2e6, setup: () => leasingThreads(2) },
  { group: 'Pool', name: 'allocateModel and release, uncontended', unit: 'op/s', bar: 2e6, setup: () => allocateAndRelease(1), peers: peers(1, false) },
  { group: 'Pool', name: '1,000 waiters on 64 instances', unit: 'op/s', bar: 0.8e6, setup: waitAndRelease, peers: peers(1000, true) },
  { group: 'Pool', name: 'allocation hit among 10 models, memory budget on', unit: 'µs/op', bar: 1, setup: () => hitAmong(10) },
  { group: 'Pool', name: 'allocation hit among 1,000 models, memory budget on', unit: 'µs/op', bar: 1, setup: () => hitAmong(1000) },
  { group: 'Pool', name: 'task to a worker thread and back, one at a time', unit: 'op/s', bar: 10e3, setup: () => poolTasks(1), peers: [piscinaTasks(1), workerpoolTasks(1)] },
  { group: 'Pool', name: 'task to a worker thread and back, 1,000 in flight', unit: 'op/s', bar: 100e3, setup: () => poolTasks(1000), peers: [piscinaTasks(1000), workerpoolTasks(1000)] },
]
