import { RowAllocator } from '@symphony/shared-memory'
import type { Region } from '@symphony/shared-memory'
import { isOwnLimit, VERDICT } from './admission.ts'
import type { Admission } from './admission.ts'
import type { FlowColumns } from './columns.ts'
import { REASON } from './decision-ring.ts'
import type { Why } from './decision-ring.ts'
import type { EngineTime } from './engine-time.ts'
import type { ForwardDecay } from './forward-decay.ts'
import { KeyedHeap } from './keyed-heap.ts'
import { FLOW, REQUEST_WORD, REQUEST_WORDS } from './layout.ts'
import type { ArbitrationLayout } from './layout.ts'
import type { ModelQueue, PriorityGroup } from './model-queue.ts'

/** Flows looked past in one decision because shared limits leave them no room: bounds the time of a decision. */
const LOOK_PAST_MAX = 64
/** What a call counts at least, so that tenants with instant calls still take turns. */
const CHARGE_MIN_MS = 0.001
/** What a call is taken to last before any has ended. */
const FIRST_ESTIMATE_MS = 1

/** A limit on everybody's calls: no other request of any class can fit either. */
const NOTHING_FITS_ANYWHERE = -2

/**
 * Start-time fair queueing (Goyal, Vin and Cheng 1996) over tenants, for each model and priority by itself.
 *
 * Every flow has a virtual time: the service it got, by its weight, new service counting more (see `ForwardDecay`). The flow
 * with the least goes next and is charged the expected duration at once, the real one when it is known. A flow that comes back
 * begins where service is now: idleness saves up nothing. The same holds for one that waited on a limit of its own.
 */
export class FairQueue {
  readonly #flows: FlowColumns
  // The columns of flows that decisions look at, each in a field of its own: a step less for every access.
  readonly #tenantOf: Int32Array
  readonly #state: Int32Array
  readonly #passedOver: Int32Array
  readonly #virtualTime: Float64Array
  readonly #headTicket: Float64Array
  readonly #wakeAtMs: Float64Array
  readonly #requests: Float64Array
  readonly #places: Int32Array
  readonly #weight: Float64Array
  readonly #served: Float64Array
  readonly #rows: RowAllocator
  /** Requests of each flow: the better score first, then the older ticket. */
  readonly #heaps: KeyedHeap[] = []
  readonly #groups: PriorityGroup[] = []
  readonly #flowsOfTenant: number[][] = []
  readonly #skipped: Int32Array = new Int32Array(LOOK_PAST_MAX)
  readonly #skippedFor: Int32Array = new Int32Array(LOOK_PAST_MAX)
  readonly #admission: Admission
  readonly #decay: ForwardDecay
  readonly #passedOverMax: number
  /** Flows set aside. */
  #parked = 0

  constructor(region: Region<ArbitrationLayout>, admission: Admission, decay: ForwardDecay, passedOverMax: number) {
    this.#flows = region.tables.flows.columns
    this.#tenantOf = this.#flows.tenant
    this.#state = this.#flows.state
    this.#passedOver = this.#flows.passedOver
    this.#virtualTime = this.#flows.virtualTime
    this.#headTicket = this.#flows.headTicket
    this.#wakeAtMs = this.#flows.wakeAtMs
    this.#requests = region.tables.requestWords.columns.word
    this.#places = region.tables.requests.columns.place
    const { weight, served } = region.tables.tenants.columns
    this.#weight = weight
    this.#served = served
    this.#rows = new RowAllocator(region.tables.flows, region.tables.flows.columns.place)
    this.#admission = admission
    this.#decay = decay
    this.#passedOverMax = passedOverMax
  }

