import { COMPONENT_IDS, EVENTS, INTERFACE_VERSION, SymphonyError } from '@symphony/interface'
import type { AdmissionBatch, AdmissionRequest, ArbitrationEngine, ArbitrationMetrics, BudgetReport, BudgetSpec, CommandDescription, ComponentHealth, Decision, FairnessReport, Grant, Lsn, ModelNumber, RateSpec, ReplicaSource, Settlement, Supervised, Supports, Ticket } from '@symphony/interface'
import { ByteReader } from '@symphony/shared-memory'
import type { Region } from '@symphony/shared-memory'
import { admitBatch, checkBatch, MODEL_MAX, nextBatch, submitBatch } from './batches.ts'
import { checkBudget } from './checks.ts'
import { COMMAND, describeCommand } from './commands.ts'
import { engineHealth } from './engine-health.ts'
import { EngineCore } from './engine-core.ts'
import type { HistoryQuery } from './explanations.ts'
import { fairnessReport } from './fairness-report.ts'
import type { ArbitrationBackend } from './hot-path.ts'
import { checkedInit, checkNumber, COMPONENT, full, invalid } from './init.ts'
import type { ArbitrationInit, ArbitrationPorts, CheckedInit } from './init.ts'
import { REQUEST_WORD, REQUEST_WORDS } from './layout.ts'
import type { ArbitrationLayout } from './layout.ts'
import { toNanos } from './ledger.ts'
import { obstacleTo } from './never-fits.ts'
import { nextChangeMs } from './next-change.ts'
import { RateLimits } from './rate-limits.ts'
import { EVERYONE_NAME } from './tenant-directory.ts'

const REPLICA = new URL(import.meta.url.endsWith('.ts') ? './replica-entry.ts' : './replica-entry.js', import.meta.url).href
const WEIGHT_MIN = 1e-6
const WEIGHT_MAX = 1e6

/** The engine of this package: the contract, and what it can do beyond. */
export interface FairArbitrationEngine extends ArbitrationEngine, Supervised {
  resume(grant: Grant, request: AdmissionRequest): boolean
  reset(): void
  /** Requests, flows, tenants and decisions, for other threads to read. */
  readonly region: Region<ArbitrationLayout>
  /** Admits nothing for a model for some time, e.g. as long as a provider asks for after a 429. 0 ends a rest. */
  restModel(model: ModelNumber, forMs: number): void
  /** How long a waiting request will wait if its line moves as it did lately; undefined when it does not wait or nothing is known. */
  estimateWaitMs(ticket: Ticket): number | undefined
  /**
   * Has requests handled by another backend from now on, over the same bytes. When it throws, the engine is rebuilt under its own.
   * @param make is given the engine's own, to change some of it
   * @throws SymphonyError `INVALID_ARGUMENT`, `BACKEND_PANIC`
   */
  attachBackend(make: ArbitrationBackend | ((own: ArbitrationBackend) => ArbitrationBackend)): void
}

/**
 * Makes an engine that decides who goes next, and says why.
 *
 * Slots are the caller's: call `next(model)` while there is one. Spending and budgets set by `budget()` go through the log
 * and survive; requests, grants and reservations do not, because what was in flight is submitted again.
 *
 * @throws SymphonyError `INVALID_ARGUMENT`, `UNKNOWN_KEY`
 * @example
 * const arbitration = createArbitrationEngine({ weights: { gold: 3 }, budgets: [{ tenant: '*', limitUsd: 10, windowMs: 86_400_000 }] })
 * arbitration.submit({ model, tenant: 'gold', costUsd: 0.02, tag: 1 })
 * const grant = arbitration.next(model)
 * if (grant) arbitration.settle(grant, { outcome: 'succeeded', costUsd: 0.013, durationMs: 900 })
 */
export function createArbitrationEngine(init: ArbitrationInit = {}, ports: ArbitrationPorts = {}): FairArbitrationEngine {
  return new LoggedArbitrationEngine(checkedInit(init), ports)
}

class LoggedArbitrationEngine implements FairArbitrationEngine {
  readonly [Symbol.toStringTag] = COMPONENT
  readonly componentName = 'arbitration'
  readonly interfaceVersion: string = INTERFACE_VERSION
  readonly supports: Supports = Object.freeze({
    sharedRegion: true,
    replayable: true,
    multiThreaded: false,
    features: Object.freeze({ weightedFairness: true, budgets: true, rates: true, memory: true, descriptions: true, replica: true, supervision: true }),
  })
  readonly replica: ReplicaSource
  readonly region: Region<ArbitrationLayout>
  readonly #core: EngineCore
  #isClosed = false

