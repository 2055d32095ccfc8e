import { createRegion, RowAllocator, TABLE_LINE } from '@symphony/shared-memory'
import type { Region } from '@symphony/shared-memory'
import type { Clock } from '@symphony/interface'
import { Admission } from './admission.ts'
import { tenantColumns } from './columns.ts'
import type { FlowColumns, TenantColumns } from './columns.ts'
import { DecisionRing, OUTCOME, REASON, Why } from './decision-ring.ts'
import { EngineTime } from './engine-time.ts'
import { FairQueue } from './fair-queue.ts'
import { ForwardDecay } from './forward-decay.ts'
import { full } from './init.ts'
import type { CheckedInit } from './init.ts'
import { ARBITRATION_LAYOUT, DECISION_WORDS, REQUEST, REQUEST_WORD, REQUEST_WORDS } from './layout.ts'
import type { ArbitrationLayout } from './layout.ts'
import { Ledger } from './ledger.ts'
import { ModelQueue } from './model-queue.ts'
import { RateLimits } from './rate-limits.ts'
import { EVERYONE, TenantDirectory } from './tenant-directory.ts'
import { TicketIndex } from './ticket-index.ts'

/** What is written into a request's row. Checked by the caller. */
export interface RequestFields {
  /** From `flowOf`: stands for tenant, model and priority. */
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
  readonly queues: (ModelQueue | undefined)[] = []
  readonly #rows: RowAllocator
  readonly #why = new Why()
  readonly #init: CheckedInit
  /** Counts everything after which a request that did not fit may fit. */
  #changes = 0

  readonly #tickets: Float64Array
  readonly #tenantOf: Int32Array
  readonly #modelOf: Int32Array
  readonly #waiting: Int32Array
  readonly #running: Int32Array

