import { createRegion, RowAllocator, TABLE_LINE } from '@symphony/shared-memory'
import type { Region } from '@symphony/shared-memory'
import { assert } from '@symphony/interface'
import type { Clock } from '@symphony/interface'
import { Admission } from './admission.ts'
import { tenantColumns } from './columns.ts'
import type { FlowColumns, TenantColumns } from './columns.ts'
import { DecisionRing, OUTCOME, REASON, Why } from './decision-ring.ts'
import { EngineTime } from './engine-time.ts'
import { FairQueue } from './fair-queue.ts'
import { ForwardDecay } from './forward-decay.ts'
import { typescriptBackend } from './hot-path.ts'
import type { ArbitrationBackend } from './hot-path.ts'
import { InstantGrants } from './instant-grants.ts'
import type { CheckedInit } from './init.ts'
import { ARBITRATION_LAYOUT, DECISION_WORDS, REQUEST, REQUEST_WORD, REQUEST_WORDS } from './layout.ts'
import type { ArbitrationLayout } from './layout.ts'
import { Ledger } from './ledger.ts'
import { ModelQueue } from './model-queue.ts'
import { RateLimits } from './rate-limits.ts'
import { emptied } from './restoration.ts'
import { EVERYONE, TenantDirectory } from './tenant-directory.ts'
import { TicketIndex } from './ticket-index.ts'

/** What is written into a request's row. Checked by the caller. */
export interface RequestFields {
  /** From `tryFlowOf`: stands for tenant, model and priority. */
  readonly flow: number
  readonly score: number
  readonly cost: number
  readonly memoryBytes: number
  readonly tag: number
}

/** Endings that count against a model. */
const FAILED = 1
const SUCCEEDED = 0
/** A rest is doubled at most so many times. */
const REST_DOUBLINGS_MAX = 6

/** The hot path: rows of requests from submission to settlement, over the region. Time is read by the caller. */
export class Backend {
  readonly region: Region<ArbitrationLayout>
  /** Requests, `REQUEST_WORDS` words each. */
  readonly requests: Float64Array
  readonly tenants: TenantColumns
  readonly flows: FlowColumns
  readonly time: EngineTime
  readonly directory: TenantDirectory
  readonly ledger: Ledger
  readonly rates: RateLimits
  readonly admission: Admission
  readonly decay: ForwardDecay
  readonly fair: FairQueue
  readonly ring: DecisionRing
  readonly index: TicketIndex
  readonly instants: InstantGrants
  readonly queues: (ModelQueue | undefined)[] = []
  /** Who does what is done request by request. */
  hot: ArbitrationBackend = typescriptBackend
  readonly #rows: RowAllocator
  readonly #why = new Why()
  readonly #init: CheckedInit
  readonly #charged = new Float64Array(1)
  readonly #tookMs = new Float64Array(1)
  /** Counts everything after which a request that did not fit may fit. */
  #changes = 0

  /** The newest ticket that was given. */
  readonly tickets: Float64Array
  /** It was this when the inside was set up: tickets from before are smaller. */
  readonly ticketsBefore: number
  readonly #tenantOf: Int32Array
  readonly #modelOf: Int32Array
  readonly #waiting: Int32Array
  readonly #running: Int32Array

