/**
 * PoolManager: models, instances and leases, ready before they are asked for.
 *
 * @example
 * const pool = createPoolManager()
 * pool.registerModel({ id: 'double', runner: functionRunner((input) => input * 2), slotsPerInstance: 4 })
 * await using lease = await pool.allocateModel({ model: 'double' }, { timeoutMs: 1_000 })
 * console.log(lease.invoke(21))
 *
 * @packageDocumentation
 */
export { createPoolManager } from './pool-manager.ts'
export type { RegionPoolManager } from './pool-manager.ts'
export type { PoolInit, PoolPorts } from './pool-init.ts'
export type { PoolLease } from './lease.ts'
export { attachPoolLeases } from './worker-leases.ts'
export type { SlotHold, WorkerLeases } from './worker-leases.ts'
export { createPoolRegion, POOL_LAYOUT } from './layout.ts'
export type { PoolLayout, PoolRegion } from './layout.ts'
export { SlotBackend } from './backend.ts'
export type { PoolBackend } from './backend.ts'
export { SLOTS_PER_GATE } from './limits.ts'
