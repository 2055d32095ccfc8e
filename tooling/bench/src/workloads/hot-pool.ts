import { functionRunner } from '@symphony/models'
import { createPoolManager } from '@symphony/pool'
import type { RegionPoolManager } from '@symphony/pool'
import type { Prepared } from '../benchmark.ts'

export const MODEL = 'model'

/** A pool with one model, all instances of which are hot. */
export async function hotPool(instances: number): Promise<RegionPoolManager> {
  const pool = createPoolManager()
  pool.registerModel({ id: MODEL, runner: functionRunner((input: unknown) => input), instancesMax: instances })
  await pool.prewarm(MODEL, instances)
  return pool
}

export async function tryAndRelease(): Promise<Prepared> {
  const pool = await hotPool(64)
  const model = pool.modelNumber(MODEL)
  return {
    run() {
      for (let index = 0; index < 10_000; index++) if (pool.tryAllocateModel(model)?.release() !== true) throw new Error('no slot was free')
      return 10_000
    },
    dispose: () => pool.close(),
  }
}
