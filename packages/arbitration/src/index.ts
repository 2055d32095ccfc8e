/**
 * ArbitrationEngine: admission, priority, fairness and budgets, with a reason for each decision.
 *
 * @example
 * const arbitration = createArbitrationEngine({ weights: { gold: 3, free: 1 } })
 * const ticket = arbitration.submit({ model, tenant: 'gold', costUsd: 0.02, tag: 1 })
 * const grant = arbitration.next(model)
 * console.log(arbitration.explain(ticket).rationale)
 *
 * @packageDocumentation
 */
export { createArbitrationEngine } from './arbitration-engine.ts'
export type { FairArbitrationEngine } from './arbitration-engine.ts'
export type { ArbitrationBackend } from './hot-path.ts'
export type { ArbitrationInit, ArbitrationPorts } from './init.ts'
export { ARBITRATION_LAYOUT } from './layout.ts'
export type { ArbitrationLayout } from './layout.ts'
export { COMMAND as COMMANDS } from './commands.ts'
