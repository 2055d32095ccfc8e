import { INTERFACE_VERSION } from '@symphony/interface'
import type { Clock, Entity, ExpiryHandler, ReclaimPlan, ReclaimPolicy, StaleForecast, StaleHealth, StaleManager, Supports, SweepReport, WatchHandle, When } from '@symphony/interface'
import { systemClock } from '@symphony/ports'
import { COMPONENT, failure } from './failures.ts'
import { planFor, reclaimAll } from './reclaim.ts'

/** What a user configures. */
export interface MapStaleInit {
  /** Entities that may be watched at once. Default 10,000: a sweep looks at each of them. */
  readonly watchesMax?: number
}

/** What a composer injects. Time comes in here and nowhere else, so tests and simulations can move it. */
export interface MapStalePorts {
  readonly clock?: Clock
}

interface Watch {
  readonly entity: Entity
  /** Undefined for an entity that is watched by a deadline. */
  readonly ttlMs: number | undefined
  readonly dueMs: number
}

const WINDOWS_MS = [1_000, 60_000, 3_600_000, 86_400_000] as const

export class MapStaleManager implements StaleManager {
  readonly componentName = 'stale'
  readonly interfaceVersion: string = INTERFACE_VERSION
  // Claim only what is there: the suite checks what is claimed, and that the rest is refused.
  readonly supports: Supports = { sharedRegion: false, replayable: false, multiThreaded: false, features: { autoSweep: false } }
  readonly #watchesMax: number
  readonly #clock: Clock
  readonly #handlers = new Map<string, ExpiryHandler>()
  readonly #watches = new Map<WatchHandle, Watch>()
  readonly #policies: ReclaimPolicy[] = []
  #nextHandle = 1
  #expired = 0
  #latestMs = 0
  #handlerFailure: string | undefined
  #policyFailures: readonly string[] = []
  #isClosed = false

  constructor(init: MapStaleInit, ports: MapStalePorts) {
    const { watchesMax = 10_000 } = init
    if (!Number.isInteger(watchesMax) || watchesMax < 1) throw failure('INVALID_ARGUMENT', `watchesMax is ${watchesMax}; give a whole number from 1.`)
    this.#watchesMax = watchesMax
    this.#clock = ports.clock ?? systemClock
  }

  get [Symbol.toStringTag](): string {
    return COMPONENT
  }

