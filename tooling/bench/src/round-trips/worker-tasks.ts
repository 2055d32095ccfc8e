import { fileURLToPath } from 'node:url'
import { workerThreadRunner } from '@symphony/models'
import { createPoolManager } from '@symphony/pool'
import { Piscina } from 'piscina'
import { pool as createWorkerpool } from 'workerpool'
import type { Contestant, Prepared } from '../benchmark.ts'

const TASKS = 2000
const modelUrl = new URL('./echo-model.ts', import.meta.url)

/** Sends small tasks, `inFlight` at a time. */
async function send(task: (id: number) => PromiseLike<unknown>, inFlight: number): Promise<number> {
  for (let id = 0; id < TASKS; id += inFlight) {
    if (inFlight === 1) await task(id)
    else await Promise.all(Array.from({ length: inFlight }, (_, index) => task(id + index)))
  }
  return TASKS
}

/** One thread for one task at a time, else two: as many as the peers get. */
const threadsFor = (inFlight: number): number => (inFlight === 1 ? 1 : 2)

export async function poolTasks(inFlight: number): Promise<Prepared> {
  const pool = createPoolManager()
  const threads = threadsFor(inFlight)
  pool.registerModel({ id: 'echo', runner: workerThreadRunner({ module: modelUrl }), instancesMax: threads, slotsPerInstance: Math.ceil(inFlight / threads) })
  await pool.prewarm('echo', threads)
  const task = async (id: number): Promise<void> => {
    const lease = pool.tryAllocateModel('echo') ?? (await pool.allocateModel({ model: 'echo' }))
    await lease.invoke({ id })
    lease.release()
  }
  return { run: () => send(task, inFlight), dispose: () => pool.close() }
}

export function piscinaTasks(inFlight: number): Contestant {
  return {
    name: 'piscina',
    setup() {
      const threads = threadsFor(inFlight)
      const piscina = new Piscina({ filename: modelUrl.href, name: 'echo', minThreads: threads, maxThreads: threads, concurrentTasksPerWorker: Math.ceil(inFlight / threads) })
      return { run: () => send((id) => piscina.run({ id }, { name: 'echo' }), inFlight), dispose: () => piscina.destroy() }
    },
  }
}

export function workerpoolTasks(inFlight: number): Contestant {
  return {
    name: 'workerpool',
    setup() {
      const script = fileURLToPath(new URL('./echo-workerpool.ts', import.meta.url))
      const pool = createWorkerpool(script, { workerType: 'thread', maxWorkers: threadsFor(inFlight) })
      return { run: () => send((id) => pool.exec('echo', [{ id }]), inFlight), dispose: async () => void (await pool.terminate()) }
    },
  }
}
