/**
 * The default ports: where time, chance, messages and files come from when nobody injects anything else, and their virtual
 * twins for tests and simulation; and the watch that lets thousands wait on one signal. Components get them through their factory's `ports` argument and never ask the system.
 *
 * @packageDocumentation
 */
export { AbortWatch } from './abort-watch.ts'
export type { Abortable } from './abort-watch.ts'
export { systemClock } from './system-clock.ts'
export { systemTurns } from './system-turns.ts'
export { VirtualClock } from './virtual-clock.ts'
export { randomSeed, seededRandom } from './seeded-random.ts'
export { jsonLogger, silentLogger } from './logger.ts'
export { nullEvents, nullLog } from './null-log.ts'
export { threadFlags } from './thread-flags.ts'
export { lazyModule } from './lazy-module.ts'
export { ensureFolder } from './ensure-folder.ts'
export { nodeFileSystem, storageError } from './node-file-system.ts'
export { filesWithReserve, SpaceReserve } from './space-reserve.ts'
