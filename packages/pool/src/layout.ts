import { createRegion, defineLayout, HISTOGRAM_BUCKETS } from '@symphony/shared-memory'
import type { Layout, Region } from '@symphony/shared-memory'
import { GATES_MIN, GATES_PER_INSTANCE, INSTANCES_MAX } from './limits.ts'

const declaration = {
  name: 'pool',
  version: 1,
  words: {
    /** Threads that ever attached besides the writer; the last of them has this number as its holder number. */
    attachedThreads: 'i32',
    /** 1 while the writer wants to hear of slots that other threads give back. */
    attention: 'i32',
    /** Rung by other threads; the writer waits on it. */
    bell: 'i32',
    /** Leases that were not granted at once. */
    leasesWaited: 'f64',
    leasesExpired: 'f64',
    loads: 'f64',
    loadFailures: 'f64',
    evictions: 'f64',
    /** What all loaded instances are charged with. */
    memoryBytes: 'f64',
  },
  tables: {
    /** Instances of a model are consecutive rows, so are its gates: model -> instances -> gates are two additions. */
    models: {
      rows: 4_096,
      columns: { instanceFirst: 'i32', instances: 'i32', slotsPerInstance: 'i32', gateFirst: 'i32', gates: 'i32', gatesPerInstance: 'i32', waiting: 'i32' },
    },
    instances: {
      rows: 4_096,
      columns: { state: 'i32', model: 'i32', gateFirst: 'i32', failures: 'i32', lastUsedAtMs: 'f64', loadMs: 'f64', memoryBytes: 'f64' },
    },
    /** A bit a free slot in `free`, 31 to a word; bit 31 closes the gate. Any thread takes a slot by clearing its bit. */
    gates: { rows: 8_192, columns: { free: 'i32', instance: 'i32' } },
    /**
     * Slot = gate * 32 + bit. `token` is odd while the slot is leased and rises by one with every begin and end of a lease;
     * `era` counts its wraps. Only who cleared the bit begins a lease, only who moves the token on may set the bit again.
     */
    slots: { rows: 262_144, columns: { token: 'i32', era: 'i32', holder: 'i32' } },
    /** Microseconds. */
    waits: { rows: 592, columns: { count: 'i32' } },
    loads: { rows: 592, columns: { count: 'i32' } },
  },
} as const

/** The region of a pool. */
export const POOL_LAYOUT: Layout<typeof declaration> = defineLayout(declaration)
export type PoolLayout = typeof declaration
export type PoolRegion = Region<PoolLayout>

/**
 * Reserves the bytes of a pool. A composer that wants to hold them itself makes them here and hands `region.buffer` to the
 * pool as the port `regionBuffer`.
 *
 * @param instancesMax instances of all models together; default 4,096
 */
export function createPoolRegion(instancesMax: number = INSTANCES_MAX): PoolRegion {
  const gates = Math.max(GATES_MIN, instancesMax * GATES_PER_INSTANCE)
  return createRegion(POOL_LAYOUT, { instances: instancesMax, gates, slots: gates * 32, waits: HISTOGRAM_BUCKETS, loads: HISTOGRAM_BUCKETS })
}
