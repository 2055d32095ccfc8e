import type { ArtifactRef, ArtifactStore, Json, StoredOutput } from '@symphony/interface'
import type { Execution } from './execution.ts'

/** Names content that is stored already. A class of our own: an object that only looks like it is data. */
export class StoredContent implements StoredOutput {
  readonly type = 'stored-output'
  readonly ref: ArtifactRef

  constructor(ref: ArtifactRef) {
    this.ref = ref
  }
}

/**
 * Stores what a task returned: bytes as they are, anything else as JSON. What is stored already is only named.
 * @throws SymphonyError of the store; `INVALID_ARGUMENT` for what JSON cannot carry
 */
export function storeOutput(artifacts: Pick<ArtifactStore, 'put' | 'putJson'>, execution: Execution, value: unknown, nowMs: number): ArtifactRef {
  if (value instanceof StoredContent) return value.ref
  const init = { madeBy: execution.plan.type.name, costMs: nowMs - execution.startedAtMs, text: false } as const
  return value instanceof Uint8Array ? artifacts.put(value, init) : artifacts.putJson(value as Json, init)
}
