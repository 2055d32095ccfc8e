import { assert, EVENTS, INSTANCE_STATES } from '@symphony/interface'
import type { LoadedModel } from '@symphony/interface'
import { Histogram } from '@symphony/shared-memory'
import { backOffMs } from './back-off.ts'
import type { Deadlines } from './deadlines.ts'
import { chooseVictims } from './eviction.ts'
import { moveState } from './life-cycle.ts'
import { discard, Loading } from './loading.ts'
import type { LoadingEnd } from './loading.ts'
import { measuredBytes } from './measured-bytes.ts'
import type { ModelEntry } from './model-entry.ts'
import { eachInstance, entryOf } from './pool-core.ts'
import type { PoolCore } from './pool-core.ts'
import { closedError, messageOf, poolError } from './pool-error.ts'
import { unloadModel } from './unloading.ts'

const { COLD, WARMING, HOT, COOLING, FAILED } = INSTANCE_STATES

/** What the fleet tells the rest of the pool. */
export interface FleetListener {
  /** An instance is hot and open: its slots may be taken. */
  hot(entry: ModelEntry, instance: number): void
  /** No instance can come to those who wait for the model. */
  outOfReach(entry: ModelEntry, error: unknown): void
  /** An instance is gone or about to go: ends the leases that are on it. */
  takeBack(entry: ModelEntry, instance: number): void
  /** An instance cannot go before slots of it come back. */
  awaitsReturn(): void
}

/**
 * The instances: loaded when they are wanted, unloaded when they are idle, replaced when they break, within the memory budget.
 *
 * One rule brings them: {@link Fleet.demand} compares what is wanted of a model with what is there or on its way, and is called
 * after everything that may change either.
 */
export class Fleet implements LoadingEnd {
  readonly #core: PoolCore
  readonly #deadlines: Deadlines
  readonly #listener: FleetListener
  readonly #memoryBytesMax: number
  readonly #columns: PoolCore['region']['tables']['instances']['columns']
  readonly #loadTimes: Histogram
  readonly #loadings: (Loading | undefined)[] = []
  readonly #unloadingNow = new Set<number>()
  /** Those who want to know when an instance has gone cold. */
  readonly #whenCold = new Map<number, (() => void)[]>()
  readonly #lastErrors = new Map<number, unknown>()
  readonly #short = new Set<ModelEntry>()
  /** Models to look at. */
  readonly #demanded = new Set<ModelEntry>()
  #isLoading = false
  #isStarted = false
  #isClosed = false

  constructor(core: PoolCore, deadlines: Deadlines, memoryBytesMax: number, listener: FleetListener) {
    this.#core = core
    this.#deadlines = deadlines
    this.#memoryBytesMax = memoryBytesMax
    this.#listener = listener
    this.#columns = core.region.tables.instances.columns
    this.#loadTimes = new Histogram(core.region.tables.loads.columns.count)
  }