  constructor(init: CheckedInit, ports: ArbitrationPorts) {
    // Of everything else a few rows are enough: a replica has no requests.
    const budgets = init.budgets.map((budget) => ({ ...budget }))
    this.replica = Object.freeze({ module: REPLICA, factory: 'createReplica', init: { budgets, tenantsMax: init.tenantsMax, requestsMax: 1, decisionsKept: 1, flowsMax: 1 } })
    this.#core = new EngineCore(init, ports)
    this.region = this.#core.backend.region
    for (const [tenant, weight] of Object.entries(init.weights)) this.setWeight(tenant, weight)
    for (const spec of init.budgets) checkBudget(spec)
    this.#core.backend.ledger.applySettings(init.budgets, this.#core.backend.time.wallMs)
    for (const spec of init.rates) this.rate(spec)
  }

  submit(request: AdmissionRequest): Ticket {
    this.#assertOpen()
    const backend = this.#core.backend
    const { model, tenant, priority = 0, score = 0, costUsd = 0, memoryBytes = 0, tag } = request
    const row = this.#core.tenantRow(request)
    this.#core.guard.check()
    backend.time.read()
    const flow = this.#core.flowOf(model, row, priority)
    const cost = toNanos(costUsd)
    const obstacle = costUsd === 0 && memoryBytes === 0 ? undefined : obstacleTo(backend, { cost, memoryBytes }, row)
    const { requestsPerTenantMax, requestsMax } = this.#core.init
    if (obstacle === undefined && (backend.tenants.waiting[row] as number) >= requestsPerTenantMax) {
      throw full('waiting requests of the tenant', requestsPerTenantMax, 'requestsPerTenantMax', { tenant })
    }
    if (backend.room <= 0) throw full('requests', requestsMax, 'requestsMax')
    if (obstacle !== undefined) throw this.#core.refused({ flow, score, cost, memoryBytes, tag }, obstacle)
    try {
      const ticket = backend.hot.enqueue(backend, flow, score, cost, memoryBytes, tag)
      this.#core.counts.submitted++
      return ticket as Ticket
    } catch (error) {
      throw this.#core.failed(error)
    }
  }

