import type { Backend } from './backend.ts'

/**
 * What the engine does to its region, request by request: functions over the columns and nothing else. Whoever brings another one leaves
 * the same bytes; one that throws is replaced by the engine's own when the state is rebuilt.
 */
export interface ArbitrationBackend {
  readonly name: string
  readonly enqueue: Operation<'enqueue'>
  readonly next: Operation<'next'>
  readonly settle: Operation<'settle'>
  readonly withdraw: Operation<'withdraw'>
  readonly resume: Operation<'resume'>
  readonly spend: Operation<'spend'>
  /** As `InstantGrants` does them. */
  readonly admitInstantly: (state: Backend, ...given: Parameters<Backend['instants']['admit']>) => void
  readonly settleInstantly: (state: Backend, ...given: Parameters<Backend['instants']['settle']>) => number
}

type Operation<Name extends 'enqueue' | 'next' | 'settle' | 'withdraw' | 'resume' | 'spend'> = (state: Backend, ...given: Parameters<Backend[Name]>) => ReturnType<Backend[Name]>

export const typescriptBackend: ArbitrationBackend = {
  name: 'typescript',
  enqueue: (state, flow, score, cost, memoryBytes, tag) => state.enqueue(flow, score, cost, memoryBytes, tag),
  next: (state, queue) => state.next(queue),
  settle: (state, row, ending, cost, durationMs) => state.settle(row, ending, cost, durationMs),
  withdraw: (state, row) => state.withdraw(row),
  resume: (state, ticket, flow, cost, memoryBytes, tag) => state.resume(ticket, flow, cost, memoryBytes, tag),
  spend: (state, tenant, cost, wallMs) => state.spend(tenant, cost, wallMs),
  admitInstantly: (state, events, flow, tenant, charged, batch, from, end) => state.instants.admit(events, flow, tenant, charged, batch, from, end),
  settleInstantly: (state, events, tickets, from, count, outcomes, durationsMs) => state.instants.settle(events, tickets, from, count, outcomes, durationsMs),
}
