import { EVENTS, SETTLEMENT_OUTCOMES } from '@symphony/interface'
import type { AdmissionBatch, EventSink, ModelNumber } from '@symphony/interface'
import type { Backend } from './backend.ts'
import { checkNumber, invalid } from './init.ts'
import { REQUEST_WORD, REQUEST_WORDS } from './layout.ts'
import { EVERYONE } from './tenant-directory.ts'

const OUTCOME_MAX = SETTLEMENT_OUTCOMES.CANCELLED
export const MODEL_MAX = 65_535

/** @throws SymphonyError `INVALID_ARGUMENT` */
export function checkBatch(batch: AdmissionBatch, tenantCount: number): void {
  const { model, count, tags, tenants, priorities, scores, tickets } = batch
  checkNumber('model', model, 0, MODEL_MAX, true)
  checkNumber('count', count, 0, Math.min(tags.length, tenants.length, priorities.length, scores.length, tickets.length), true)
  for (let at = 0; at < count; at++) {
    const tenant = tenants[at] as number
    if (tenant <= EVERYONE || tenant >= tenantCount) throw invalid(`Tenant ${tenant} at ${at} is none; get its number from tenantNumber.`)
    const score = scores[at] as number
    // The difference of a number and itself is 0, of anything else it is none.
    if (score - score !== 0) throw invalid(`The score at ${at} has to be a finite number, not ${score}.`)
  }
}

/**
 * Admits the first of a batch's wishes that nothing is in the way of and returns how many. With nothing waiting for the model
 * there is nobody to choose between: no heap is touched, and what is the same for all is worked out once.
 *
 * @param waitingMax requests of one tenant that may wait
 */
export function admitBatch(backend: Backend, events: EventSink, waitingMax: number, batch: AdmissionBatch): number {
  const { model, count, tenants, priorities } = batch
  const queue = backend.queueOf(model)
  const time = backend.time.read()
  if (count === 0 || queue.waiting > 0 || time.monotonicMs < queue.restsUntilMs) return 0
  const { fair, rates } = backend
  const { waiting, weight } = backend.tenants
  const service = fair.expectedService(queue, time)
  let at = 0
  events.hold?.()
  while (at < count) {
    const tenant = tenants[at] as number
    const room = Math.min(count - at, backend.room)
    if (room === 0 || (waiting[tenant] as number) >= waitingMax || !rates.fits(tenant, time.monotonicMs) || !rates.fits(EVERYONE, time.monotonicMs)) break
    const flow = fair.tryFlowOf(queue, priorities[at] as number, tenant)
    if (flow < 0) break
    const end = at + rates.takeMany(tenant, sameLine(batch, at, at + room), time.monotonicMs)
    backend.hot.admitInstantly(backend, events, flow, tenant, service / (weight[tenant] as number), batch, at, end)
    at = end
  }
  events.show?.()
  if (at > 0) backend.admittedInstantly(queue)
  return at
}

/** Wishes from a place on, up to another, that are of the same tenant and priority. */
function sameLine({ tenants, priorities }: AdmissionBatch, from: number, end: number): number {
  let at = from + 1
  while (at < end && tenants[at] === tenants[from] && priorities[at] === priorities[from]) at++
  return at - from
}

/** Puts the first of a batch's wishes in line, as far as there is room, and returns how many. */
export function submitBatch(backend: Backend, waitingMax: number, batch: AdmissionBatch): number {
  const { model, count, tags, tenants, priorities, scores, tickets } = batch
  if (count === 0) return 0
  const queue = backend.queueOf(model)
  backend.time.read()
  const waiting = backend.tenants.waiting
  let at = 0
  for (; at < count; at++) {
    const tenant = tenants[at] as number
    if (backend.room === 0 || (waiting[tenant] as number) >= waitingMax) break
    const flow = backend.fair.tryFlowOf(queue, priorities[at] as number, tenant)
    if (flow < 0) break
    tickets[at] = backend.hot.enqueue(backend, flow, scores[at] as number, 0, 0, tags[at] as number)
  }
  return at
}

/** Admits up to `count` of those who wait for a model, next first, and returns how many. */
export function nextBatch(backend: Backend, events: EventSink, model: ModelNumber, count: number, tickets: Float64Array, tags: Float64Array): number {
  const queue = backend.queues[model]
  if (queue === undefined || queue.waiting === 0 || count === 0) return 0
  const { requests } = backend
  backend.time.read()
  let at = 0
  events.hold?.()
  for (; at < count && queue.waiting > 0; at++) {
    const row = backend.hot.next(backend, queue)
    if (row < 0) break
    const ticket = requests[row * REQUEST_WORDS + REQUEST_WORD.TICKET] as number
    tickets[at] = ticket
    tags[at] = requests[row * REQUEST_WORDS + REQUEST_WORD.TAG] as number
    events.publish(EVENTS.REQUEST_ADMITTED, ticket, backend.tenantOf(row), model)
  }
  events.show?.()
  return at
}

/** @throws SymphonyError `INVALID_ARGUMENT` */
export function checkEndings(tickets: Float64Array, count: number, outcomes: Uint8Array | number, durationsMs: Float64Array | number): void {
  checkNumber('count', count, 0, tickets.length, true)
  if (typeof outcomes === 'number') checkNumber('outcome', outcomes, 0, OUTCOME_MAX, true)
  else {
    checkNumber('count', count, 0, outcomes.length, true)
    for (let at = 0; at < count; at++) if ((outcomes[at] as number) > OUTCOME_MAX) checkNumber(`outcomes[${at}]`, outcomes[at], 0, OUTCOME_MAX, true)
  }
  if (typeof durationsMs === 'number') return checkDuration(durationsMs)
  checkNumber('count', count, 0, durationsMs.length, true)
  for (let at = 0; at < count; at++) checkDuration(durationsMs[at] as number)
}

/** @throws SymphonyError `INVALID_ARGUMENT` */
export function checkDuration(durationMs: number): void {
  if (!(durationMs >= 0 && durationMs <= Number.MAX_SAFE_INTEGER)) checkNumber('durationMs', durationMs, 0, Number.MAX_SAFE_INTEGER, false)
}
