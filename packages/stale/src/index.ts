/**
 * StaleManager: deadlines, expiry, retention and reclamation in slices of bounded time.
 *
 * @example
 * const stale = createStaleManager()
 * stale.onExpire('session', (id) => console.log(`session ${id} is over`))
 * const handle = stale.watch({ kind: 'session', id: 1 }, { ttlMs: 60_000 })
 * stale.touch(handle)
 * stale.sweep(2)
 *
 * @packageDocumentation
 */
export { createStaleManager } from './stale-manager.ts'
export type { RegionStaleManager } from './stale-manager.ts'
export type { StaleInit, StalePorts } from './init.ts'
export { retentionPolicy } from './retention-policy.ts'
export type { RetainedItem, RetentionInit, RetentionSource } from './retention-policy.ts'
export type { WheelBackend } from './wheel-backend.ts'
export { STALE_LAYOUT } from './layout.ts'
export type { StaleLayout } from './layout.ts'