  onExpire(kind: string, handler: ExpiryHandler): void {
    if (this.#handlers.has(kind)) throw failure('ALREADY_EXISTS', `"${kind}" has a handler already. Use another kind.`)
    this.#handlers.set(kind, handler)
  }

  watch(entity: Entity, when: When): WatchHandle {
    this.#assertOpen()
    if (!this.#handlers.has(entity.kind)) throw failure('INVALID_ARGUMENT', `Nobody handles "${entity.kind}". Call onExpire("${entity.kind}", ...) first.`)
    const watch = this.#watchOf(entity, when)
    if (this.#watches.size === this.#watchesMax) throw failure('CAPACITY_EXCEEDED', `${this.#watchesMax} entities are watched. Unwatch some, or raise watchesMax.`)
    // A number is never used twice: an old handle can touch nothing new.
    const handle = this.#nextHandle++ as WatchHandle
    this.#watches.set(handle, watch)
    return handle
  }

  touch(handle: WatchHandle, when?: When): boolean {
    const watch = this.#watches.get(handle)
    if (watch === undefined) return false
    if (when === undefined && watch.ttlMs === undefined) throw failure('INVALID_ARGUMENT', 'The entity is watched by a deadline: give touch the new one.')
    this.#watches.set(handle, this.#watchOf(watch.entity, when ?? { ttlMs: watch.ttlMs as number }))
    return true
  }

  unwatch(handle: WatchHandle): boolean {
    return this.#watches.delete(handle)
  }

  sweep(budgetMs: number): SweepReport {
    this.#assertOpen()
    const startedMs = this.#clock.monotonicMs()
    const isOver = (): boolean => this.#clock.monotonicMs() - startedMs >= budgetMs
    const before = this.#expired
    const isTold = this.#tellDue(startedMs, isOver)
    const { reclaimed, freedBytes, failures, more } = reclaimAll([...this.#policies], isOver)
    this.#policyFailures = failures
    return { expired: this.#expired - before, reclaimed, freedBytes, elapsedMs: this.#clock.monotonicMs() - startedMs, more: more || !isTold }
  }

  addPolicy(policy: ReclaimPolicy): () => void {
    this.#policies.push(policy)
    return () => {
      const at = this.#policies.indexOf(policy)
      if (at >= 0) this.#policies.splice(at, 1)
    }
  }

  dryRun(): readonly ReclaimPlan[] {
    return this.#policies.map(planFor).filter((plan) => plan !== undefined)
  }

  nextDueMs(): number | undefined {
    let nextMs: number | undefined
    for (const { dueMs } of this.#watches.values()) if (nextMs === undefined || dueMs < nextMs) nextMs = dueMs
    return nextMs
  }

  forecast(): StaleForecast {
    const nowMs = this.#clock.monotonicMs()
    const nextMs = this.nextDueMs()
    const within = (ms: number): number => [...this.#watches.values()].filter(({ dueMs }) => dueMs <= nowMs + ms).length
    return { dueWithin: WINDOWS_MS.map((ms) => ({ ms, count: within(ms) })), nextDueInMs: nextMs === undefined ? undefined : Math.max(0, nextMs - nowMs) }
  }

  health(): StaleHealth {
    const reasons = [...this.#policyFailures, ...(this.#handlerFailure === undefined ? [] : [this.#handlerFailure])]
    return {
      component: COMPONENT,
      status: this.#isClosed ? 'closed' : reasons.length > 0 ? 'degraded' : 'healthy',
      reasons,
      watched: this.#watches.size,
      expired: this.#expired,
      // The worst ever seen is at least the 99th percentile; a real one needs a histogram.
      latenessMsP99: this.#latestMs,
      heapUsedBytes: process.memoryUsage().heapUsed,
      details: { watchesMax: this.#watchesMax },
    }
  }

  close(): Promise<void> {
    this.#isClosed = true
    this.#watches.clear()
    return Promise.resolve()
  }

  /** Tells about what was due when the sweep began: what handlers watch anew waits for the next one. */
  #tellDue(nowMs: number, isOver: () => boolean): boolean {
    const due = [...this.#watches].filter(([, { dueMs }]) => dueMs <= nowMs).sort(([, a], [, b]) => a.dueMs - b.dueMs)
    for (const [handle, watch] of due) {
      if (isOver()) return false
      // A handler may have taken it back, or put it off, meanwhile.
      if (this.#watches.get(handle) !== watch) continue
      this.#watches.delete(handle)
      this.#tell(handle, watch, nowMs - watch.dueMs)
    }
    return true
  }

  #tell(handle: WatchHandle, { entity }: Watch, latenessMs: number): void {
    this.#expired++
    this.#latestMs = Math.max(this.#latestMs, latenessMs)
    try {
      this.#handlers.get(entity.kind)?.(entity.id, latenessMs, handle)
    } catch (error) {
      this.#handlerFailure = `the handler of "${entity.kind}" threw: ${error instanceof Error ? error.message : String(error)}`
    }
  }

  #watchOf(entity: Entity, when: When): Watch {
    const ttlMs = 'ttlMs' in when ? when.ttlMs : undefined
    const dueMs = 'ttlMs' in when ? this.#clock.monotonicMs() + when.ttlMs : when.deadlineMs
    if (!Number.isFinite(dueMs) || (ttlMs !== undefined && ttlMs < 0)) throw failure('INVALID_ARGUMENT', 'Give a finite deadlineMs, or a ttlMs of 0 or more.')
    return { entity, ttlMs, dueMs }
  }

  #assertOpen(): void {
    if (this.#isClosed) throw failure('CLOSED', 'The stale manager was closed. Make a new one.')
  }
}
