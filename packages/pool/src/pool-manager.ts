import { INSTANCE_STATES, INTERFACE_VERSION } from '@symphony/interface'
import type { AllocateRequest, ComponentHealth, InstanceRow, ModelNumber, ModelReport, ModelSpec, PoolManager, PoolMetrics, Supervised, Supports, SymphonyError, WaitOptions } from '@symphony/interface'
import { nullEvents, silentLogger, systemClock } from '@symphony/ports'
import { attachRegion, TABLE_LINE } from '@symphony/shared-memory'
import { SlotBackend } from './backend.ts'
import type { PoolBackend } from './backend.ts'
import { Deadlines } from './deadlines.ts'
import { Fleet } from './fleet.ts'
import { HealthWatch } from './health-watch.ts'
import { createPoolRegion, POOL_LAYOUT } from './layout.ts'
import type { PoolRegion } from './layout.ts'
import { LeaseDesk } from './lease-desk.ts'
import type { PoolLease } from './lease.ts'
import { checkedSpec, ModelEntry } from './model-entry.ts'
import { reserveRows } from './model-rows.ts'
import { entryOf } from './pool-core.ts'
import type { PoolCore } from './pool-core.ts'
import { closedError, COMPONENT, poolError } from './pool-error.ts'
import { checkedInit, checkNumber } from './pool-init.ts'
import type { CheckedInit, PoolInit, PoolPorts } from './pool-init.ts'
import { poolHealth, poolMetrics, reportModel } from './pool-report.ts'
import { PoolSupervision } from './pool-supervision.ts'
import { StuckWatch } from './stuck-watch.ts'
import { ThreadBell } from './thread-bell.ts'
import { abortedError, WaitingRoom } from './waiting-room.ts'
import type { Want } from './waiting-room.ts'

/** The pool of this package: the contract, and the region other threads take part in. */
export interface RegionPoolManager extends PoolManager, Supervised {
  /** Its `buffer` is what another thread hands to `attachPoolLeases`. */
  readonly region: PoolRegion
  allocateModel(request: AllocateRequest, options?: WaitOptions): Promise<PoolLease>
  allocateModels(requests: readonly AllocateRequest[], options?: WaitOptions): Promise<readonly PoolLease[]>
  tryAllocateModel(model: string | ModelNumber): PoolLease | undefined
  /** Takes back every slot that another thread held, after it has ended. Returns how many there were. */
  takeBackFrom(holder: number): number
  /**
   * Has another backend work over the same bytes from now on. When it throws, the pool's own steps in within that call.
   * @param make is given the region and the pool's own backend
   * @throws SymphonyError `INVALID_ARGUMENT`
   */
  attachBackend(make: PoolBackend | ((region: PoolRegion, own: PoolBackend) => PoolBackend)): void
}

/**
 * Makes a pool: models are loaded when they are asked for, leased by the slot, and unloaded when they are in the way.
 *
 * @throws SymphonyError `INVALID_ARGUMENT`, `UNKNOWN_KEY`, `CAPACITY_EXCEEDED`, `ALREADY_EXISTS` for a model given twice
 * @example
 * const pool = createPoolManager({ models: [{ id: 'double', runner: functionRunner((input) => input * 2) }] })
 * await using lease = await pool.allocateModel({ model: 'double' })
 * console.log(lease.invoke(21))
 */
export function createPoolManager(init: PoolInit = {}, ports: PoolPorts = {}): RegionPoolManager {
  return new SlotPool(checkedInit(init), ports)
}

class SlotPool implements RegionPoolManager {
  readonly [Symbol.toStringTag] = COMPONENT
  readonly componentName = 'pool'
  readonly interfaceVersion: string = INTERFACE_VERSION
  readonly supports: Supports = Object.freeze({
    sharedRegion: true,
    replayable: false,
    multiThreaded: true,
    features: Object.freeze({ leaseExpiry: true, eviction: true, gangs: true, healthProbes: true, slotLeases: true, supervision: true, stuckThreads: true }),
  })
  readonly region: PoolRegion
  readonly #init: CheckedInit
  readonly #core: PoolCore
  readonly #numbers = new Map<string, ModelNumber>()
  readonly #room: WaitingRoom
  readonly #fleet: Fleet
  readonly #desk: LeaseDesk
  readonly #deadlines: Deadlines
  readonly #healthWatch: HealthWatch
  readonly #stuckWatch: StuckWatch
  readonly #bell: ThreadBell
  readonly #supervision: PoolSupervision
  #slotFreeListeners: readonly ((model: ModelNumber) => void)[] = []
  #idleListeners: readonly ((instance: InstanceRow, idleMs: number) => void)[] = []
  #closing: Promise<void> | undefined