  constructor(init: CheckedInit, clock: Clock) {
    this.#init = init
    this.region = createRegion(ARBITRATION_LAYOUT, rowsFor(init))
    this.region.words.memoryLimitBytes[0] = init.memoryBytesMax
    const { tables } = this.region
    this.requests = tables.requestWords.columns.word
    this.tenants = tenantColumns(this.region)
    this.flows = tables.flows.columns
    this.#tenantOf = this.flows.tenant
    this.#modelOf = this.flows.model
    this.#waiting = this.tenants.waiting
    this.#running = this.tenants.running
    this.#tickets = this.region.words.tickets
    this.time = new EngineTime(clock)
    this.directory = new TenantDirectory(tables.tenants)
    this.ledger = new Ledger(this.region, this.directory)
    this.rates = new RateLimits(this.region)
    this.admission = new Admission(this.region, this.ledger, this.rates)
    this.decay = new ForwardDecay(init.halfLifeMs, this.time.monotonicMs, (scale) => this.#rescale(scale))
    this.fair = new FairQueue(this.region, this.admission, this.decay, init.passedOverMax)
    this.ring = new DecisionRing(this.region, init.decisionsKept)
    this.index = new TicketIndex(tables.ticketHeads.columns.row, tables.requests.columns.chain, this.requests)
    this.#rows = new RowAllocator(tables.requests, tables.requests.columns.place)
  }

  /** Requests that wait or run. */
  get live(): number {
    return this.#rows.live
  }

  get isFull(): boolean {
    return this.#rows.live === this.#init.requestsMax
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

  /** Says that something changed after which a request that did not fit may fit. */
  noteChange(): void {
    this.#changes++
  }

  /** The line of a tenant for a model and priority, a new one if need be. @throws SymphonyError `CAPACITY_EXCEEDED` */
  flowOf(model: number, tenant: number, priority: number): number {
    return this.fair.flowOf(this.queueOf(model), priority, tenant)
  }

  /** Puts a request in line and returns its ticket. @param flow from `flowOf`. @throws SymphonyError `CAPACITY_EXCEEDED` */
  enqueue(flow: number, score: number, cost: number, memoryBytes: number, tag: number): number {
    const queue = this.queueOf(this.#modelOf[flow] as number)
    const row = this.#fill(flow, score, cost, memoryBytes, tag)
    this.requests[row * REQUEST_WORDS + REQUEST_WORD.STATE] = REQUEST.WAITING
    this.index.add(row)
    this.#waiting[this.#tenantOf[flow] as number]!++
    this.fair.add(queue, row)
    queue.missUntilMs = -1
    return this.requests[row * REQUEST_WORDS + REQUEST_WORD.TICKET] as number
  }

  /**
   * Admits a request without cost and memory that nothing is in the way of, past the line, and returns its ticket; -1 when all
   * rows are in use. The caller has looked, and calls `admittedAtOnce` when it is through.
   *
   * @param service from `expectedService`
   */
  admitAtOnce(flow: number, tenant: number, tag: number, score: number, service: number): number {
    const row = this.#rows.tryAllocate()
    if (row < 0) return -1
    const { time, requests: words } = this
    const at = row * REQUEST_WORDS
    const ticket = ++this.#tickets[0]!
    words[at + REQUEST_WORD.TICKET] = ticket
    words[at + REQUEST_WORD.TAG] = tag
    words[at + REQUEST_WORD.FLOW] = flow
    words[at + REQUEST_WORD.STATE] = REQUEST.RUNNING
    words[at + REQUEST_WORD.SCORE] = score
    words[at + REQUEST_WORD.COST] = 0
    words[at + REQUEST_WORD.MEMORY_BYTES] = 0
    words[at + REQUEST_WORD.SUBMITTED_AT_MS] = time.wallMs
    words[at + REQUEST_WORD.ADMITTED_AT_MS] = time.monotonicMs
    const charged = service / (this.tenants.weight[tenant] as number)
    words[at + REQUEST_WORD.CHARGED] = charged
    words[at + REQUEST_WORD.DECISION] = this.ring.recordAtOnce(ticket, flow, score, time.wallMs)
    this.fair.chargeAtOnce(flow, charged)
    this.index.add(row)
    this.rates.take(tenant, time.monotonicMs)
    this.rates.take(EVERYONE, time.monotonicMs)
    this.#running[tenant]!++
    return ticket
  }

  /** Notes what is the same after one or many of `admitAtOnce`. */
  admittedAtOnce(queue: ModelQueue): void {
    queue.learnAdmission(this.time.monotonicMs)
    this.#changes++
  }

  /** Records a request that can never be admitted, and returns its ticket. */
  refuse(fields: RequestFields, reason: number, limit: number, budget: number): number {
    const row = this.#fill(fields.flow, fields.score, fields.cost, fields.memoryBytes, fields.tag)
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
    const tookMs = durationMs ?? this.time.monotonicMs - (requests[at + REQUEST_WORD.ADMITTED_AT_MS] as number)
    this.admission.release(row)
    this.fair.correct(flow, requests[at + REQUEST_WORD.CHARGED] as number, tookMs, this.time)
    queue.learnDuration(tookMs)
    this.#learnEnding(queue, ending)
    this.ring.settle(requests[at + REQUEST_WORD.DECISION] as number, ending, cost, tookMs)
    this.#running[tenant]!--
    this.#free(row)
    this.fair.wakeTenant(tenant)
    this.#changes++
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
    requests[row * REQUEST_WORDS + REQUEST_WORD.DECISION] = this.ring.record(row, OUTCOME.ADMITTED, time.wallMs, queue.waiting, this.#why)
    this.fair.charge(queue, row, time)
    this.fair.remove(queue, row)
    requests[row * REQUEST_WORDS + REQUEST_WORD.STATE] = REQUEST.RUNNING
    requests[row * REQUEST_WORDS + REQUEST_WORD.ADMITTED_AT_MS] = time.monotonicMs
    const tenant = this.#tenantOf[requests[row * REQUEST_WORDS + REQUEST_WORD.FLOW] as number] as number
    this.#waiting[tenant]!--
    this.#running[tenant]!++
    queue.learnAdmission(time.monotonicMs)
    // Memory that was kept for this one may be anybody's now.
    this.#changes++
  }

  #fill(flow: number, score: number, cost: number, memoryBytes: number, tag: number): number {
    const row = this.#rows.tryAllocate()
    if (row < 0) throw full('requests', this.#init.requestsMax, 'requestsMax')
    const words = this.requests
    const at = row * REQUEST_WORDS
    words[at + REQUEST_WORD.TICKET] = ++this.#tickets[0]!
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
  #learnEnding(queue: ModelQueue, ending: number): void {
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
