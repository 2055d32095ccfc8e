import type { Region } from '@symphony/shared-memory'
import type { EngineTime } from './engine-time.ts'
import type { FairQueue } from './fair-queue.ts'
import { FLOW, REQUEST_WORD, REQUEST_WORDS } from './layout.ts'
import type { ArbitrationLayout } from './layout.ts'
import type { ModelQueue, PriorityGroup } from './model-queue.ts'

/** What the walk through the lines looks at. */
interface Scene {
  readonly region: Region<ArbitrationLayout>
  readonly fair: FairQueue
  readonly queue: ModelQueue
  readonly time: EngineTime
}

/**
 * Where a waiting request stands if nothing else comes, everything fits, and calls take as long as expected: plays fair
 * queueing forward without touching it. Linear in what waits for the model.
 */
export function positionOf(region: Region<ArbitrationLayout>, fair: FairQueue, queue: ModelQueue, row: number, time: EngineTime): number {
  const priority = region.tables.flows.columns.priority[wordOf(region, row, REQUEST_WORD.FLOW)] as number
  let position = 1
  for (const group of queue.groups) {
    if (group.priority > priority) position += group.waiting
    else if (group.priority === priority) position += aheadInGroup({ region, fair, queue, time }, group, row)
  }
  return position
}

function aheadInGroup(scene: Scene, group: PriorityGroup, row: number): number {
  const { region, fair, queue, time } = scene
  const own = wordOf(region, row, REQUEST_WORD.FLOW)
  const ticket = wordOf(region, row, REQUEST_WORD.TICKET)
  const ahead = fair.sorted(own).indexOf(row)
  const charge = fair.chargeOf(queue, own, time)
  let tag = startOf(region, group, own)
  for (let step = 0; step < ahead; step++) tag += charge
  let count = ahead
  for (const flow of group.flows) {
    if (flow !== own && fair.countIn(flow) > 0) count += countBefore(scene, group, flow, tag, ticket)
  }
  return count
}

/** How many of a flow go before a request with this tag and ticket. */
function countBefore({ region, fair, queue, time }: Scene, group: PriorityGroup, flow: number, tag: number, ticket: number): number {
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
  return wordOf(region, head, REQUEST_WORD.TICKET) < ticket ? count + 1 : count
}

function wordOf(region: Region<ArbitrationLayout>, row: number, word: number): number {
  return region.tables.requestWords.columns.word[row * REQUEST_WORDS + word] as number
}

function startOf(region: Region<ArbitrationLayout>, group: PriorityGroup, flow: number): number {
  const { virtualTime, state } = region.tables.flows.columns
  const time = virtualTime[flow] as number
  return state[flow] === FLOW.PARKED ? Math.max(time, group.virtualTime) : time
}
