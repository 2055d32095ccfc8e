import { assert, EVENTS } from '@symphony/interface'
import type { AdmissionBatch, EventSink } from '@symphony/interface'
import type { RowAllocator } from '@symphony/shared-memory'
import type { Backend } from './backend.ts'
import { OUTCOME } from './decision-ring.ts'
import { DECISION_WORD, DECISION_WORDS, REQUEST, REQUEST_WORD, REQUEST_WORDS } from './layout.ts'
import type { ModelQueue } from './model-queue.ts'

/** Grants of one flow that are ended in one step at most. */
const STEP_MAX = 128

/**
 * Grants that nothing was in the way of. They come by the hundred thousand a second and most are over before anybody asks about
 * them, so they have no row among the requests: all there is to know stands in the decision that admitted them. One that is still
 * there when the ring comes round, whose place in the index another ticket needs, or that ends in another way than most, gets its
 * row then.
 */
export class InstantGrants {
  readonly #backend: Backend
  readonly #rows: RowAllocator
  readonly #charged = new Float64Array(STEP_MAX)
  readonly #tookMs = new Float64Array(STEP_MAX)
  #count = 0

  constructor(backend: Backend, rows: RowAllocator) {
    this.#backend = backend
    this.#rows = rows
    backend.ring.displaced = (slot) => void this.giveRow(slot)
  }

  /** Grants that have no row now. */
  get count(): number {
    return this.#count
  }

  /** Admits wishes `from` to `end` of a batch, which are of one flow; there is room for them, and nothing is in the way. */
  admit(events: EventSink, flow: number, tenant: number, charged: number, batch: AdmissionBatch, from: number, end: number): void {
    const { ring, index, time, fair, tickets: given } = this.#backend
    const { model, scores, tickets } = batch
    for (let at = from; at < end; at++) {
      const ticket = ++given[0]!
      const slot = ring.recordInstant(ticket, flow, scores[at] as number, charged, time)
      this.#count++
      if (!index.place(ticket, slot)) this.giveRow(slot)
      tickets[at] = ticket
      events.publish(EVENTS.REQUEST_ADMITTED, ticket, tenant, model)
    }
    fair.chargeInstantly(flow, charged, end - from)
    this.#backend.tenants.running[tenant]! += end - from
  }

  /**
   * Ends the grants from a place of the columns on that have no row, are of one flow, and end in the same way. Time has been read.
   * @returns the place behind them: the same one if the first is none of these
   */
  settle(events: EventSink, tickets: Float64Array, from: number, count: number, outcomes: Uint8Array | number, durationsMs: Float64Array | number): number {
    const { index, ring, fair, decay, time, flows, tenants } = this.#backend
    let slot = index.slotOf(tickets[from] as number)
    if (slot < 0) return from
    // May scale what was charged.
    decay.factor(time.monotonicMs)
    const { words } = ring
    const flow = words[slot * DECISION_WORDS + DECISION_WORD.FLOW] as number
    const ending = typeof outcomes === 'number' ? outcomes : (outcomes[from] as number)
    // Each that ends may let those go on who were set aside: then not even the order of sums may differ.
    const end = fair.hasParked ? from + 1 : Math.min(count, from + STEP_MAX)
    let at = from
    do {
      const ticket = tickets[at] as number
      const durationMs = typeof durationsMs === 'number' ? durationsMs : (durationsMs[at] as number)
      this.#charged[at - from] = words[slot * DECISION_WORDS + DECISION_WORD.CHARGED] as number
      this.#tookMs[at - from] = durationMs
      ring.settleSlot(slot, ending, 0, durationMs)
      index.vacate(ticket)
      events.publish(EVENTS.GRANT_SETTLED, ticket, 0, 0)
      at++
      if (at === end || (typeof outcomes !== 'number' && outcomes[at] !== ending)) break
      slot = index.slotOf(tickets[at] as number)
    } while (slot >= 0 && words[slot * DECISION_WORDS + DECISION_WORD.FLOW] === flow)
    const ended = at - from
    this.#count -= ended
    const tenant = flows.tenant[flow] as number
    tenants.running[tenant]! -= ended
    fair.correct(flow, this.#charged, this.#tookMs, ended, time)
    this.#learn(this.#backend.queueOf(flows.model[flow] as number), ending, ended)
    this.#backend.ended(tenant)
    return at
  }

  #learn(queue: ModelQueue, ending: number, ended: number): void {
    for (let at = 0; at < ended; at++) {
      queue.learnDuration(this.#tookMs[at] as number)
      this.#backend.learnEnding(queue, ending)
    }
  }

  /** Gives the grant a row like that of any other request that runs, and returns it. @param slot of the decision that admitted it */
  giveRow(slot: number): number {
    const { ring, index, requests: words } = this.#backend
    const row = this.#rows.tryAllocate()
    assert(row >= 0, 'as many rows as requests may be there at once')
    const { words: decisions } = ring
    const from = slot * DECISION_WORDS
    const ticket = decisions[from + DECISION_WORD.TICKET] as number
    const at = row * REQUEST_WORDS
    words[at + REQUEST_WORD.TICKET] = ticket
    words[at + REQUEST_WORD.TAG] = 0
    words[at + REQUEST_WORD.FLOW] = decisions[from + DECISION_WORD.FLOW] as number
    words[at + REQUEST_WORD.STATE] = REQUEST.RUNNING
    words[at + REQUEST_WORD.SCORE] = decisions[from + DECISION_WORD.SCORE] as number
    words[at + REQUEST_WORD.COST] = 0
    words[at + REQUEST_WORD.MEMORY_BYTES] = 0
    words[at + REQUEST_WORD.SUBMITTED_AT_MS] = decisions[from + DECISION_WORD.DECIDED_AT_MS] as number
    words[at + REQUEST_WORD.ADMITTED_AT_MS] = decisions[from + DECISION_WORD.ADMITTED_AT_MS] as number
    words[at + REQUEST_WORD.CHARGED] = decisions[from + DECISION_WORD.CHARGED] as number
    words[at + REQUEST_WORD.DECISION] = ring.decisionIn(slot)
    decisions[from + DECISION_WORD.OUTCOME] = OUTCOME.ADMITTED
    this.#count--
    if (index.slotOf(ticket) === slot) index.vacate(ticket)
    this.indexRow(row)
    return row
  }

  /** Makes a request's row known by its ticket. */
  indexRow(row: number): void {
    const { index, requests } = this.#backend
    const inTheWay = index.slotAt(requests[row * REQUEST_WORDS + REQUEST_WORD.TICKET] as number)
    if (inTheWay >= 0) this.giveRow(inTheWay)
    index.add(row)
  }

  /** Multiplies what was charged. */
  rescale(scale: number): void {
    this.#backend.ring.eachInstant((at) => {
      this.#backend.ring.words[at + DECISION_WORD.CHARGED]! *= scale
    })
  }

  /** Forgets all of them: they belong to a life that is over. Their decisions stay. */
  clear(): void {
    this.#count = 0
    this.#backend.ring.eachInstant((at) => {
      this.#backend.ring.words[at + DECISION_WORD.OUTCOME] = OUTCOME.ADMITTED
    })
  }
}
