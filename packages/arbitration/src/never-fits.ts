import { SymphonyError } from '@symphony/interface'
import type { Ticket } from '@symphony/interface'
import type { Backend, RequestFields } from './backend.ts'
import { REASON } from './decision-ring.ts'
import { COMPONENT } from './init.ts'
import { toUsd } from './ledger.ts'
import { EVERYONE } from './tenant-directory.ts'

/** What a request asks too much of. */
export interface Obstacle {
  readonly reason: typeof REASON.MEMORY | typeof REASON.BUDGET
  /** Bytes, or nanodollars. */
  readonly limit: number
  /** Row of the tenant whose budget it is, or -1. */
  readonly budget: number
}

/** What keeps a request from ever being admitted, however long it waits. */
export function obstacleTo({ ledger, admission, time }: Backend, { cost, memoryBytes }: Pick<RequestFields, 'cost' | 'memoryBytes'>, tenant: number): Obstacle | undefined {
  if (memoryBytes > admission.memoryLimitBytes) return { reason: REASON.MEMORY, limit: admission.memoryLimitBytes, budget: -1 }
  if (cost === 0) return undefined
  for (const budget of [tenant, EVERYONE]) {
    if (!ledger.canEverFit(budget, cost, time.wallMs)) return { reason: REASON.BUDGET, limit: ledger.mostLeft(budget, time.wallMs), budget }
  }
  return undefined
}

export function refusedError(ticket: Ticket, { reason, limit }: Obstacle, rationale: string): SymphonyError {
  const isMemory = reason === REASON.MEMORY
  const next = isMemory ? 'Ask for less, or raise the memory limit.' : 'Ask for less, or raise the budget.'
  return new SymphonyError({
    code: 'REQUEST_REFUSED',
    component: COMPONENT,
    message: `The request can never be admitted: it ${rationale}. ${next}`,
    details: { ticket, reason: isMemory ? 'memory' : 'budget', limit: isMemory ? limit : toUsd(limit) },
  })
}