  /** The flow of a request to come, or -1 when all are in use. */
  tryFlowOf(queue: ModelQueue, priority: number, tenant: number): number {
    const group = queue.groupOf(priority, this.#flows)
    const known = group.flowOf(tenant)
    if (known >= 0) return known
    const flow = this.#rows.tryAllocate()
    if (flow < 0) return -1
    const flows = this.#flows
    flows.tenant[flow] = tenant
    flows.model[flow] = queue.model
    flows.priority[flow] = priority
    flows.state[flow] = FLOW.IDLE
    flows.passedOver[flow] = 0
    flows.virtualTime[flow] = 0
    group.add(tenant, flow)
    this.#heaps[flow] = new KeyedHeap(this.#places)
    this.#groups[flow] = group
    ;(this.#flowsOfTenant[tenant] ??= []).push(flow)
    return flow
  }

  /** Puts a request in line. */
  add(queue: ModelQueue, row: number): void {
    const flow = this.#requests[row * REQUEST_WORDS + REQUEST_WORD.FLOW] as number
    const heap = this.#heapOf(flow)
    const group = this.#groupOf(flow)
    const ticket = this.#requests[row * REQUEST_WORDS + REQUEST_WORD.TICKET] as number
    heap.push(row, -(this.#requests[row * REQUEST_WORDS + REQUEST_WORD.SCORE] as number), ticket)
    queue.waiting++
    group.waiting++
    if (heap.peek() !== row) return
    this.#headTicket[flow] = ticket
    if (this.#state[flow] === FLOW.QUEUED) this.#reorder(flow, group)
    // The better head of a parked flow may fit where the old one did not: it is looked at with the next decision.
    else this.#enqueue(flow, group)
  }

  /** Takes a waiting request out of line: withdrawn, or admitted after `charge`. */
  remove(queue: ModelQueue, row: number): void {
    const flow = this.#requests[row * REQUEST_WORDS + REQUEST_WORD.FLOW] as number
    const heap = this.#heapOf(flow)
    const group = this.#groupOf(flow)
    const wasHead = heap.peek() === row
    heap.remove(row)
    queue.waiting--
    group.waiting--
    if (!wasHead) return
    const head = heap.peek()
    const state = this.#state[flow]
    if (head >= 0) {
      this.#headTicket[flow] = this.#requests[head * REQUEST_WORDS + REQUEST_WORD.TICKET] as number
      if (state === FLOW.QUEUED) this.#reorder(flow, group)
      else this.#enqueue(flow, group)
      return
    }
    if (state === FLOW.QUEUED) group.heap.remove(flow)
    else this.#parked--
    this.#state[flow] = FLOW.IDLE
    this.#keepNothing(flow)
  }

  /**
   * Chooses the request that goes next: the highest class with one that fits; in it the flow with the least virtual time whose
   * head fits; of it the head. Fills in `why`. Returns -1 when nothing fits, after setting until when that holds.
   */
  pick(queue: ModelQueue, time: EngineTime, why: Why): number {
    queue.missUntilMs = Infinity
    why.skipped = 0
    let above = 0
    for (const group of queue.groups) {
      if (group.waiting === 0) continue
      if (time.monotonicMs >= group.wakeAtMs) this.#wakeDue(group, time)
      const flow = this.#pickIn(queue, group, time, why)
      if (flow >= 0) {
        why.lower = queue.waiting - above - group.waiting
        return this.#heapOf(flow).peek()
      }
      if (flow === NOTHING_FITS_ANYWHERE) return -1
      above += group.waiting
    }
    return -1
  }

  /** Books the expected service of a request that is admitted, before it leaves the line. */
  charge(queue: ModelQueue, row: number, time: EngineTime): void {
    const flow = this.#requests[row * REQUEST_WORDS + REQUEST_WORD.FLOW] as number
    const group = this.#groupOf(flow)
    const charged = this.chargeOf(queue, flow, time)
    const start = this.#virtualTime[flow] as number
    // One that was passed over starts early by right; that does not make it the measure for those who come back.
    if (start > group.virtualTime || this.#passedOver[flow] === 0) group.virtualTime = start
    this.#requests[row * REQUEST_WORDS + REQUEST_WORD.CHARGED] = charged
    this.#virtualTime[flow] = start + charged
    this.#keepNothing(flow)
  }

  /** Books it for one that has been under way for some time and stands in no line. */
  chargeResumed(queue: ModelQueue, row: number, time: EngineTime): void {
    const flow = this.#requests[row * REQUEST_WORDS + REQUEST_WORD.FLOW] as number
    const charged = this.chargeOf(queue, flow, time)
    this.#requests[row * REQUEST_WORDS + REQUEST_WORD.CHARGED] = charged
    this.#virtualTime[flow]! += charged
    if (this.#state[flow] === FLOW.QUEUED) this.#reorder(flow, this.#groupOf(flow))
  }

  /** The same for requests of a line in which nothing waits, and which they do not enter. */
  chargeInstantly(flow: number, charged: number, count: number): void {
    const group = this.#groupOf(flow)
    let end = Math.max(group.virtualTime, this.#virtualTime[flow] as number)
    let start = end
    for (let at = 0; at < count; at++) {
      start = end
      end += charged
    }
    group.virtualTime = start
    this.#virtualTime[flow] = end
  }

  /** Puts the real service of requests of a flow in place of the expected one, and counts it for the tenant. */
  correct(flow: number, charged: Float64Array, durationsMs: Float64Array, count: number, time: EngineTime): void {
    const tenant = this.#tenantOf[flow] as number
    const weight = this.#weight[tenant] as number
    const factor = this.#decay.factor(time.monotonicMs)
    let virtualTime = this.#virtualTime[flow] as number
    let served = this.#served[tenant] as number
    for (let at = 0; at < count; at++) {
      const service = Math.max(CHARGE_MIN_MS, durationsMs[at] as number) * factor
      virtualTime += service / weight - (charged[at] as number)
      served += service
    }
    this.#virtualTime[flow] = virtualTime
    this.#served[tenant] = served
    if (this.#state[flow] === FLOW.QUEUED) this.#reorder(flow, this.#groupOf(flow))
  }

  /** Whether somebody waits on a limit of its own. */
  get hasParked(): boolean {
    return this.#parked > 0
  }

  /** Something changed for a tenant: what waited on its limits is looked at again. */
  wakeTenant(tenant: number): void {
    if (this.#parked === 0) return
    const flows = this.#flowsOfTenant[tenant]
    if (flows === undefined) return
    for (const flow of flows) {
      if (this.#state[flow] === FLOW.PARKED) this.#enqueue(flow, this.#groupOf(flow))
    }
  }

  /** Waiting requests of a flow in their order, as a copy. */
  sorted(flow: number): Int32Array {
    return this.#heapOf(flow).sorted()
  }

  countIn(flow: number): number {
    return this.#heapOf(flow).size
  }

  headOf(flow: number): number {
    return this.#heapOf(flow).peek()
  }

  /** Multiplies all virtual times, so that they stay in range. */
  rescale(scale: number): void {
    for (let flow = 0; flow < this.#rows.used; flow++) this.#virtualTime[flow]! *= scale
    for (const group of new Set(this.#groups)) {
      group.virtualTime *= scale
      group.heap.scaleFirst(scale)
    }
  }

  /** Empties every line. */
  clear(): void {
    this.#parked = 0
    for (let flow = 0; flow < this.#rows.used; flow++) {
      this.#heapOf(flow).clear()
      this.#state[flow] = FLOW.IDLE
      this.#passedOver[flow] = 0
      const group = this.#groupOf(flow)
      group.heap.clear()
      group.waiting = 0
      group.wakeAtMs = Infinity
    }
  }

  /** What a request of this flow will be charged, as far as is known now. */
  chargeOf(queue: ModelQueue, flow: number, time: EngineTime): number {
    return this.expectedService(queue, time) / this.#weightOf(flow)
  }

  /** The same for a weight of 1. */
  expectedService(queue: ModelQueue, time: EngineTime): number {
    return Math.max(CHARGE_MIN_MS, queue.estimateMs || FIRST_ESTIMATE_MS) * this.#decay.factor(time.monotonicMs)
  }

  #pickIn(queue: ModelQueue, group: PriorityGroup, time: EngineTime, why: Why): number {
    let skipped = 0
    let chosen = -1
    let flow = group.heap.peek()
    for (; flow >= 0; flow = group.heap.peek()) {
      const head = this.#heapOf(flow).peek()
      const verdict = this.#admission.verdict(head, time)
      if (verdict === VERDICT.FITS) {
        chosen = flow
        this.#explain(group, flow, time, why)
        break
      }
      why.skipped++
      queue.missUntilMs = Math.min(queue.missUntilMs, this.#admission.mayChangeAtMs(verdict, head, time))
      if (verdict === VERDICT.RATE) {
        chosen = NOTHING_FITS_ANYWHERE
        break
      }
      group.heap.remove(flow)
      if (isOwnLimit(verdict)) this.#park(flow, group, this.#admission.mayChangeAtMs(verdict, head, time))
      else {
        this.#skipped[skipped] = flow
        this.#skippedFor[skipped++] = verdict
        if (skipped === LOOK_PAST_MAX) break
      }
    }
    for (let at = 0; at < skipped; at++) {
      const passed = this.#skipped[at] as number
      this.#line(passed, group)
      if (chosen >= 0) this.#passOver(passed, this.#skippedFor[at] as number)
    }
    queue.missUntilMs = Math.min(queue.missUntilMs, group.wakeAtMs)
    return chosen
  }

  #explain(group: PriorityGroup, flow: number, time: EngineTime, why: Why): void {
    const other = group.heap.runnerUp()
    const factor = this.#decay.factor(time.monotonicMs)
    const virtualTime = this.#virtualTime[flow] as number
    why.own = this.#heapOf(flow).size
    why.a = virtualTime / factor
    why.other = other < 0 ? -1 : (this.#tenantOf[other] as number)
    why.b = other < 0 ? 0 : (this.#virtualTime[other] as number) / factor
    why.reason = other < 0 ? REASON.ALONE : this.#virtualTime[other] === virtualTime ? REASON.OLDEST : REASON.LEAST_SERVED
  }

  /** Another was admitted past this flow. After too many times for want of memory, memory is kept free for it. */
  #passOver(flow: number, verdict: number): void {
    const times = ++this.#passedOver[flow]!
    if (verdict !== VERDICT.MEMORY || times < this.#passedOverMax || this.#admission.keptForFlow >= 0) return
    if (this.#admission.memoryCanFit(this.#heapOf(flow).peek())) this.#admission.keptForFlow = flow
  }

  #keepNothing(flow: number): void {
    this.#passedOver[flow] = 0
    if (this.#admission.keptForFlow === flow) this.#admission.keptForFlow = -1
  }

  #park(flow: number, group: PriorityGroup, wakeAtMs: number): void {
    this.#state[flow] = FLOW.PARKED
    this.#parked++
    this.#wakeAtMs[flow] = wakeAtMs
    group.wakeAtMs = Math.min(group.wakeAtMs, wakeAtMs)
    this.#keepNothing(flow)
  }

  #wakeDue(group: PriorityGroup, time: EngineTime): void {
    group.wakeAtMs = Infinity
    for (const flow of group.flows) {
      if (this.#state[flow] !== FLOW.PARKED) continue
      const wakeAtMs = this.#wakeAtMs[flow] as number
      if (wakeAtMs <= time.monotonicMs) this.#enqueue(flow, group)
      else group.wakeAtMs = Math.min(group.wakeAtMs, wakeAtMs)
    }
  }

  #enqueue(flow: number, group: PriorityGroup): void {
    if (this.#state[flow] === FLOW.PARKED) this.#parked--
    this.#state[flow] = FLOW.QUEUED
    if ((this.#virtualTime[flow] as number) < group.virtualTime) this.#virtualTime[flow] = group.virtualTime
    this.#line(flow, group)
  }

  #line(flow: number, group: PriorityGroup): void {
    group.heap.push(flow, this.#virtualTime[flow] as number, this.#headTicket[flow] as number)
  }

  #reorder(flow: number, group: PriorityGroup): void {
    group.heap.update(flow, this.#virtualTime[flow] as number, this.#headTicket[flow] as number)
  }

  #weightOf(flow: number): number {
    return this.#weight[this.#tenantOf[flow] as number] as number
  }

  #heapOf(flow: number): KeyedHeap {
    return this.#heaps[flow] as KeyedHeap
  }

  #groupOf(flow: number): PriorityGroup {
    return this.#groups[flow] as PriorityGroup
  }
}