  /** Models with a load that waits for memory. */
  get shortModels(): readonly string[] {
    return [...this.#short].map((entry) => entry.id)
  }

  lastError(instance: number): unknown {
    return this.#lastErrors.get(instance)
  }

  /** From now on every model keeps its minimum. */
  start(): void {
    this.#isStarted = true
    for (const entry of this.#core.entries) this.demand(entry)
  }

  /**
   * Begins the loads that are wanted, as far as instances, memory and back-off allow. What is demanded in the middle of that,
   * because a load or an unload was done at once, has its turn after it: no load looks at a fleet that is half moved.
   */
  demand(entry: ModelEntry): void {
    if (this.#isClosed || (entry.hot === entry.instances && !this.#core.isShort)) return
    this.#demanded.add(entry)
    if (this.#isLoading) return
    this.#isLoading = true
    try {
      // A set hands over what is added while it is walked through.
      for (const next of this.#demanded) {
        this.#demanded.delete(next)
        this.#loadWanted(next)
      }
    } finally {
      this.#isLoading = false
    }
  }

  #loadWanted(entry: ModelEntry): void {
    while (!this.#isClosed && this.#isWanted(entry)) if (!this.#loadOne(entry)) return
    if (this.#short.delete(entry)) this.#core.isShort = this.#short.size > 0
  }

  /** Loads that wait for memory try again: something has become idle or cold. */
  retryShort(): void {
    for (const entry of [...this.#short]) this.demand(entry)
  }

  /** Resolves when so many instances are hot. */
  prewarm(entry: ModelEntry, instances: number, signal?: AbortSignal): Promise<void> {
    if (entry.hot >= instances) return Promise.resolve()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const prewarm = { instances, resolve, reject }
    const withdraw = (): void => {
      const [withdrawn] = takeOut(entry.prewarms, (other) => other === prewarm)
      withdrawn?.reject(poolError('ABORTED', `The prewarming of "${entry.id}" was withdrawn.`))
    }
    if (signal?.aborted === true) return Promise.reject(poolError('ABORTED', `The prewarming of "${entry.id}" was withdrawn.`))
    signal?.addEventListener('abort', withdraw, { once: true })
    entry.prewarms.push(prewarm)
    this.demand(entry)
    return promise.finally(() => signal?.removeEventListener('abort', withdraw))
  }

  /** Unloads an idle instance beyond the minimum. */
  cool(instance: number): boolean {
    if (this.#columns.state[instance] !== HOT) return false
    const entry = entryOf(this.#core, instance)
    if (entry.hot <= entry.instancesMin) return false
    // Closed first, looked at then: no other thread can slip in between.
    this.#core.backend.closeInstance(instance)
    if (!this.#core.backend.isIdle(instance)) {
      this.#core.backend.openInstance(instance)
      return false
    }
    this.#beginCooling(entry, instance)
    return true
  }

  /** Unloads what is beyond the minimum, idle instances first, busy ones after their last lease. */
  async drain(entry: ModelEntry): Promise<void> {
    const loads: Promise<void>[] = []
    eachInstance(entry, (instance) => {
      const loading = this.#loadings[instance]
      if (loading?.isWaiting === true) loads.push(loading.ended)
    })
    if (loads.length > 0) await Promise.all(loads)
    const hot: number[] = []
    eachInstance(entry, (instance) => {
      if (this.#columns.state[instance] === HOT) hot.push(instance)
    })
    hot.sort((a, b) => this.#core.backend.usedSlots(a) - this.#core.backend.usedSlots(b))
    for (const instance of hot.slice(0, Math.max(0, entry.hot - entry.instancesMin))) {
      // Who hears of an earlier one may have had a hand in this one.
      if (this.#columns.state[instance] !== HOT) continue
      this.#core.backend.closeInstance(instance)
      this.#beginCooling(entry, instance)
    }
    await this.#allCold(entry)
  }

  /** A slot of a closed instance came back: when it was the last one, the instance can go. */
  returned(instance: number): void {
    if (this.#columns.state[instance] !== COOLING || this.#unloadingNow.has(instance)) return
    if (this.#core.backend.isIdle(instance)) this.#unload(instance)
    else this.#listener.awaitsReturn()
  }

  /** Looks after all closed instances at once: other threads gave slots back. */
  returnedElsewhere(): void {
    for (const entry of this.#core.entries) if (entry.cooling > 0) eachInstance(entry, (instance) => this.returned(instance))
  }

  /** Gives an instance up that was found broken. */
  replace(instance: number, reason: unknown): void {
    this.#loadings[instance]?.fail(reason)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#short.clear()
    this.#core.isShort = false
    const closed = closedError()
    for (const entry of this.#core.entries) {
      entry.cancelRetry?.()
      for (const prewarm of entry.prewarms.splice(0)) prewarm.reject(closed)
      eachInstance(entry, (instance) => this.#closeInstance(entry, instance, closed))
    }
    await Promise.all(this.#core.entries.map((entry) => this.#allCold(entry)))
  }

  #closeInstance(entry: ModelEntry, instance: number, reason: unknown): void {
    const state = this.#columns.state[instance]
    this.#core.backend.closeInstance(instance)
    if (state === WARMING) {
      this.#loadings[instance]?.giveUp(reason)
      this.#move(entry, instance, FAILED)
      this.#charge(instance, 0)
    }
    if (state === HOT) this.#beginCooling(entry, instance)
    if (state === HOT || state === COOLING) this.#listener.takeBack(entry, instance)
    // A slot that another thread is taking this very moment is not waited for: close means now.
    if (this.#columns.state[instance] === COOLING && !this.#unloadingNow.has(instance)) this.#unload(instance)
    if (this.#columns.state[instance] === FAILED) this.#move(entry, instance, COLD)
  }

  // ---- loading

  #isWanted(entry: ModelEntry): boolean {
    let floor = this.#isStarted ? entry.instancesMin : 0
    for (const { instances } of entry.prewarms) floor = Math.max(floor, instances)
    if (entry.hot + entry.warming < floor) return true
    const { waiting } = entry
    return waiting > 0 && waiting > entry.warming * entry.slotsPerInstance + this.#core.backend.freeSlots(entry.number)
  }

  #loadOne(entry: ModelEntry): boolean {
    const waitMs = entry.retryAtMs - this.#core.clock.monotonicMs()
    if (waitMs > 0) {
      entry.cancelRetry ??= this.#core.clock.schedule(waitMs, () => {
        entry.cancelRetry = undefined
        this.demand(entry)
      })
      return false
    }
    const instance = this.#loadable(entry)
    if (instance < 0) return false
    if (!this.#makeRoom(entry)) {
      this.#short.add(entry)
      this.#core.isShort = true
      return false
    }
    if (this.#columns.state[instance] === FAILED) this.#move(entry, instance, COLD)
    this.#move(entry, instance, WARMING)
    this.#charge(instance, entry.memoryBytes)
    const loading = new Loading(entry, instance, this.#core.clock.monotonicMs(), this.#deadlines, this)
    this.#loadings[instance] = loading
    loading.begin()
    return true
  }

  #loadable(entry: ModelEntry): number {
    for (let instance = entry.instanceFirst; instance < entry.instanceFirst + entry.instances; instance++) {
      const state = this.#columns.state[instance]
      if (state === COLD || state === FAILED) return instance
    }
    return -1
  }

  loaded(loading: Loading, model: LoadedModel): void {
    const { entry, row } = loading
    const nowMs = this.#core.clock.monotonicMs()
    const loadMs = nowMs - loading.startedAtMs
    this.#core.loaded[row] = model
    this.#columns.loadMs[row] = loadMs
    this.#columns.lastUsedAtMs[row] = nowMs
    this.#core.region.words.loads[0]!++
    this.#loadTimes.record(loadMs * 1_000)
    this.#lastErrors.delete(row)
    // What is declared is a promise about memory the runner may not see; what is measured can only add to it.
    if (entry.memoryBytes > 0) this.#charge(row, Math.max(entry.memoryBytes, measuredBytes(model)))
    this.#move(entry, row, HOT)
    this.#core.backend.openInstance(row)
    for (const prewarm of takeOut(entry.prewarms, ({ instances }) => instances <= entry.hot)) prewarm.resolve()
    this.#listener.hot(entry, row)
  }

  failed(loading: Loading, cause: unknown): void {
    const { entry, row } = loading
    this.#core.region.words.loadFailures[0]!++
    this.#noteFailure(entry, row, cause)
    const waitMs = backOffMs(++entry.failuresInRow)
    entry.retryAtMs = this.#core.clock.monotonicMs() + waitMs
    this.#core.logger.warn('A model could not be loaded.', { model: entry.id, reason: messageOf(cause), retryAfterMs: waitMs })
    const message = `Model "${entry.id}" could not be loaded: ${messageOf(cause).replace(/\.$/, '')}. The pool tries again in ${waitMs} ms when it is asked for.`
    const error = poolError('MODEL_LOAD_FAILED', message, { model: entry.id, failuresInRow: entry.failuresInRow, retryAfterMs: waitMs }, cause)
    for (const prewarm of takeOut(entry.prewarms, ({ instances }) => instances > entry.hot + entry.warming)) prewarm.reject(error)
    if (entry.hot + entry.warming === 0) this.#listener.outOfReach(entry, error)
    this.retryShort()
    this.demand(entry)
  }

  broke(loading: Loading, cause: unknown): void {
    const { entry, row } = loading
    loading.giveUp()
    const model = this.#core.loaded[row] as LoadedModel
    this.#core.backend.closeInstance(row)
    const isCooling = this.#columns.state[row] === COOLING
    // From here on the last slot to come back must not unload what is thrown away below.
    if (isCooling) this.#unloadingNow.add(row)
    else {
      this.#noteFailure(entry, row, cause)
      // The first breakdown is replaced at once; a model that breaks again and again is not worth the haste.
      entry.retryAtMs = this.#core.clock.monotonicMs() + backOffMs(entry.failuresInRow++)
    }
    this.#core.logger.warn('An instance broke.', { model: entry.id, instance: row, reason: messageOf(cause) })
    this.#listener.takeBack(entry, row)
    this.#core.loaded[row] = undefined
    discard(model)
    if (isCooling) return this.#becomeCold(row)
    this.retryShort()
    this.demand(entry)
  }

  #noteFailure(entry: ModelEntry, instance: number, cause: unknown): void {
    this.#columns.failures[instance]!++
    this.#lastErrors.set(instance, cause)
    entry.lastError = cause
    this.#move(entry, instance, FAILED)
    this.#charge(instance, 0)
  }

  // ---- memory

  #makeRoom(entry: ModelEntry): boolean {
    if (entry.memoryBytes === 0) return true
    const missing = (): number => (this.#core.region.words.memoryBytes[0] as number) + entry.memoryBytes - this.#memoryBytesMax
    if (missing() <= 0) return true
    let comingBytes = 0
    for (const instance of this.#unloadingNow) comingBytes += this.#columns.memoryBytes[instance] as number
    if (comingBytes >= missing()) return false
    for (const instance of chooseVictims(this.#core, missing() - comingBytes, entry) ?? []) this.#evict(instance)
    return missing() <= 0
  }

  #evict(instance: number): void {
    const entry = entryOf(this.#core, instance)
    this.#core.backend.closeInstance(instance)
    if (!this.#core.backend.isIdle(instance)) return this.#core.backend.openInstance(instance)
    this.#core.region.words.evictions[0]!++
    this.#core.logger.debug('An idle instance makes room.', { model: entry.id, instance })
    this.#beginCooling(entry, instance)
  }

  #charge(instance: number, bytes: number): void {
    this.#core.region.words.memoryBytes[0]! += bytes - (this.#columns.memoryBytes[instance] as number)
    this.#columns.memoryBytes[instance] = bytes
  }

  // ---- unloading

  /** The instance is closed; it goes as soon as nobody holds a slot of it. */
  #beginCooling(entry: ModelEntry, instance: number): void {
    this.#move(entry, instance, COOLING)
    this.returned(instance)
  }

  #unload(instance: number): void {
    const model = this.#core.loaded[instance]
    assert(model !== undefined, 'a cooling instance is loaded')
    this.#loadings[instance]?.giveUp()
    this.#unloadingNow.add(instance)
    unloadModel(model, this.#core.clock.monotonicMs(), this.#deadlines, this.#core.logger, () => this.#becomeCold(instance))
  }

  #becomeCold(instance: number): void {
    const entry = entryOf(this.#core, instance)
    this.#unloadingNow.delete(instance)
    this.#core.loaded[instance] = undefined
    this.#move(entry, instance, COLD)
    this.#charge(instance, 0)
    for (const tell of this.#whenCold.get(instance) ?? []) tell()
    this.#whenCold.delete(instance)
    this.retryShort()
    this.demand(entry)
  }

  /** Resolves when everything of a model that cools now is cold. */
  #allCold(entry: ModelEntry): Promise<unknown> {
    const cooling: Promise<void>[] = []
    eachInstance(entry, (instance) => {
      if (this.#columns.state[instance] !== COOLING) return
      cooling.push(new Promise((resolve) => this.#whenCold.set(instance, [...(this.#whenCold.get(instance) ?? []), resolve])))
    })
    return Promise.all(cooling)
  }

  #move(entry: ModelEntry, instance: number, to: number): void {
    const from = moveState(this.#columns.state, instance, to)
    count(entry, from, -1)
    count(entry, to, 1)
    this.#core.events.publish(EVENTS.INSTANCE_TRANSITION, instance, from * 16 + to, entry.number)
  }
}

function count(entry: ModelEntry, state: number, by: number): void {
  if (state === HOT) entry.hot += by
  else if (state === WARMING) entry.warming += by
  else if (state === COOLING) entry.cooling += by
}

function takeOut<T>(from: T[], matches: (item: T) => boolean): readonly T[] {
  const taken = from.filter(matches)
  const left = from.filter((item) => !matches(item))
  from.splice(0, from.length, ...left)
  return taken
}
