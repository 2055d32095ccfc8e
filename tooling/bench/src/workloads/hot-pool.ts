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

/** Leases as numbers on one wide instance, 248 at once. */
export async function columnsAndRelease(): Promise<Prepared> {
  const pool = createPoolManager()
  const model = pool.registerModel({ id: MODEL, runner: functionRunner((input: unknown) => input), slotsPerInstance: 256 })
  await pool.prewarm(MODEL)
  const rows = 248
  const slots = new Int32Array(rows)
  const words = new Int32Array(rows)
  return {
    run() {
      for (let index = 0; index < 40; index++) {
        if (pool.tryAllocateSlots(model, slots, words, rows) !== rows || pool.releaseSlots(model, slots, words, rows) !== rows) throw new Error('a slot is missing')
      }
      return 40 * rows
    },
    dispose: () => pool.close(),
  }
}
