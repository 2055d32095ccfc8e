import { COMPONENT_IDS, EVENTS, INTERFACE_VERSION, SymphonyError } from '@symphony/interface'
import type { AdmissionBatch, AdmissionRequest, ArbitrationEngine, ArbitrationMetrics, BudgetReport, BudgetSpec, CommandDescription, CommandLog, ComponentHealth, Decision, EventSink, FairnessReport, Grant, Lsn, ModelNumber, RateSpec, ReplicaSource, Settlement, Supports, Ticket } from '@symphony/interface'
import { nullEvents, nullLog, systemClock } from '@symphony/ports'
import { ByteReader } from '@symphony/shared-memory'
import type { Region } from '@symphony/shared-memory'
import { Backend } from './backend.ts'
import type { RequestFields } from './backend.ts'
import { admitBatch, checkBatch, MODEL_MAX, nextBatch, submitBatch } from './batches.ts'
import { checkBudget, checkNeeds } from './checks.ts'
import { COMMAND, CommandWriter, describeCommand } from './commands.ts'
import { REASON } from './decision-ring.ts'
import { Explanations } from './explanations.ts'
import type { HistoryQuery, WaitingFacts } from './explanations.ts'
import { fairnessReport } from './fairness-report.ts'
import { checkedInit, checkNumber, COMPONENT, full, invalid } from './init.ts'
import type { ArbitrationInit, ArbitrationPorts, CheckedInit } from './init.ts'
import { REQUEST, REQUEST_WORD, REQUEST_WORDS } from './layout.ts'
import type { ArbitrationLayout } from './layout.ts'
import { toNanos, toUsd } from './ledger.ts'
import type { ModelQueue } from './model-queue.ts'
import { nextChangeMs } from './next-change.ts'
import { positionOf } from './queue-position.ts'
import { RateLimits } from './rate-limits.ts'
import { waitingRationale } from './rationale.ts'
import { Settlements } from './settlements.ts'
import { EVERYONE, EVERYONE_NAME } from './tenant-directory.ts'

const REPLICA = new URL(import.meta.url.endsWith('.ts') ? './replica-entry.ts' : './replica-entry.js', import.meta.url).href
const WEIGHT_MIN = 1e-6
const WEIGHT_MAX = 1e6

