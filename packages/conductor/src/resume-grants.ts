import type { Ticket } from '@symphony/interface'
import type { ConductorPorts } from './conductor-ports.ts'
import type { Execution } from './execution.ts'

/**
 * Tells an arbitration engine that was restored of the attempts that run: it knows nothing of them, so nothing of what they hold would be
 * held, and nothing of what they spend be counted. One whose spending got into the log before the engine failed is settled.
 */
export function resumeGrants(executions: readonly Execution[], { arbitration, dag }: Pick<ConductorPorts, 'arbitration' | 'dag'>): void {
  const { runTenant, runPriority } = dag.columns
  for (const execution of executions) {
    if (execution.isSettled) continue
    const { row: tag, run, plan } = execution
    const { model, type } = plan
    const grant = execution.grant ?? { ticket: execution.ticket as Ticket, model, tenant: dag.tenantName(runTenant[run] as number), tag }
    const { costUsd = 0, memoryBytes = 0 } = type
    const request = { model, tenant: grant.tenant, priority: (runPriority[run] as number) + (type.priority ?? 0), costUsd, memoryBytes, tag }
    execution.isSettled = arbitration.resume?.(grant, request) === false
  }
}