  /** @param former one that has failed: this one takes its place over the same region, of which nothing is believed */
  constructor(init: CheckedInit, clock: Clock, former?: Backend) {
    this.#init = init
    this.region = former === undefined ? createRegion(ARBITRATION_LAYOUT, rowsFor(init)) : emptied(former)
    this.region.words.memoryLimitBytes[0] = init.memoryBytesMax
    const { tables } = this.region
    this.requests = tables.requestWords.columns.word
    this.tenants = tenantColumns(this.region)
    this.flows = tables.flows.columns
    this.#tenantOf = this.flows.tenant
    this.#modelOf = this.flows.model
    this.#waiting = this.tenants.waiting
    this.#running = this.tenants.running
    this.tickets = this.region.words.tickets
    this.ticketsBefore = this.tickets[0] as number
    this.time = new EngineTime(clock)
    this.directory = former?.directory ?? new TenantDirectory(tables.tenants)
    if (former !== undefined) this.directory.writeRows()
    this.ledger = new Ledger(this.region, this.directory)
    this.rates = new RateLimits(this.region)
    this.admission = new Admission(this.region, this.ledger, this.rates)
    this.decay = new ForwardDecay(init.halfLifeMs, this.time.monotonicMs, (scale) => this.#rescale(scale))
    this.fair = new FairQueue(this.region, this.admission, this.decay, init.passedOverMax)
    this.ring = new DecisionRing(this.region, init.decisionsKept)
    this.index = new TicketIndex(tables.ticketHeads.columns.row, tables.requests.columns.chain, this.requests, this.ring.words)
    this.#rows = new RowAllocator(tables.requests, tables.requests.columns.place)
    this.instants = new InstantGrants(this, this.#rows)
    for (const queue of former?.queues ?? []) if (queue !== undefined) this.queues[queue.model] = queue.successor()
  }

  /** Requests that wait or run. */
  get live(): number {
    return this.#rows.live + this.instants.count
  }

  /** Requests there is room for. */
  get room(): number {
    return this.#init.requestsMax - this.live
  }

  /** Rows that were ever in use. */
  get used(): number {
    return this.#rows.used
  }

  queueOf(model: number): ModelQueue {
    return (this.queues[model] ??= new ModelQueue(model))
  }

  tenantOf(row: number): number {
    return this.#tenantOf[this.requests[row * REQUEST_WORDS + REQUEST_WORD.FLOW] as number] as number
  }

  /** The row of a request that runs, or -1. One that has none gets it. */
  runningRow(ticket: number): number {
    const row = this.index.find(ticket)
    if (row >= 0) return this.requests[row * REQUEST_WORDS + REQUEST_WORD.STATE] === REQUEST.RUNNING ? row : -1
    const slot = this.index.slotOf(ticket)
    return slot < 0 ? -1 : this.instants.giveRow(slot)
  }

  /** Says that something changed after which a request that did not fit may fit. */
  noteChange(): void {
    this.#changes++
  }

  /** The line of a tenant for a model and priority, a new one if need be; -1 when all are in use. */
  tryFlowOf(model: number, tenant: number, priority: number): number {
    return this.fair.tryFlowOf(this.queueOf(model), priority, tenant)
  }

  /** Puts a request in line and returns its ticket. There is room for it. @param flow from `tryFlowOf` */
  enqueue(flow: number, score: number, cost: number, memoryBytes: number, tag: number): number {
    const queue = this.queueOf(this.#modelOf[flow] as number)
    const row = this.#fill(flow, score, cost, memoryBytes, tag, 0)
    this.requests[row * REQUEST_WORDS + REQUEST_WORD.STATE] = REQUEST.WAITING
    this.instants.indexRow(row)
    this.#waiting[this.#tenantOf[flow] as number]!++
    this.fair.add(queue, row)
    queue.missUntilMs = -1
    return this.requests[row * REQUEST_WORDS + REQUEST_WORD.TICKET] as number
  }

  /** Notes what is the same after one or many were admitted without waiting. */
  admittedInstantly(queue: ModelQueue): void {
    queue.learnAdmission(this.time.monotonicMs)
    this.#changes++
  }

  /** Records a request that can never be admitted, and returns its ticket. */
  refuse(fields: RequestFields, reason: number, limit: number, budget: number): number {
    const row = this.#fill(fields.flow, fields.score, fields.cost, fields.memoryBytes, fields.tag, 0)
    const ticket = this.requests[row * REQUEST_WORDS + REQUEST_WORD.TICKET] as number
    const why = this.#why
    why.reason = reason
    why.a = reason === REASON.MEMORY ? fields.memoryBytes : fields.cost
    why.b = limit
    why.other = budget
    this.ring.record(row, OUTCOME.REFUSED, this.time.wallMs, this.queueOf(this.#modelOf[fields.flow] as number).waiting, why)
    this.#rows.release(row)
    return ticket
  }

  /** Admits the next request of a model that fits, with everything reserved, and returns its row; -1 when none does. Time has been read. */
  next(queue: ModelQueue): number {
    const { time } = this
    const isKnownMiss = queue.missedAtChange === this.#changes && time.monotonicMs < queue.missUntilMs
    if (isKnownMiss || time.monotonicMs < queue.restsUntilMs) return -1
    const row = this.fair.pick(queue, time, this.#why)
    if (row < 0) {
      queue.missedAtChange = this.#changes
      return -1
    }
    this.#admit(queue, row)
    return row
  }

  /** Ends a running request: the reservations are given back, the real service is counted. Spending is the caller's command. */
  settle(row: number, ending: number, cost: number, durationMs: number | undefined): void {
    const { requests } = this
    const at = row * REQUEST_WORDS
    const flow = requests[at + REQUEST_WORD.FLOW] as number
    const tenant = this.#tenantOf[flow] as number
    const queue = this.queueOf(this.#modelOf[flow] as number)
    // May scale what was charged.
    this.decay.factor(this.time.monotonicMs)
    const tookMs = durationMs ?? this.time.monotonicMs - (requests[at + REQUEST_WORD.ADMITTED_AT_MS] as number)
    this.admission.release(row)
    this.#charged[0] = requests[at + REQUEST_WORD.CHARGED] as number
    this.#tookMs[0] = tookMs
    this.fair.correct(flow, this.#charged, this.#tookMs, 1, this.time)
    queue.learnDuration(tookMs)
    this.learnEnding(queue, ending)
    this.ring.settle(requests[at + REQUEST_WORD.DECISION] as number, ending, cost, tookMs)
    this.#running[tenant]!--
    this.#free(row)
    this.ended(tenant)
  }

  /** Requests of a tenant have ended: others may go on. */
  ended(tenant: number): void {
    this.fair.wakeTenant(tenant)
    this.#changes++
  }

  /** Notes a grant from before that is still in use, and returns its row. Time has been read. */
  resume(ticket: number, flow: number, cost: number, memoryBytes: number, tag: number): number {
    const queue = this.queueOf(this.#modelOf[flow] as number)
    const row = this.#fill(flow, 0, cost, memoryBytes, tag, ticket)
    this.#why.reason = REASON.RESUMED
    this.instants.indexRow(row)
    this.admission.hold(row)
    this.#begun(row, this.ring.record(row, OUTCOME.ADMITTED, this.time.wallMs, queue.waiting, this.#why))
    this.fair.chargeResumed(queue, row, this.time)
    return row
  }

  /** Part of a command: what was spent. */
  spend(tenant: number, cost: number, wallMs: number): void {
    this.ledger.applySpend(tenant, cost, wallMs)
  }

  withdraw(row: number): void {
    const { requests } = this
    const flow = requests[row * REQUEST_WORDS + REQUEST_WORD.FLOW] as number
    const tenant = this.#tenantOf[flow] as number
    const queue = this.queueOf(this.#modelOf[flow] as number)
    const why = this.#why
    why.reason = REASON.NONE
    this.ring.record(row, OUTCOME.WITHDRAWN, this.time.wallMs, queue.waiting, why)
    this.fair.remove(queue, row)
    this.#waiting[tenant]!--
    this.#free(row)
    this.#changes++
  }

  /** Forgets all requests, waiting and running: they belong to a life that is over. */
  clear(): void {
    const { line } = this.region.tables.requests
    this.fair.clear()
    this.index.clear()
    this.instants.clear()
    this.admission.reset()
    line[TABLE_LINE.USED] = line[TABLE_LINE.FREE] = line[TABLE_LINE.LIVE] = 0
    this.tenants.waiting.fill(0, 0, this.directory.count)
    this.tenants.running.fill(0, 0, this.directory.count)
    for (const queue of this.queues) if (queue !== undefined) queue.waiting = 0
    this.#changes++
  }

  #admit(queue: ModelQueue, row: number): void {
    const { time, requests } = this
    this.admission.reserve(row, time)
    const decision = this.ring.record(row, OUTCOME.ADMITTED, time.wallMs, queue.waiting, this.#why)
    this.fair.charge(queue, row, time)
    this.fair.remove(queue, row)
    this.#waiting[this.#tenantOf[requests[row * REQUEST_WORDS + REQUEST_WORD.FLOW] as number] as number]!--
    this.#begun(row, decision)
    queue.learnAdmission(time.monotonicMs)
  }

  #begun(row: number, decision: number): void {
    const { requests } = this
    const at = row * REQUEST_WORDS
    requests[at + REQUEST_WORD.DECISION] = decision
    requests[at + REQUEST_WORD.STATE] = REQUEST.RUNNING
    requests[at + REQUEST_WORD.ADMITTED_AT_MS] = this.time.monotonicMs
    this.#running[this.#tenantOf[requests[at + REQUEST_WORD.FLOW] as number] as number]!++
    // Memory that was kept for this one may be anybody's now.
    this.#changes++
  }

  /** @param ticket 0 for a new one */
  #fill(flow: number, score: number, cost: number, memoryBytes: number, tag: number, ticket: number): number {
    const row = this.#rows.tryAllocate()
    assert(row >= 0, 'who asks for a row has looked whether there is room')
    const words = this.requests
    const at = row * REQUEST_WORDS
    words[at + REQUEST_WORD.TICKET] = ticket === 0 ? ++this.tickets[0]! : ticket
    words[at + REQUEST_WORD.TAG] = tag
    words[at + REQUEST_WORD.FLOW] = flow
    words[at + REQUEST_WORD.STATE] = REQUEST.FREE
    words[at + REQUEST_WORD.SCORE] = score
    words[at + REQUEST_WORD.COST] = cost
    words[at + REQUEST_WORD.MEMORY_BYTES] = memoryBytes
    words[at + REQUEST_WORD.SUBMITTED_AT_MS] = this.time.wallMs
    return row
  }

  #free(row: number): void {
    this.index.remove(row)
    this.requests[row * REQUEST_WORDS + REQUEST_WORD.STATE] = REQUEST.FREE
    this.#rows.release(row)
  }

  /** A model that fails again and again rests, longer each time; the first success after a rest ends the series. */
  learnEnding(queue: ModelQueue, ending: number): void {
    if (ending === SUCCEEDED) queue.failuresInRow = queue.restsInRow = 0
    if (ending !== FAILED) return
    queue.failuresInRow++
    const { breaker } = this.#init
    if (breaker === undefined || queue.failuresInRow < breaker.failures || this.time.monotonicMs < queue.restsUntilMs) return
    queue.restsUntilMs = this.time.monotonicMs + breaker.restMs * 2 ** Math.min(queue.restsInRow, REST_DOUBLINGS_MAX)
    queue.restsInRow++
    // After the rest one more failure is enough.
    queue.failuresInRow = breaker.failures - 1
  }

  #rescale(scale: number): void {
    this.fair.rescale(scale)
    for (let row = EVERYONE; row < this.directory.count; row++) this.tenants.served[row]! *= scale
    for (let row = 0; row < this.#rows.used; row++) this.requests[row * REQUEST_WORDS + REQUEST_WORD.CHARGED]! *= scale
    this.instants.rescale(scale)
  }
}

function rowsFor(init: CheckedInit): Readonly<Record<keyof ArbitrationLayout['tables'], number>> {
  return {
    requests: init.requestsMax,
    requestWords: init.requestsMax * REQUEST_WORDS,
    flows: init.flowsMax,
    tenants: init.tenantsMax,
    decisionWords: init.decisionsKept * DECISION_WORDS,
    ticketHeads: 2 ** Math.ceil(Math.log2(init.requestsMax)),
  }
}
