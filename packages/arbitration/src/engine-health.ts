import type { ComponentHealth } from '@symphony/interface'
import type { Backend } from './backend.ts'
import { COMPONENT } from './init.ts'

/** How an engine that has not failed inside feels, and why. */
export function engineHealth(backend: Backend, requestsMax: number, isClosed: boolean): ComponentHealth {
  const { monotonicMs, wallMs } = backend.time.read()
  const reasons: string[] = []
  if (backend.live > requestsMax * 0.9) reasons.push(`${backend.live} of ${requestsMax} requests are in use; raise requestsMax`)
  for (const queue of backend.queues) {
    const restsForMs = (queue?.restsUntilMs ?? 0) - monotonicMs
    if (restsForMs > 0) reasons.push(`model ${queue?.model} rests for ${Math.ceil(restsForMs)} ms more`)
  }
  for (const { tenant, limitUsd, spentUsd } of backend.ledger.reports(wallMs)) {
    if (spentUsd >= limitUsd) reasons.push(`the budget of "${tenant}" is spent: ${spentUsd} of ${limitUsd} US dollars`)
  }
  return { component: COMPONENT, status: isClosed ? 'closed' : reasons.length > 0 ? 'degraded' : 'healthy', reasons }
}
