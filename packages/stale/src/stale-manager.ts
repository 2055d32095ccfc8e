import { EVENTS, INTERFACE_VERSION, SymphonyError } from '@symphony/interface'
import type { Clock, Entity, EventSink, ExpiryHandler, Json, Logger, ReclaimPlan, ReclaimPolicy, StaleForecast, StaleHealth, StaleManager, Supervised, Supports, SweepReport, WatchHandle, When } from '@symphony/interface'
import { nullEvents, silentLogger, systemClock } from '@symphony/ports'
import { ChangeGuard, createRegion, Histogram, HISTOGRAM_BUCKETS } from '@symphony/shared-memory'
import type { Region } from '@symphony/shared-memory'
import { AutoSweep } from './auto-sweep.ts'
import { ExpiryHandlers } from './expiry-handlers.ts'
import { forecast } from './forecast.ts'
import { checkedInit, COMPONENT, invalid } from './init.ts'
import type { StaleInit, StalePorts } from './init.ts'
import { InvariantCheck } from './invariants.ts'
import { LIST_COUNT, STALE_LAYOUT } from './layout.ts'
import type { StaleLayout } from './layout.ts'
import { Reclamation } from './reclamation.ts'
import type { ReclaimTally } from './reclamation.ts'
import { TimeSlice } from './time-slice.ts'
import { STEP, TimingWheel } from './timing-wheel.ts'
import type { WheelBackend } from './wheel-backend.ts'

const NOTHING_SWEPT: SweepReport = { expired: 0, reclaimed: 0, freedBytes: 0, elapsedMs: 0, more: false }
const BY_DEADLINE = -1
const MEANWHILE = 'What is watched is kept, and told about when it has been put right.'

/** The manager of this package: the contract, and the region its watches live in. */
export interface RegionStaleManager extends StaleManager, Supervised {
  /** The watches, for other threads to read. */
  readonly region: Region<StaleLayout>
  reattach(): boolean
  /**
   * Has another backend do what is done to the wheel from now on, over the same bytes. When it throws, the manager's own steps in.
   * @param make is given the manager's own, to change some of it
   * @throws SymphonyError `INVALID_ARGUMENT`
   */
  attachBackend(make: WheelBackend | ((own: WheelBackend) => WheelBackend)): void
}

/**
 * Makes a manager of deadlines, idle times and retention.
 *
 * Nothing happens by itself until `start()`: call `sweep(budgetMs)` whenever there is time. After `start()` the manager
 * sweeps by itself, in slices, on one timer of the clock port.
 *
 * @throws SymphonyError `INVALID_ARGUMENT`, `UNKNOWN_KEY`
 * @example
 * const stale = createStaleManager()
 * stale.onExpire('lease', (id) => console.log(`lease ${id} is over`))
 * stale.watch({ kind: 'lease', id: 7 }, { ttlMs: 30_000 })
 * stale.start?.()
 */
export function createStaleManager(init: StaleInit = {}, ports: StalePorts = {}): RegionStaleManager {
  return new WheelStaleManager(checkedInit(init), ports)
}

class WheelStaleManager implements RegionStaleManager {
  readonly [Symbol.toStringTag] = COMPONENT
  readonly componentName = 'stale'
  readonly interfaceVersion: string = INTERFACE_VERSION
  readonly supports: Supports = Object.freeze({ sharedRegion: true, replayable: false, multiThreaded: false, features: Object.freeze({ autoSweep: true, policies: true, supervision: true }) })
  readonly region: Region<StaleLayout>
  readonly #init: Required<StaleInit>
  readonly #clock: Clock
  readonly #events: EventSink
  readonly #memory: () => { readonly heapUsedBytes: number }
  readonly #logger: Logger
  readonly #wheel: TimingWheel
  readonly #guard: ChangeGuard
  readonly #invariants: InvariantCheck
  /** Who changes the wheel's links. */
  #backend: WheelBackend
  /** Who is being told about: of a manager that fails before that, it is the first to be told about when it is well. */
  readonly #telling = { isDue: false, kind: 0, id: 0, handle: 0, deadlineMs: 0 }
  readonly #handlers: ExpiryHandlers
  readonly #reclamation: Reclamation
  readonly #lateness: Histogram
  readonly #auto: AutoSweep
  #isSweeping = false
  #isClosed = false
  /** The last sweep had no time left for the policies: they go first in the next one. */
  #policiesWait = false

