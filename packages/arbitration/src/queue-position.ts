import type { Region } from '@symphony/shared-memory'
import type { EngineTime } from './engine-time.ts'
import type { FairQueue } from './fair-queue.ts'
import { FLOW } from './layout.ts'
import type { ArbitrationLayout } from './layout.ts'
import type { ModelQueue, PriorityGroup } from './model-queue.ts'

/**
 * Where a waiting request stands if nothing else comes, everything fits, and calls take as long as expected: plays fair
 * queueing forward without touching it. Linear in what waits for the model.
 */
export function positionOf(region: Region<ArbitrationLayout>, fair: FairQueue, queue: ModelQueue, row: number, time: EngineTime): number {
  const { requests } = region.tables
  const priority = requests.columns.priority[row] as number
  let position = 1
  for (const group of queue.groups) {
    if (group.priority > priority) position += group.waiting
    else if (group.priority === priority) position += aheadInGroup(region, fair, queue, group, row, time)
  }
  return position
}

function aheadInGroup(region: Region<ArbitrationLayout>, fair: FairQueue, queue: ModelQueue, group: PriorityGroup, row: number, time: EngineTime): number {
  const { flow: flows, ticket: tickets } = region.tables.requests.columns
  const own = flows[row] as number
  const ticket = tickets[row] as number
  const ahead = fair.sorted(own).indexOf(row)
  const charge = fair.chargeOf(queue, own, time)
  let tag = startOf(region, group, own)
  for (let step = 0; step < ahead; step++) tag += charge
  let count = ahead
  for (const flow of group.flows) {
    if (flow !== own && fair.countIn(flow) > 0) count += countBefore(region, fair, queue, group, flow, tag, ticket, time)
  }
  return count
}

/** How many of a flow go before a request with this tag and ticket. */
function countBefore(region: Region<ArbitrationLayout>, fair: FairQueue, queue: ModelQueue, group: PriorityGroup, flow: number, tag: number, ticket: number, time: EngineTime): number {
  const charge = fair.chargeOf(queue, flow, time)
  const waiting = fair.countIn(flow)
  let start = startOf(region, group, flow)
  let count = 0
  while (count < waiting && start < tag) {
    count++
    start += charge
  }
  if (count === waiting || start !== tag) return count
  const head = fair.sorted(flow)[count] as number
  return (region.tables.requests.columns.ticket[head] as number) < ticket ? count + 1 : count
}

function startOf(region: Region<ArbitrationLayout>, group: PriorityGroup, flow: number): number {
  const { virtualTime, state } = region.tables.flows.columns
  const time = virtualTime[flow] as number
  return state[flow] === FLOW.PARKED ? Math.max(time, group.virtualTime) : time
}