/** The engine of this package: the contract, and what it can do beyond. */
export interface FairArbitrationEngine extends ArbitrationEngine {
  /** Requests, flows, tenants and decisions, for other threads to read. */
  readonly region: Region<ArbitrationLayout>
  /** Admits nothing for a model for some time, e.g. as long as a provider asks for after a 429. 0 ends a rest. */
  restModel(model: ModelNumber, forMs: number): void
  /** How long a waiting request will wait if its line moves as it did lately; undefined when it does not wait or nothing is known. */
  estimateWaitMs(ticket: Ticket): number | undefined
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
    features: Object.freeze({ weightedFairness: true, budgets: true, rates: true, memory: true, descriptions: true, replica: true }),
  })
  readonly replica: ReplicaSource
  readonly region: Region<ArbitrationLayout>
  readonly #init: CheckedInit
  readonly #log: CommandLog
  readonly #events: EventSink
  readonly #backend: Backend
  readonly #commands = new CommandWriter()
  readonly #explanations: Explanations
  readonly #settlements: Settlements
  readonly #counts = { submitted: 0, admitted: 0, refused: 0, withdrawn: 0 }
  #isClosed = false

  constructor(init: CheckedInit, ports: ArbitrationPorts) {
    this.#init = init
    // Of everything else a few rows are enough: a replica has no requests.
    const budgets = init.budgets.map((budget) => ({ ...budget }))
    this.replica = Object.freeze({ module: REPLICA, factory: 'createReplica', init: { budgets, tenantsMax: init.tenantsMax, requestsMax: 1, decisionsKept: 1, flowsMax: 1 } })
    this.#log = ports.log ?? nullLog()
    this.#events = ports.events ?? nullEvents
    this.#backend = new Backend(init, ports.clock ?? systemClock)
    this.region = this.#backend.region
    const { region, index, ring, directory } = this.#backend
    this.#explanations = new Explanations(region, index, ring, directory, (row) => this.#factsOf(row))
    this.#settlements = new Settlements(this.#backend, this.#log, this.#commands, this.#events)
    for (const [tenant, weight] of Object.entries(init.weights)) this.setWeight(tenant, weight)
    for (const spec of init.budgets) checkBudget(spec)
    this.#backend.ledger.applySettings(init.budgets, this.#backend.time.wallMs)
    for (const spec of init.rates) this.rate(spec)
  }

  submit(request: AdmissionRequest): Ticket {
    this.#assertOpen()
    const backend = this.#backend
    backend.time.read()
    const { model, tenant, priority = 0, score = 0, costUsd = 0, memoryBytes = 0, tag } = request
    checkNumber('model', model, 0, MODEL_MAX, true)
    checkNumber('priority', priority, -0x80000000, 0x7fffffff, true)
    if (!Number.isFinite(score)) throw invalid(`"score" has to be a finite number, not ${String(score)}.`)
    if (typeof tag !== 'number') throw invalid(`"tag" has to be a number, not ${typeof tag}.`)
    if (tenant === EVERYONE_NAME) throw invalid('"*" stands for all tenants; a request belongs to one by name.')
    // Most ask for neither.
    const asksForMore = costUsd !== 0 || memoryBytes !== 0
    if (asksForMore) checkNeeds(costUsd, memoryBytes)
    const row = backend.directory.rowOf(tenant)
    const flow = backend.flowOf(model, row, priority)
    const cost = toNanos(costUsd)
    if (asksForMore) this.#assertCanEverFit({ flow, score, cost, memoryBytes, tag }, row)
    const { requestsPerTenantMax } = this.#init
    if ((backend.tenants.waiting[row] as number) >= requestsPerTenantMax) {
      throw full('waiting requests of the tenant', requestsPerTenantMax, 'requestsPerTenantMax', { tenant })
    }
    const ticket = backend.enqueue(flow, score, cost, memoryBytes, tag)
    this.#counts.submitted++
    return ticket as Ticket
  }

  next(model: ModelNumber): Grant | undefined {
    this.#assertOpen()
    const queue = this.#backend.queues[model]
    if (queue === undefined || queue.waiting === 0) return undefined
    this.#backend.time.read()
    const row = this.#backend.next(queue)
    if (row < 0) return undefined
    const { requests, directory } = this.#backend
    const ticket = requests[row * REQUEST_WORDS + REQUEST_WORD.TICKET] as Ticket
    const tenant = this.#backend.tenantOf(row)
    this.#counts.admitted++
    this.#events.publish(EVENTS.REQUEST_ADMITTED, ticket, tenant, model)
    return { ticket, model, tenant: directory.nameOf(tenant), tag: requests[row * REQUEST_WORDS + REQUEST_WORD.TAG] as number }
  }

  settle(grant: Grant, actual: Settlement): boolean {
    return this.#settlements.settle(grant, actual)
  }

  tenantNumber(name: string): number {
    if (name === EVERYONE_NAME) throw invalid('"*" stands for all tenants; a request belongs to one by name.')
    return this.#backend.directory.rowOf(name)
  }

  admitNow(batch: AdmissionBatch): number {
    this.#assertOpen()
    checkBatch(batch, this.#backend.directory.count)
    const admitted = admitBatch(this.#backend, this.#events, this.#init.requestsPerTenantMax, batch)
    this.#counts.submitted += admitted
    this.#counts.admitted += admitted
    return admitted
  }

  submitMany(batch: AdmissionBatch): number {
    this.#assertOpen()
    checkBatch(batch, this.#backend.directory.count)
    const submitted = submitBatch(this.#backend, this.#init.requestsPerTenantMax, batch)
    this.#counts.submitted += submitted
    return submitted
  }

  nextMany(model: ModelNumber, count: number, tickets: Float64Array, tags: Float64Array): number {
    this.#assertOpen()
    checkNumber('count', count, 0, Math.min(tickets.length, tags.length), true)
    const admitted = nextBatch(this.#backend, this.#events, model, count, tickets, tags)
    this.#counts.admitted += admitted
    return admitted
  }

  settleNow(tickets: Float64Array, count: number, outcomes: Uint8Array | number, durationsMs: Float64Array | number): number {
    return this.#settlements.settleNow(tickets, count, outcomes, durationsMs)
  }

  settleTicket(ticket: Ticket, outcome: Settlement['outcome'], durationMs: number): boolean {
    return this.#settlements.settleTicket(ticket, outcome, durationMs)
  }

  withdraw(ticket: Ticket): boolean {
    const row = this.#waitingRow(ticket)
    if (row < 0) return false
    this.#backend.time.read()
    this.#backend.withdraw(row)
    this.#counts.withdrawn++
    return true
  }

  waiting(model: ModelNumber): number {
    return this.#backend.queues[model]?.waiting ?? 0
  }

  position(ticket: Ticket): number | undefined {
    const row = this.#waitingRow(ticket)
    return row < 0 ? undefined : this.#positionOf(row)
  }

  estimateWaitMs(ticket: Ticket): number | undefined {
    const row = this.#waitingRow(ticket)
    if (row < 0) return undefined
    const queue = this.#queueOf(row)
    return queue.intervalMs === 0 ? undefined : this.#positionOf(row) * queue.intervalMs
  }

  setWeight(tenant: string, weight: number): void {
    this.#assertOpen()
    checkNumber('weight', weight, WEIGHT_MIN, WEIGHT_MAX, false)
    if (tenant === EVERYONE_NAME) throw invalid('"*" stands for all tenants; give weights to tenants by name.')
    this.#backend.tenants.weight[this.#backend.directory.rowOf(tenant)] = weight
  }

  budget(spec: BudgetSpec): void {
    this.#assertOpen()
    checkBudget(spec)
    const { directory, time } = this.#backend
    directory.rowOf(spec.tenant)
    const { wallMs } = time.read()
    const body = this.#commands.budget(spec.tenant, toNanos(spec.limitUsd), spec.windowMs ?? 0, wallMs)
    const lsn = this.#log.append(COMPONENT_IDS.arbitration, COMMAND.BUDGET, body)
    this.applyCommand(COMMAND.BUDGET, body, lsn)
  }

  budgets(): readonly BudgetReport[] {
    return this.#backend.ledger.reports(this.#backend.time.read().wallMs)
  }

  rate(spec: RateSpec): void {
    this.#assertOpen()
    RateLimits.check(spec)
    const { directory, rates, time } = this.#backend
    const tenant = directory.rowOf(spec.tenant)
    rates.set(tenant, spec, time.read().monotonicMs)
    this.#limitsChanged(tenant)
  }

  setMemoryLimit(bytes: number): void {
    this.#assertOpen()
    checkNumber('bytes', bytes, 0, Infinity, false)
    this.region.words.memoryLimitBytes[0] = bytes
    this.#backend.admission.keptForFlow = -1
    this.#backend.noteChange()
  }

  restModel(model: ModelNumber, forMs: number): void {
    this.#assertOpen()
    checkNumber('model', model, 0, MODEL_MAX, true)
    checkNumber('forMs', forMs, 0, Number.MAX_SAFE_INTEGER, false)
    this.#backend.queueOf(model).restsUntilMs = this.#backend.time.read().monotonicMs + forMs
  }

  fairness(): FairnessReport {
    const { decay, directory, time } = this.#backend
    return fairnessReport(this.#backend.tenants, directory, decay.factor(time.read().monotonicMs))
  }

  explain(ticket: Ticket): Decision {
    return this.#explanations.explain(ticket)
  }

  history(query: HistoryQuery = {}): readonly Decision[] {
    return this.#explanations.history(query, this.#backend.used)
  }

  nextChangeMs(): number | undefined {
    return nextChangeMs(this.#backend)
  }

  metrics(): ArbitrationMetrics {
    const waiting = this.#backend.queues.reduce((sum, queue) => sum + (queue?.waiting ?? 0), 0)
    return { ...this.#counts, settled: this.#settlements.count, waiting, running: this.#backend.live - waiting }
  }

  health(): ComponentHealth {
    const backend = this.#backend
    const { monotonicMs, wallMs } = backend.time.read()
    const reasons: string[] = []
    const { requestsMax } = this.#init
    if (backend.live > requestsMax * 0.9) reasons.push(`${backend.live} of ${requestsMax} requests are in use; raise requestsMax`)
    for (const queue of backend.queues) {
      const restsForMs = (queue?.restsUntilMs ?? 0) - monotonicMs
      if (restsForMs > 0) reasons.push(`model ${queue?.model} rests for ${Math.ceil(restsForMs)} ms more`)
    }
    for (const { tenant, limitUsd, spentUsd } of backend.ledger.reports(wallMs)) {
      if (spentUsd >= limitUsd) reasons.push(`the budget of "${tenant}" is spent: ${spentUsd} of ${limitUsd} US dollars`)
    }
    return { component: COMPONENT, status: this.#isClosed ? 'closed' : reasons.length > 0 ? 'degraded' : 'healthy', reasons }
  }

  applyCommand(type: number, body: Uint8Array, _lsn: Lsn): void {
    const { directory, ledger } = this.#backend
    const reader = new ByteReader(body)
    if (type === COMMAND.SPEND) {
      ledger.applySpend(directory.rowOf(reader.string()), reader.f64(), reader.f64())
    } else if (type === COMMAND.BUDGET) {
      const tenant = directory.rowOf(reader.string())
      ledger.applyBudget(tenant, reader.f64(), reader.f64(), reader.f64(), true)
      this.#limitsChanged(tenant)
    } else {
      const message = `The log has a command of type ${type}, which this version does not know. Use the version that wrote it or a newer one.`
      throw new SymphonyError({ code: 'LAYOUT_MISMATCH', component: COMPONENT, message })
    }
  }

  describeCommand(type: number, body: Uint8Array): CommandDescription | undefined {
    return describeCommand(type, body)
  }

  snapshot(): Uint8Array {
    return this.#backend.ledger.snapshot()
  }

  restore(snapshot: Uint8Array): void {
    this.#backend.clear()
    this.#backend.ledger.restore(snapshot, this.#init.budgets, this.#backend.time.read().wallMs)
  }

  /** What was in flight is submitted again by whoever wanted it. */
  afterRecovery(): void {
    this.#backend.clear()
  }

  close(): Promise<void> {
    this.#isClosed = true
    return Promise.resolve()
  }

  #assertCanEverFit(fields: RequestFields, tenant: number): void {
    const { ledger, time } = this.#backend
    const memoryLimit = this.#backend.admission.memoryLimitBytes
    if (fields.memoryBytes > memoryLimit) throw this.#refusal(fields, REASON.MEMORY, memoryLimit, -1)
    if (fields.cost === 0) return
    for (const budget of [tenant, EVERYONE]) {
      if (ledger.canEverFit(budget, fields.cost, time.wallMs)) continue
      throw this.#refusal(fields, REASON.BUDGET, ledger.mostLeft(budget, time.wallMs), budget)
    }
  }

  #refusal(fields: RequestFields, reason: number, limit: number, budget: number): SymphonyError {
    const ticket = this.#backend.refuse(fields, reason, limit, budget)
    this.#counts.submitted++
    this.#counts.refused++
    const { tenant, model } = this.#backend.flows
    this.#events.publish(EVENTS.REQUEST_REFUSED, ticket, tenant[fields.flow] as number, model[fields.flow] as number)
    const { rationale } = this.explain(ticket as Ticket)
    const isMemory = reason === REASON.MEMORY
    const next = isMemory ? 'Ask for less, or raise the memory limit.' : 'Ask for less, or raise the budget.'
    return new SymphonyError({
      code: 'REQUEST_REFUSED',
      component: COMPONENT,
      message: `The request can never be admitted: it ${rationale}. ${next}`,
      details: { ticket, reason: isMemory ? 'memory' : 'budget', limit: isMemory ? limit : toUsd(limit) },
    })
  }

  #limitsChanged(tenant: number): void {
    this.#backend.fair.wakeTenant(tenant)
    this.#backend.noteChange()
  }

  #waitingRow(ticket: Ticket): number {
    const row = this.#backend.index.find(ticket)
    return row >= 0 && this.#backend.requests[row * REQUEST_WORDS + REQUEST_WORD.STATE] === REQUEST.WAITING ? row : -1
  }

  #queueOf(row: number): ModelQueue {
    return this.#backend.queueOf(this.#backend.flows.model[this.#backend.requests[row * REQUEST_WORDS + REQUEST_WORD.FLOW] as number] as number)
  }

  #positionOf(row: number): number {
    return positionOf(this.region, this.#backend.fair, this.#queueOf(row), row, this.#backend.time.read())
  }

  #factsOf(row: number): WaitingFacts {
    const backend = this.#backend
    const { waiting } = this.#queueOf(row)
    const position = this.#positionOf(row)
    const verdict = backend.admission.verdict(backend.fair.headOf(backend.requests[row * REQUEST_WORDS + REQUEST_WORD.FLOW] as number), backend.time)
    return { alternatives: waiting, rationale: waitingRationale(verdict, position, waiting, backend.directory.nameOf(this.#backend.tenantOf(row))) }
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new SymphonyError({ code: 'CLOSED', component: COMPONENT, message: 'The arbitration engine was closed; create a new one.' })
  }
}
