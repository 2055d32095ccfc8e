import type { Json, WatchHandle } from './brands.ts'
import type { Component, ComponentHealth, Startable } from './component.ts'

/** What is watched: a kind known to its handler, and the handler's own number for it. */
export interface Entity {
  readonly kind: string
  readonly id: number
}

/** When: at a time of the clock's `monotonicMs`, or so long after now. */
export type When = { readonly deadlineMs: number } | { readonly ttlMs: number }

/** Told when watched entities are due. Must not throw; an entity may be watched again from inside. */
export type ExpiryHandler = (id: number, latenessMs: number, handle: WatchHandle) => void

/** One thing a policy proposes to reclaim. */
export interface ReclaimCandidate {
  readonly id: string
  readonly sizeBytes: number
  /** What it would cost to have it again. */
  readonly recomputeMs: number
  readonly lastUsedAtMs: number
  readonly reason: string
}

/** A rule that finds what may go, and how to let it go. Policies are asked in the order they were added. */
export interface ReclaimPolicy {
  readonly name: string
  /** Bytes the policy wants freed; 0 when it is content. */
  pressureBytes(): number
  /** Candidates, best to lose first. Must never name what is in use. */
  candidates(): Iterable<ReclaimCandidate>
  /** Lets one go. False when it came into use meanwhile. */
  reclaim(candidate: ReclaimCandidate): boolean
}

export interface ReclaimPlan {
  readonly policy: string
  readonly candidates: readonly ReclaimCandidate[]
  readonly freedBytes: number
}

export interface SweepReport {
  readonly expired: number
  readonly reclaimed: number
  readonly freedBytes: number
  readonly elapsedMs: number
  /** True when the time given was not enough; sweep again. */
  readonly more: boolean
}

export interface StaleForecast {
  /** Watched entities due within each of the next windows, ms ahead → count. */
  readonly dueWithin: readonly { readonly ms: number; readonly count: number }[]
  readonly nextDueInMs: number | undefined
}

export interface StaleHealth extends ComponentHealth {
  readonly watched: number
  readonly expired: number
  readonly latenessMsP99: number
  readonly heapUsedBytes: number
  readonly details: Readonly<Record<string, Json>>
}

/**
 * Forgets safely: deadlines, idle times and retention, in slices of bounded time so that nothing else is held up.
 *
 * Watching and unwatching are constant-time writes to columns (a hierarchical timing wheel, Varghese & Lauck 1987).
 */
export interface StaleManager extends Component, Startable {
  /** Who is told about a kind of entity. @throws `ALREADY_EXISTS` */
  onExpire(kind: string, handler: ExpiryHandler): void
  /** @throws SymphonyError `CAPACITY_EXCEEDED`, `INVALID_ARGUMENT` (no handler for the kind) */
  watch(entity: Entity, when: When): WatchHandle
  /** Starts the time anew; for a deadline, `when` has to be given. False when the handle has expired or was unwatched. */
  touch(handle: WatchHandle, when?: When): boolean
  unwatch(handle: WatchHandle): boolean
  /** Tells handlers about what is due, then lets policies reclaim, until done or `budgetMs` is used up. */
  sweep(budgetMs: number): SweepReport
  addPolicy(policy: ReclaimPolicy): () => void
  /** What a sweep would reclaim, without doing it. */
  dryRun(): readonly ReclaimPlan[]
  /** When `sweep` has something to do next, in the clock's monotonicMs. */
  nextDueMs(): number | undefined
  forecast(): StaleForecast
  health(): StaleHealth
  close(): Promise<void>
}
