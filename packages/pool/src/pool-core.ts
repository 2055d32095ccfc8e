import type { Clock, EventSink, LoadedModel, Logger } from '@symphony/interface'
import type { PoolBackend } from './backend.ts'
import type { PoolRegion } from './layout.ts'
import type { ModelEntry } from './model-entry.ts'

/** What the parts of a pool work on together. */
export interface PoolCore {
  readonly region: PoolRegion
  /** Another one after it has failed. */
  backend: PoolBackend
  readonly clock: Clock
  readonly logger: Logger
  readonly events: EventSink
  /** By model number. */
  readonly entries: ModelEntry[]
  /** By instance row: what its runner loaded, while it is hot or cooling. */
  readonly loaded: (LoadedModel | undefined)[]
  /** By instance row: leases a report has seen, of models whose uses are not timed. */
  readonly leasesSeen: number[]
  /** Some load waits for memory that an instance going idle could give. Kept by the fleet. */
  isShort: boolean
}

/** The model an instance belongs to. */
export function entryOf(core: PoolCore, instance: number): ModelEntry {
  return core.entries[core.region.tables.instances.columns.model[instance] as number] as ModelEntry
}

/** Calls `visit` for each instance row of a model. */
export function eachInstance(entry: ModelEntry, visit: (instance: number) => void): void {
  for (let instance = entry.instanceFirst; instance < entry.instanceFirst + entry.instances; instance++) visit(instance)
}
