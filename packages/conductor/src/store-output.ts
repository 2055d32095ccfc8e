import type { ArtifactRef, ArtifactStore, Json } from '@symphony/interface'
import type { Execution } from './execution.ts'

/**
 * Stores what a task returned: bytes as they are, anything else as JSON.
 * @throws SymphonyError of the store; `INVALID_ARGUMENT` for what JSON cannot carry
 */
export function storeOutput(artifacts: Pick<ArtifactStore, 'put' | 'putJson'>, execution: Execution, value: unknown, nowMs: number): ArtifactRef {
  const init = { madeBy: execution.plan.type.name, costMs: nowMs - execution.startedAtMs, text: false } as const
  return value instanceof Uint8Array ? artifacts.put(value, init) : artifacts.putJson(value as Json, init)
}
