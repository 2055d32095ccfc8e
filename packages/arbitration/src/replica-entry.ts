import type { Recoverable } from '@symphony/interface'
import { createArbitrationEngine } from './arbitration-engine.ts'
import type { ArbitrationInit } from './init.ts'

/** An engine that nobody submits to: its budgets are all of it that is durable. */
export function createReplica(init: ArbitrationInit): Recoverable {
  return createArbitrationEngine(init)
}
