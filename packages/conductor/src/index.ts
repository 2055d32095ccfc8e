/**
 * The Conductor: one loop that scores READY tasks, has them admitted, leases a model, invokes it and completes the task, for
 * all runs at once.
 *
 * @packageDocumentation
 */
import type { Conductor } from '@symphony/interface'
import { LoopConductor } from './conductor.ts'
import type { ConductorInit } from './conductor.ts'
import type { ConductorPorts } from './conductor-ports.ts'

export type { ConductorInit } from './conductor.ts'
export type { ConductorPorts } from './conductor-ports.ts'
export { invokeInline } from './execution.ts'
export { INLINE_MODEL } from './limits.ts'
export { criticalPathPolicy, fairPolicy, fifoPolicy, policyByName, shortestPolicy } from './policies.ts'

/**
 * Makes a conductor over the components it is given. A runtime does this for you; use it directly to compose your own.
 *
 * @throws SymphonyError `NOT_FOUND` for an unknown policy name
 */
export function createConductor(init: ConductorInit, ports: ConductorPorts): Conductor {
  return new LoopConductor(init, ports)
}