  constructor(init: Required<StaleInit>, ports: StalePorts) {
    this.#init = init
    this.#clock = ports.clock ?? systemClock
    this.#events = ports.events ?? nullEvents
    this.#memory = ports.memory ?? (() => ({ heapUsedBytes: process.getBuiltinModule('node:v8').getHeapStatistics().used_heap_size }))
    const logger = ports.logger ?? silentLogger
    this.region = createRegion(STALE_LAYOUT, { watches: init.watchesMax, nodes: init.watchesMax + LIST_COUNT, lateness: HISTOGRAM_BUCKETS })
    this.#wheel = new TimingWheel(this.region, init.tickMs, this.#clock.monotonicMs())
    this.#logger = logger
    this.#backend = this.#wheel
    this.#guard = new ChangeGuard(this.region, { component: COMPONENT, who: 'The stale manager', meanwhile: MEANWHILE })
    this.#invariants = new InvariantCheck(this.region)
    this.#handlers = new ExpiryHandlers(logger)
    this.#reclamation = new Reclamation(logger)
    this.#lateness = new Histogram(this.region.tables.lateness.columns.count)
    const sweepable = {
      nextDueMs: () => this.nextDueMs(),
      sweepSlice: () => this.sweep(init.sweepBudgetMs).more,
      hasPolicies: () => this.#reclamation.size > 0,
    }
    this.#auto = new AutoSweep(this.#clock, sweepable, init.policyEveryMs)
  }

  onExpire(kind: string, handler: ExpiryHandler): void {
    this.#assertOpen()
    if (typeof kind !== 'string' || typeof handler !== 'function') throw invalid('onExpire takes the name of a kind and a function.')
    this.#handlers.add(kind, handler)
  }

  watch(entity: Entity, when: When): WatchHandle {
    this.#assertOpen()
    const kind = this.#handlers.numberOf(entity.kind)
    if (kind < 0) throw invalid(`Nobody handles "${entity.kind}". Call onExpire("${entity.kind}", ...) first.`)
    if (typeof entity.id !== 'number') throw invalid(`The id of an entity is a number, not ${typeof entity.id}.`)
    const ttlMs = ttlOf(when)
    const deadlineMs = this.#deadlineOf(when, ttlMs)
    const handle = this.#add(entity.id, deadlineMs, ttlMs)
    if (handle < 0) throw this.#full()
    this.#wheel.mark(this.#wheel.rowAt(handle), kind)
    this.#auto.notice(deadlineMs)
    return handle as WatchHandle
  }

