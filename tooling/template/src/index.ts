/**
 * A StaleManager over a plain `Map`: the smallest one that passes the suite.
 *
 * @packageDocumentation
 */
import type { StaleManager } from '@symphony/interface'
import { MapStaleManager } from './map-stale-manager.ts'
import type { MapStaleInit, MapStalePorts } from './map-stale-manager.ts'

export type { MapStaleInit, MapStalePorts } from './map-stale-manager.ts'

/**
 * Makes a stale manager. What a user configures comes first, what a composer injects second; without either it works alone.
 *
 * @throws SymphonyError `INVALID_ARGUMENT` for a `watchesMax` that is no whole number from 1
 * @example
 * const stale = createMapStaleManager({ watchesMax: 100 })
 * stale.onExpire('session', (id) => console.log(`session ${id} is over`))
 * stale.watch({ kind: 'session', id: 1 }, { ttlMs: 0 })
 * stale.sweep(10)
 */
export function createMapStaleManager(init: MapStaleInit = {}, ports: MapStalePorts = {}): StaleManager {
  return new MapStaleManager(init, ports)
}
