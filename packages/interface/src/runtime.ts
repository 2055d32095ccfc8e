import type { ArbitrationEngine } from './arbitration.ts'
import type { ArtifactStore } from './artifacts.ts'
import type { ComponentHealth } from './component.ts'
import type { Conductor } from './conductor.ts'
import type { DagTracker } from './dag.ts'
import type { Journal, ReplayReport } from './journal.ts'
import type { PoolManager } from './pool.ts'
import type { ComponentName, EventSink } from './ports.ts'
import type { StaleManager } from './stale.ts'

/** What opening found and did. */
export interface RecoveryReport extends ReplayReport {
  /** Runs that were not ended and go on now. */
  readonly runsResumed: number
  /** Runs whose workflow is not defined (yet). */
  readonly runsQuarantined: number
  readonly elapsedMs: number
}

/** A time in which a component was not well. */
export interface HealthEpisode {
  readonly status: 'degraded' | 'quarantined'
  /** ms since 1970. */
  readonly sinceMs: number
  /** Undefined while it lasts. */
  readonly untilMs: number | undefined
  /** As they were when it began. */
  readonly reasons: readonly string[]
}

/** A component's health as the runtime has followed it. */
export interface SupervisedHealth extends ComponentHealth {
  /** Since when the status is what it is, ms since 1970; as far as anybody has looked: at an event, a heartbeat, or a call of `health`. */
  readonly sinceMs: number
  /** How often it has failed inside, and how often it was restored since. */
  readonly panics: number
  readonly restorations: number
  /** When it was not well so far: the last sixteen times, oldest first. */
  readonly episodes: readonly HealthEpisode[]
}

export interface RuntimeHealth {
  /** As bad as that of the worst component. */
  readonly status: ComponentHealth['status']
  readonly components: readonly SupervisedHealth[]
}

/** The six in one process, composed. */
export interface Runtime extends AsyncDisposable {
  readonly pool: PoolManager
  readonly dag: DagTracker
  readonly artifacts: ArtifactStore
  readonly arbitration: ArbitrationEngine
  readonly stale: StaleManager
  readonly conductor: Conductor
  /** Undefined for a runtime without a state folder. */
  readonly journal: Journal | undefined
  readonly recovery: RecoveryReport
  /** Events of every component. Any thread may read them: attach to the region with an `EventReader` of `@symphony/shared-memory`. */
  readonly events: EventSink & { readonly region: { readonly buffer: SharedArrayBuffer } }
  /**
   * Attaches another backend to a component's region while everything runs. A backend that fails is replaced by the component's own when
   * it is restored.
   * @throws `NOT_SUPPORTED`, `LAYOUT_MISMATCH`, `BACKEND_PANIC` while the component is quarantined
   */
  swapBackend(component: ComponentName, backend: unknown): void
  /**
   * Writes a checkpoint of the state as it is now, while everything goes on: what was logged before it need not be replayed by the next
   * start. They are written from time to time in any case, and at the end. Does nothing without a state folder.
   * @throws SymphonyError (rejects) `STORAGE_FULL`, `STORAGE_FAILED`, `JOURNAL_POISONED`, `CLOSED`, `BACKEND_PANIC` while a component is broken; the
   *   former checkpoint and the log are untouched
   */
  checkpoint(): Promise<void>
  /** How everything feels, why, and since when. Changes are also told as `HEALTH_CHANGED` events and in the log. */
  health(): RuntimeHealth
  close(): Promise<void>
}