  touch(handle: WatchHandle, when?: When): boolean {
    if (this.#isClosed) return false
    const row = this.#wheel.rowOf(handle)
    if (row < 0) return false
    const ttlMs = when === undefined ? this.#wheel.ttlAt(row) : ttlOf(when)
    if (when === undefined && ttlMs === BY_DEADLINE) throw invalid('The entity is watched by a deadline; touch(handle, when) needs the new one.')
    const deadlineMs = this.#deadlineOf(when, ttlMs)
    this.#move(row, deadlineMs, ttlMs)
    this.#auto.notice(deadlineMs)
    return true
  }

  unwatch(handle: WatchHandle): boolean {
    // What is taken down after the manager needs no error for tidying up.
    if (this.#isClosed) return false
    const row = this.#wheel.rowOf(handle)
    if (row < 0) return false
    // From here on it is not watched, whatever happens.
    this.#wheel.mark(row, undefined)
    if (this.#guard.panic !== undefined) return true
    try {
      this.#backend.remove(row)
    } catch (error) {
      this.#guard.fail(error)
    }
    return true
  }

  sweep(budgetMs: number): SweepReport {
    this.#assertOpen()
    if (!(budgetMs >= 0)) throw invalid(`A sweep needs a budget of 0 ms or more, not ${String(budgetMs)}.`)
    // A handler asked for a sweep: the one under way goes on with what it wanted.
    if (this.#isSweeping) return { ...NOTHING_SWEPT, more: true }
    // Nothing is told about or forgotten until it is well again.
    if (this.#guard.panic !== undefined) return NOTHING_SWEPT
    this.#isSweeping = true
    try {
      return this.#sweepOnce(budgetMs)
    } finally {
      this.#isSweeping = false
    }
  }

  addPolicy(policy: ReclaimPolicy): () => void {
    this.#assertOpen()
    const remove = this.#reclamation.add(policy)
    this.#auto.arm()
    return remove
  }

  dryRun(): readonly ReclaimPlan[] {
    this.#assertOpen()
    return this.#reclamation.plan()
  }

  nextDueMs(): number | undefined {
    if (this.#guard.panic !== undefined) return undefined
    if (this.#telling.isDue) return this.#telling.deadlineMs
    try {
      return this.#backend.nextDueMs()
    } catch (error) {
      this.#guard.fail(error)
      return undefined
    }
  }

  forecast(): StaleForecast {
    return forecast(this.#wheel, this.#clock.monotonicMs())
  }

  health(): StaleHealth {
    const { heapUsedBytes } = this.#memory()
    const watched = this.#wheel.size + (this.#telling.isDue ? 1 : 0)
    const reasons = [...this.#reclamation.failures()]
    if (this.#handlers.lastError !== undefined) reasons.push(`${this.#handlers.errors} expiry handler calls failed; last: ${this.#handlers.lastError}`)
    if (watched > this.#init.watchesMax * 0.9) reasons.push(`${watched} of ${this.#init.watchesMax} watches are in use; raise watchesMax`)
    if (heapUsedBytes > this.#init.heapBytesMax) reasons.push(`${heapUsedBytes} bytes of heap are in use, above heapBytesMax of ${this.#init.heapBytesMax}`)
    const { panic } = this.#guard
    if (panic !== undefined) reasons.unshift(panic.message)
    const details: Record<string, Json> = { handlerErrors: this.#handlers.errors, policies: this.#reclamation.size, watchesMax: this.#init.watchesMax }
    return {
      component: COMPONENT,
      status: this.#isClosed ? 'closed' : panic !== undefined ? 'quarantined' : reasons.length > 0 ? 'degraded' : 'healthy',
      reasons,
      watched,
      expired: this.region.words.expired[0] as number,
      latenessMsP99: this.#lateness.percentile(0.99) / 1_000,
      heapUsedBytes,
      details,
    }
  }

  onPanic(listener: (error: SymphonyError) => void): () => void {
    return this.#guard.onPanic(listener)
  }

  checkInvariants(parts: number): string | undefined {
    const problem = this.#guard.panic === undefined ? this.#invariants.look(parts, this.#handlers.count) : undefined
    if (problem !== undefined) this.quarantine(`what must always hold does not: ${problem}`)
    return problem
  }

  quarantine(reason: string): void {
    this.#guard.fail(reason)
  }

  /** Which rows are watched, and until when, stands in the rows: that is enough. */
  reattach(): boolean {
    this.#backend = this.#wheel
    const lost = this.#wheel.repair(this.#handlers.count)
    this.#guard.clear()
    if (lost > 0) this.#logger.error('Watches were given up in which nothing can be watched: somebody wrote into them.', { watches: lost })
    this.#auto.arm()
    return true
  }

  attachBackend(make: WheelBackend | ((own: WheelBackend) => WheelBackend)): void {
    this.#assertOpen()
    const backend = typeof make === 'function' ? make(this.#wheel) : make
    if (typeof (backend as Partial<WheelBackend> | undefined)?.step !== 'function') throw invalid('A backend of the stale manager has the functions of WheelBackend; begin with the manager\'s own, which a function is given.')
    this.#backend = backend
  }

  /** Begins to sweep by itself. */
  start(): void {
    this.#assertOpen()
    this.#auto.start()
  }

  /** Sweeps no longer by itself; `sweep` still works. */
  stop(): void {
    this.#auto.stop()
  }

  close(): Promise<void> {
    this.#auto.stop()
    this.#isClosed = true
    return Promise.resolve()
  }

  #sweepOnce(budgetMs: number): SweepReport {
    const slice = new TimeSlice(this.#clock, budgetMs)
    const tally: ReclaimTally = { looked: 0, reclaimed: 0, freedBytes: 0 }
    this.#handlers.beginSweep()
    // Expiry without end must not keep memory from being freed.
    const early = this.#policiesWait && this.#reclamation.run(new TimeSlice(this.#clock, budgetMs / 2), tally)
    const expiredBefore = this.region.words.expired[0] as number
    const isSwept = this.#expireDue(slice)
    const isReclaimed = early || (!slice.isOver && this.#reclamation.run(slice, tally))
    this.#policiesWait = !isReclaimed && this.#reclamation.size > 0
    const expired = (this.region.words.expired[0] as number) - expiredBefore
    if (expired + tally.looked > 0) this.#events.publish(EVENTS.SWEEP_ENDED, 0, expired + tally.looked, tally.reclaimed)
    slice.check()
    const { reclaimed, freedBytes } = tally
    return { expired, reclaimed, freedBytes, elapsedMs: slice.nowMs - slice.startedMs, more: !isSwept || this.#policiesWait }
  }

  /** Tells about everything due now. False when the slice was over first. */
  #expireDue(slice: TimeSlice): boolean {
    if (this.#telling.isDue) this.#tell(slice)
    try {
      this.#backend.open(slice.nowMs)
      for (let row = this.#backend.step(); row !== STEP.DONE; row = this.#backend.step()) {
        if (row >= 0) this.#expire(row, slice)
        if (slice.spend()) return false
        if (this.#isClosed || this.#guard.panic !== undefined) return true
      }
    } catch (error) {
      // What a handler throws is kept from here: it is the inside. What is due is told about when it is put right.
      this.#guard.fail(error)
    }
    return true
  }

  #expire(row: number, slice: TimeSlice): void {
    const wheel = this.#wheel
    const latenessMs = slice.nowMs - wheel.deadlineAt(row)
    // Rounding of fractions may put an entry a tick too early into the wheel; it is never told about early.
    if (latenessMs < 0) return this.#backend.refile(row)
    const telling = this.#telling
    telling.kind = wheel.kindAt(row)
    telling.id = wheel.idAt(row)
    telling.handle = wheel.handleAt(row)
    telling.deadlineMs = wheel.deadlineAt(row)
    telling.isDue = true
    wheel.mark(row, undefined)
    // Free before the handler runs: the entity may be watched again from inside, also in a full table.
    this.#backend.release(row)
    this.#tell(slice)
  }

  /** Once, whatever happens. */
  #tell(slice: TimeSlice): void {
    const { kind, id, handle, deadlineMs } = this.#telling
    this.#telling.isDue = false
    const latenessMs = slice.nowMs - deadlineMs
    this.region.words.expired[0]!++
    this.#lateness.record(latenessMs * 1_000)
    this.#events.publish(EVENTS.ENTITY_EXPIRED, handle, id, latenessMs)
    this.#handlers.tell(kind, id, latenessMs, handle)
  }

  // While it is quarantined, what is watched is written down and linked when it is put right.

  #add(id: number, deadlineMs: number, ttlMs: number): number {
    if (this.#guard.panic === undefined) {
      try {
        return this.#backend.add(id, deadlineMs, ttlMs)
      } catch (error) {
        this.#guard.fail(error)
      }
    }
    return this.#wheel.note(id, deadlineMs, ttlMs)
  }

  #move(row: number, deadlineMs: number, ttlMs: number): void {
    if (this.#guard.panic === undefined) {
      try {
        return this.#backend.move(row, deadlineMs, ttlMs)
      } catch (error) {
        this.#guard.fail(error)
      }
    }
    this.#wheel.moveUnlinked(row, deadlineMs, ttlMs)
  }

  #deadlineOf(when: When | undefined, ttlMs: number): number {
    const deadlineMs = ttlMs === BY_DEADLINE ? (when as { readonly deadlineMs: number }).deadlineMs : this.#clock.monotonicMs() + ttlMs
    if (!Number.isFinite(deadlineMs)) throw invalid(`A deadline is a finite time in the clock's monotonicMs, not ${String(deadlineMs)}.`)
    return deadlineMs
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new SymphonyError({ code: 'CLOSED', component: COMPONENT, message: 'The stale manager was closed; create a new one.' })
  }

  #full(): SymphonyError {
    const { watchesMax } = this.#init
    return new SymphonyError({
      code: 'CAPACITY_EXCEEDED',
      component: COMPONENT,
      message: `All ${watchesMax} watches are in use. Unwatch what has ended, or raise watchesMax.`,
      details: { watchesMax },
    })
  }
}

/** The time to live, or -1 when a deadline is given instead. */
function ttlOf(when: When): number {
  if ('ttlMs' in when) {
    if (when.ttlMs >= 0 && when.ttlMs < Infinity) return when.ttlMs
    throw invalid(`A time to live is a finite number of 0 ms or more, not ${String(when.ttlMs)}.`)
  }
  if (typeof when.deadlineMs === 'number') return BY_DEADLINE
  throw invalid('Say when: { ttlMs } from now, or { deadlineMs } in the clock\'s monotonicMs.')
}