  constructor(init: CheckedInit, ports: PoolPorts) {
    const clock = ports.clock ?? systemClock
    this.#init = init
    this.region = regionFor(init, ports.regionBuffer)
    this.#core = {
      region: this.region,
      backend: new SlotBackend(this.region),
      clock,
      logger: ports.logger ?? silentLogger,
      events: ports.events ?? nullEvents,
      entries: [],
      loaded: [],
      leasesSeen: [],
      isShort: false,
    }
    this.#supervision = new PoolSupervision(this.#core, () => this.#bell.hasOthers)
    if (init.backend !== undefined) this.#supervision.attach(init.backend(this.region))
    this.#deadlines = new Deadlines(clock)
    this.#room = new WaitingRoom(clock, this.#deadlines, init.waitersMax, this.region.tables.models.columns.waiting)
    this.#fleet = new Fleet(this.#core, this.#deadlines, init.memoryBytesMax, {
      hot: (entry, instance) => this.#hot(entry, instance),
      outOfReach: (entry, error) => this.#room.refuseAll(entry, error),
      takeBack: (entry, instance) => this.#desk.takeBackAll(entry, instance),
      awaitsReturn: () => this.#hearOthers(),
    })
    this.#desk = new LeaseDesk(this.#core, this.#room, this.#deadlines, {
      returned: (instance) => this.#fleet.returned(instance),
      idle: (entry, instance) => this.#idle(entry, instance),
      slotFree: (entry) => this.#slotFree(entry),
      unserved: () => this.#hearOthers(),
      suspect: (instance) => this.#healthWatch.probe(instance),
    })
    this.#healthWatch = new HealthWatch(this.#core, this.#deadlines, this.#fleet, init.healthEveryMs)
    this.#stuckWatch = new StuckWatch(this.#core, this.#fleet, init.stuckAfterMs)
    this.#bell = new ThreadBell(this.region, () => this.#needsOthers(), () => this.#heardOthers())
    for (const spec of init.models) this.registerModel(spec)
  }

  registerModel(spec: ModelSpec): ModelNumber {
    this.#assertOpen()
    const checked = checkedSpec(spec, this.#init.memoryBytesMax)
    if (this.#numbers.has(checked.id)) {
      throw poolError('ALREADY_EXISTS', `A model "${checked.id}" is registered. Give the new one another id, for example with its version in it.`, { model: checked.id })
    }
    const number = this.#core.entries.length as ModelNumber
    const entry = new ModelEntry(checked, number, this.region.tables.instances.line[TABLE_LINE.USED] as number)
    reserveRows(this.region, entry)
    this.#core.entries.push(entry)
    this.#numbers.set(entry.id, number)
    this.#fleet.demand(entry)
    return number
  }

  modelNumber(id: string): ModelNumber {
    const number = this.#numbers.get(id)
    if (number === undefined) throw unknownModel(id, this.#core.entries)
    return number
  }

  allocateModel(request: AllocateRequest, options?: WaitOptions): Promise<PoolLease> {
    try {
      this.#assertOpen()
      const { leaseMs, priority } = request
      if (leaseMs !== undefined) checkNumber('leaseMs', leaseMs, 0.001, Number.MAX_SAFE_INTEGER, false)
      if (priority !== undefined) checkNumber('priority', priority, -Number.MAX_VALUE, Number.MAX_VALUE, false)
      const entry = this.#entry(request.model)
      if (options?.signal?.aborted === true) throw abortedError(`"${entry.id}"`, options.signal.reason)
      // Whoever waits already goes first.
      const lease = entry.line.size === 0 ? this.#desk.tryTake(entry, leaseMs ?? 0) : undefined
      if (lease !== undefined) return Promise.resolve(lease)
      const granted = this.#room.enter(entry, priority ?? 0, leaseMs ?? 0, undefined, options)
      this.#fleet.demand(entry)
      this.#hearOthers()
      return granted
    } catch (error) {
      return Promise.reject(error as Error)
    }
  }

  allocateModels(requests: readonly AllocateRequest[], options?: WaitOptions): Promise<readonly PoolLease[]> {
    try {
      this.#assertOpen()
      const wants = requests.map((request) => this.#want(request))
      for (const { entry } of wants) {
        const needed = wants.filter((want) => want.entry === entry).length
        if (needed > entry.slotsTotal) {
          throw poolError('INVALID_ARGUMENT', `${needed} slots of "${entry.id}" are asked for at once, it has ${entry.slotsTotal}. Ask for fewer, or raise instancesMax.`, { needed, slots: entry.slotsTotal })
        }
      }
      if (options?.signal?.aborted === true) throw abortedError(wants.map(({ entry }) => `"${entry.id}"`).join(', '), options.signal.reason)
      if (wants.length === 0) return Promise.resolve([])
      const leases = this.#desk.tryTakeAll(wants)
      if (leases !== undefined) return Promise.resolve(leases)
      return this.#waitForAll(wants, options)
    } catch (error) {
      return Promise.reject(error as Error)
    }
  }

  tryAllocateModel(model: string | ModelNumber): PoolLease | undefined {
    this.#assertOpen()
    return this.#desk.tryTake(this.#entry(model), 0)
  }

  tryAllocateSlots(model: ModelNumber, slots: Int32Array, words: Int32Array, count: number): number {
    this.#assertOpen()
    const entry = this.#entry(model)
    checkColumns(slots, words, count)
    return this.#desk.takeSlots(entry, slots, words, count)
  }

  releaseSlots(model: ModelNumber, slots: Int32Array, words: Int32Array, count: number): number {
    const entry = this.#entry(model)
    checkColumns(slots, words, count)
    return this.#desk.releaseSlots(entry, slots, words, count)
  }

  renewSlots(model: ModelNumber, slots: Int32Array, words: Int32Array, count: number): number {
    this.#assertOpen()
    const entry = this.#entry(model)
    checkColumns(slots, words, count)
    return this.#desk.renewSlots(entry, slots, words, count)
  }

  freeSlots(model: ModelNumber): number {
    return this.#core.backend.freeSlots(this.#entry(model).number)
  }

  async prewarm(model: string | ModelNumber, instances?: number, options: Pick<WaitOptions, 'signal'> = {}): Promise<void> {
    this.#assertOpen()
    const entry = this.#entry(model)
    if (instances !== undefined) checkNumber('instances', instances, 0, Number.MAX_SAFE_INTEGER, true)
    await this.#fleet.prewarm(entry, Math.min(entry.instances, instances ?? Math.max(1, entry.instancesMin)), options.signal)
  }

  async drain(model?: string): Promise<void> {
    this.#assertOpen()
    const entries = model === undefined ? this.#core.entries : [this.#entry(model)]
    await Promise.all(entries.map((entry) => this.#fleet.drain(entry)))
  }

  cool(instance: InstanceRow): boolean {
    if (!(instance >= 0 && instance < (this.region.tables.instances.line[TABLE_LINE.USED] as number))) return false
    if (this.#fleet.cool(instance)) return true
    // What another thread gives back is not seen as it happens: have the composer look again.
    const entry = entryOf(this.#core, instance)
    if (this.#bell.hasOthers && entry.idleMs >= 0 && !this.#core.backend.isIdle(instance)) this.#idle(entry, instance)
    return false
  }

  inspect(model: string): ModelReport {
    return reportModel(this.#core, this.#fleet, this.#entry(model))
  }

  models(): readonly ModelReport[] {
    return this.#core.entries.map((entry) => reportModel(this.#core, this.#fleet, entry))
  }

  metrics(): PoolMetrics {
    return poolMetrics(this.#core, this.#room, this.#init.memoryBytesMax)
  }

  health(): ComponentHealth {
    return poolHealth(this.#core, this.#fleet, this.#room, this.#init.waitersMax, this.#closing !== undefined, this.#supervision.panic)
  }

  onPanic(listener: (error: SymphonyError) => void): () => void {
    return this.#supervision.onPanic(listener)
  }

  checkInvariants(parts: number): string | undefined {
    return this.#supervision.check(parts)
  }

  lookAround(): void {
    this.#stuckWatch.look()
  }

  quarantine(reason: string): void {
    this.#supervision.fail(reason)
  }

  /** Leases are ephemeral: what is in the region is all there is, and enough. */
  reattach(): boolean {
    this.#supervision.repair()
    this.#heardOthers()
    return true
  }

  attachBackend(make: PoolBackend | ((region: PoolRegion, own: PoolBackend) => PoolBackend)): void {
    this.#assertOpen()
    const backend = typeof make === 'function' ? make(this.region, new SlotBackend(this.region)) : make
    if (typeof (backend as Partial<PoolBackend> | undefined)?.takeSlot !== 'function') throw poolError('INVALID_ARGUMENT', 'A backend of the pool has the functions of PoolBackend; begin with SlotBackend.')
    this.#supervision.attach(backend)
  }

  onSlotFree(listener: (model: ModelNumber) => void): () => void {
    this.#slotFreeListeners = [...this.#slotFreeListeners, listener]
    this.#bell.listen()
    return () => void (this.#slotFreeListeners = this.#slotFreeListeners.filter((other) => other !== listener))
  }

  onIdle(listener: (instance: InstanceRow, idleMs: number) => void): () => void {
    this.#idleListeners = [...this.#idleListeners, listener]
    return () => void (this.#idleListeners = this.#idleListeners.filter((other) => other !== listener))
  }

  takeBackFrom(holder: number): number {
    if (!Number.isInteger(holder) || holder < 1) throw poolError('INVALID_ARGUMENT', `A holder is the number attachPoolLeases gave to a thread, not ${String(holder)}.`)
    return this.#desk.takeBackFrom(holder)
  }

  /** Begins to load what is to be kept loaded, and to ask for health. Does not wait for it. */
  start(): void {
    this.#assertOpen()
    this.#fleet.start()
    this.#healthWatch.start()
  }

  stop(): Promise<void> {
    return this.close()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#healthWatch.stop()
    this.#room.close(this.#core.entries)
    await this.#fleet.close()
    this.#deadlines.clear()
    this.#bell.close()
  }

  // ---- waiting

  #waitForAll(wants: readonly Want[], options: WaitOptions | undefined): Promise<never> {
    // Of a gang, the keenest member says when it is its turn.
    const first = wants.reduce((keenest, want) => (want.priority > keenest.priority ? want : keenest))
    const granted = this.#room.enter(first.entry, first.priority, 0, wants, options)
    for (const { entry } of wants) this.#fleet.demand(entry)
    this.#hearOthers()
    return granted
  }

  #want({ model, priority, leaseMs }: AllocateRequest): Want {
    if (leaseMs !== undefined) checkNumber('leaseMs', leaseMs, 0.001, Number.MAX_SAFE_INTEGER, false)
    if (priority !== undefined) checkNumber('priority', priority, -Number.MAX_VALUE, Number.MAX_VALUE, false)
    return { entry: this.#entry(model), priority: priority ?? 0, leaseMs: leaseMs ?? 0 }
  }

  // ---- what the parts tell each other

  #hot(entry: ModelEntry, instance: number): void {
    this.#desk.serve(entry)
    if ((entry.idleMs >= 0 || this.#core.isShort) && this.#core.backend.isIdle(instance)) this.#idle(entry, instance)
  }

  #idle(entry: ModelEntry, instance: number): void {
    if (this.#core.isShort) this.#fleet.retryShort()
    // Room may have been made of this very instance.
    if (entry.idleMs < 0 || this.region.tables.instances.columns.state[instance] !== INSTANCE_STATES.HOT) return
    for (const listener of this.#idleListeners) listener(instance as InstanceRow, entry.idleMs)
  }

  #slotFree(entry: ModelEntry): void {
    const listeners = this.#slotFreeListeners
    for (let index = 0; index < listeners.length; index++) (listeners[index] as (model: ModelNumber) => void)(entry.number)
  }

  #hearOthers(): void {
    if (this.#bell.hasOthers) this.#bell.listen()
  }

  #needsOthers(): boolean {
    return this.#slotFreeListeners.length > 0 || this.#room.size > 0 || this.#core.entries.some((entry) => entry.cooling > 0)
  }

  #heardOthers(): void {
    this.#fleet.returnedElsewhere()
    for (const entry of this.#core.entries) if (entry.hot > 0) this.#desk.serve(entry)
    if (this.#core.isShort) this.#fleet.retryShort()
  }

  #entry(model: string | ModelNumber): ModelEntry {
    const number = typeof model === 'string' ? this.#numbers.get(model) : model
    const entry = this.#core.entries[number as number]
    if (entry === undefined) throw unknownModel(String(model), this.#core.entries)
    return entry
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw closedError()
  }
}

function regionFor(init: CheckedInit, buffer: SharedArrayBuffer | undefined): PoolRegion {
  if (buffer === undefined) return createPoolRegion(init.instancesMax)
  const region = attachRegion(POOL_LAYOUT, buffer)
  if (region.tables.models.line[TABLE_LINE.USED] !== 0) {
    throw poolError('INVALID_ARGUMENT', 'The region of the port "regionBuffer" has been used by another pool. Make a fresh one with createPoolRegion.')
  }
  return region
}

function checkColumns(slots: Int32Array, words: Int32Array, count: number): void {
  checkNumber('count', count, 0, Math.min(slots.length, words.length), true)
}

function unknownModel(id: string, entries: readonly ModelEntry[]): Error {
  const known = entries.slice(0, 10).map((entry) => `"${entry.id}"`).join(', ')
  return poolError('MODEL_UNKNOWN', `No model "${id}" is registered. ${known === '' ? 'Register it with registerModel first.' : `Registered: ${known}${entries.length > 10 ? ', ...' : ''}.`}`, { model: id })
}
