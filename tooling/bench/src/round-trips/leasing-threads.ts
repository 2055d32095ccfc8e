import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Prepared } from '../benchmark.ts'
import { hotPool, MODEL } from '../workloads/hot-pool.ts'

const PAIRS = 200_000

/** Threads that lease at the same time from the region of one pool. */
export async function leasingThreads(count: number): Promise<Prepared> {
  const pool = await hotPool(64)
  const workerData = { buffer: pool.region.buffer, model: pool.modelNumber(MODEL) }
  const workers = Array.from({ length: count }, () => new Worker(new URL('./leasing-thread.ts', import.meta.url), { workerData }))
  await Promise.all(workers.map((worker) => once(worker, 'online')))
  return {
    async run() {
      const done = workers.map((worker) => once(worker, 'message'))
      for (const worker of workers) worker.postMessage(PAIRS)
      await Promise.all(done)
      return count * PAIRS
    },
    async dispose() {
      await Promise.all(workers.map((worker) => worker.terminate()))
      await pool.close()
    },
  }
}