  next(model: ModelNumber): Grant | undefined {
    this.#assertOpen()
    const queue = this.#core.backend.queues[model]
    if (queue === undefined || queue.waiting === 0 || this.#core.guard.panic !== undefined) return undefined
    this.#core.backend.time.read()
    const row = this.#core.nextRow(queue)
    if (row < 0) return undefined
    const { requests, directory } = this.#core.backend
    const ticket = requests[row * REQUEST_WORDS + REQUEST_WORD.TICKET] as Ticket
    const tenant = this.#core.backend.tenantOf(row)
    this.#core.counts.admitted++
    this.#core.events.publish(EVENTS.REQUEST_ADMITTED, ticket, tenant, model)
    return { ticket, model, tenant: directory.nameOf(tenant), tag: requests[row * REQUEST_WORDS + REQUEST_WORD.TAG] as number }
  }

  settle(grant: Grant, actual: Settlement): boolean {
    return this.#core.settlements.settle(grant, actual)
  }

  resume(grant: Grant, request: AdmissionRequest): boolean {
    this.#assertOpen()
    const backend = this.#core.backend
    const { model, priority = 0, costUsd = 0, memoryBytes = 0, tag } = request
    const { ticket } = grant
    const row = this.#core.tenantRow(request)
    if (!Number.isSafeInteger(ticket) || ticket < 1 || ticket > (backend.tickets[0] as number)) throw invalid(`Ticket ${String(ticket)} was never given. Resume grants of this engine only.`)
    this.#core.guard.check()
    if (this.#core.settlements.spentInFailure.delete(ticket)) return false
    backend.time.read()
    const flow = this.#core.flowOf(model, row, priority)
    if (backend.room <= 0) throw full('requests', this.#core.init.requestsMax, 'requestsMax')
    try {
      if (backend.runningRow(ticket) < 0) backend.hot.resume(backend, ticket, flow, toNanos(costUsd), memoryBytes, tag)
      return true
    } catch (error) {
      throw this.#core.failed(error)
    }
  }

  tenantNumber(name: string): number {
    if (name === EVERYONE_NAME) throw invalid('"*" stands for all tenants; a request belongs to one by name.')
    return this.#core.backend.directory.rowOf(name)
  }

  admitNow(batch: AdmissionBatch): number {
    this.#assertOpen()
    checkBatch(batch, this.#core.backend.directory.count)
    const admitted = this.#core.guarded(() => admitBatch(this.#core.backend, this.#core.events, this.#core.init.requestsPerTenantMax, batch))
    this.#core.counts.submitted += admitted
    this.#core.counts.admitted += admitted
    return admitted
  }

  submitMany(batch: AdmissionBatch): number {
    this.#assertOpen()
    checkBatch(batch, this.#core.backend.directory.count)
    const submitted = this.#core.guarded(() => submitBatch(this.#core.backend, this.#core.init.requestsPerTenantMax, batch))
    this.#core.counts.submitted += submitted
    return submitted
  }

  nextMany(model: ModelNumber, count: number, tickets: Float64Array, tags: Float64Array): number {
    this.#assertOpen()
    checkNumber('count', count, 0, Math.min(tickets.length, tags.length), true)
    const admitted = this.#core.guarded(() => nextBatch(this.#core.backend, this.#core.events, model, count, tickets, tags))
    this.#core.counts.admitted += admitted
    return admitted
  }

  settleNow(tickets: Float64Array, count: number, outcomes: Uint8Array | number, durationsMs: Float64Array | number): number {
    return this.#core.settlements.settleNow(tickets, count, outcomes, durationsMs)
  }

  settleTicket(ticket: Ticket, outcome: Settlement['outcome'], durationMs: number): boolean {
    return this.#core.settlements.settleTicket(ticket, outcome, durationMs)
  }

  withdraw(ticket: Ticket): boolean {
    const row = this.#core.waitingRow(ticket)
    if (row < 0) return false
    this.#core.backend.time.read()
    try {
      this.#core.backend.hot.withdraw(this.#core.backend, row)
    } catch (error) {
      throw this.#core.failed(error)
    }
    this.#core.counts.withdrawn++
    return true
  }

  waiting(model: ModelNumber): number {
    return this.#core.guard.panic !== undefined ? 0 : (this.#core.backend.queues[model]?.waiting ?? 0)
  }

  position(ticket: Ticket): number | undefined {
    const row = this.#core.waitingRow(ticket)
    return row < 0 ? undefined : this.#core.positionOf(row)
  }

  estimateWaitMs(ticket: Ticket): number | undefined {
    const row = this.#core.waitingRow(ticket)
    if (row < 0) return undefined
    const queue = this.#core.queueOf(row)
    return queue.intervalMs === 0 ? undefined : this.#core.positionOf(row) * queue.intervalMs
  }

  setWeight(tenant: string, weight: number): void {
    this.#assertOpen()
    checkNumber('weight', weight, WEIGHT_MIN, WEIGHT_MAX, false)
    if (tenant === EVERYONE_NAME) throw invalid('"*" stands for all tenants; give weights to tenants by name.')
    this.#core.settings.setWeight(this.#core.backend, this.#core.backend.directory.rowOf(tenant), weight)
  }

  budget(spec: BudgetSpec): void {
    this.#assertOpen()
    checkBudget(spec)
    this.#core.guard.check()
    const { directory, time } = this.#core.backend
    directory.rowOf(spec.tenant)
    const { wallMs } = time.read()
    const body = this.#core.commands.budget(spec.tenant, toNanos(spec.limitUsd), spec.windowMs ?? 0, wallMs)
    const lsn = this.#core.log.append(COMPONENT_IDS.arbitration, COMMAND.BUDGET, body)
    try {
      this.applyCommand(COMMAND.BUDGET, body, lsn)
    } catch (error) {
      throw this.#core.failed(error)
    }
  }

  budgets(): readonly BudgetReport[] {
    this.#core.guard.check()
    return this.#core.backend.ledger.reports(this.#core.backend.time.read().wallMs)
  }

  rate(spec: RateSpec): void {
    this.#assertOpen()
    RateLimits.check(spec)
    const tenant = this.#core.backend.directory.rowOf(spec.tenant)
    this.#core.settings.setRate(this.#core.backend, tenant, spec)
    this.#core.limitsChanged(tenant)
  }

  setMemoryLimit(bytes: number): void {
    this.#assertOpen()
    checkNumber('bytes', bytes, 0, Infinity, false)
    this.#core.settings.setMemoryLimit(this.#core.backend, bytes)
    this.#core.backend.admission.keptForFlow = -1
    this.#core.backend.noteChange()
  }

  restModel(model: ModelNumber, forMs: number): void {
    this.#assertOpen()
    checkNumber('model', model, 0, MODEL_MAX, true)
    checkNumber('forMs', forMs, 0, Number.MAX_SAFE_INTEGER, false)
    this.#core.backend.queueOf(model).restsUntilMs = this.#core.backend.time.read().monotonicMs + forMs
  }

  fairness(): FairnessReport {
    this.#core.guard.check()
    const { decay, directory, time } = this.#core.backend
    return fairnessReport(this.#core.backend.tenants, directory, decay.factor(time.read().monotonicMs))
  }

  explain(ticket: Ticket): Decision {
    this.#core.guard.check()
    return this.#core.explanations.explain(ticket)
  }

  history(query: HistoryQuery = {}): readonly Decision[] {
    this.#core.guard.check()
    return this.#core.explanations.history(query, this.#core.backend.used)
  }

  nextChangeMs(): number | undefined {
    return this.#core.guard.panic !== undefined ? undefined : nextChangeMs(this.#core.backend)
  }

  metrics(): ArbitrationMetrics {
    const isBroken = this.#core.guard.panic !== undefined
    const waiting = isBroken ? 0 : this.#core.backend.queues.reduce((sum, queue) => sum + (queue?.waiting ?? 0), 0)
    return { ...this.#core.counts, settled: this.#core.settlements.count, waiting, running: isBroken ? 0 : this.#core.backend.live - waiting }
  }

  health(): ComponentHealth {
    const { panic } = this.#core.guard
    if (panic !== undefined && !this.#isClosed) return { component: COMPONENT, status: 'quarantined', reasons: [panic.message] }
    return engineHealth(this.#core.backend, this.#core.init.requestsMax, this.#isClosed)
  }

  onPanic(listener: (error: SymphonyError) => void): () => void {
    return this.#core.supervision.onPanic(listener)
  }

  checkInvariants(parts: number): string | undefined {
    return this.#core.supervision.checkInvariants(parts)
  }

  quarantine(reason: string): void {
    this.#core.supervision.quarantine(reason)
  }

  attachBackend(make: ArbitrationBackend | ((own: ArbitrationBackend) => ArbitrationBackend)): void {
    this.#assertOpen()
    this.#core.supervision.attach(make)
  }

  reset(): void {
    this.#core.reset()
  }

  applyCommand(type: number, body: Uint8Array, _lsn: Lsn): void {
    const { directory, ledger } = this.#core.backend
    const reader = new ByteReader(body)
    if (type === COMMAND.SPEND) {
      ledger.applySpend(directory.rowOf(reader.string()), reader.f64(), reader.f64())
    } else if (type === COMMAND.BUDGET) {
      const tenant = directory.rowOf(reader.string())
      ledger.applyBudget(tenant, reader.f64(), reader.f64(), reader.f64(), true)
      this.#core.limitsChanged(tenant)
    } else {
      const message = `The log has a command of type ${type}, which this version does not know. Use the version that wrote it or a newer one.`
      throw new SymphonyError({ code: 'LAYOUT_MISMATCH', component: COMPONENT, message })
    }
  }

  describeCommand(type: number, body: Uint8Array): CommandDescription | undefined {
    return describeCommand(type, body)
  }

  snapshot(): Uint8Array {
    return this.#core.backend.ledger.snapshot()
  }

  restore(snapshot: Uint8Array): void {
    this.#core.backend.clear()
    this.#core.backend.ledger.restore(snapshot, this.#core.init.budgets, this.#core.backend.time.read().wallMs)
  }

  /** What was in flight is submitted again by whoever wanted it. */
  afterRecovery(): void {
    this.#core.backend.clear()
  }

  close(): Promise<void> {
    this.#isClosed = true
    return Promise.resolve()
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new SymphonyError({ code: 'CLOSED', component: COMPONENT, message: 'The arbitration engine was closed; create a new one.' })
  }
}
