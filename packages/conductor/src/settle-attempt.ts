import type { Settlement, Ticket } from '@symphony/interface'
import type { ConductorPorts } from './conductor-ports.ts'
import type { Execution } from './execution.ts'

/** Settles what an attempt was admitted with, once. */
export function settleAttempt(execution: Execution, { arbitration }: ConductorPorts, outcome: Settlement['outcome'], nowMs: number): void {
  if (execution.isSettled) return
  const durationMs = nowMs - execution.startedAtMs
  if (execution.grant === undefined) {
    arbitration.settleTicket(execution.ticket as Ticket, outcome, durationMs)
  } else {
    const { costUsd } = execution.plan.type
    arbitration.settle(execution.grant, { outcome, durationMs, ...(costUsd === undefined ? {} : { costUsd }) })
  }
  execution.isSettled = true
}
