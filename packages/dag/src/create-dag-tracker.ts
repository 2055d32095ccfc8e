import { RegionDagTracker } from './dag-tracker.ts'
import type { DagInit, DagPorts } from './options.ts'

/**
 * Makes a tracker. Without ports it works alone, in memory.
 *
 * @param init limits and workflows; rows are reserved, not filled
 * @param ports clock, log, events: what a composer injects
 * @throws SymphonyError `CONFIG_INVALID`, and for `workflows` what `defineWorkflow` throws
 * @example
 * const tracker = createDagTracker({ workflows: [build, release] }, { log: journal, events: ring })
 */
export function createDagTracker(init: DagInit = {}, ports: DagPorts = {}): RegionDagTracker {
  return new RegionDagTracker(init, ports)
}
