import type { ArtifactRef } from '@symphony/interface'
import type { ArtifactState } from './artifact-state.ts'
import type { PutCommand } from './commands.ts'

/**
 * The changes of a store's state: functions of (state, command). Whoever brings another backend leaves the same bytes; one that throws is
 * replaced by the store's own when the state is rebuilt.
 */
export interface ArtifactsBackend {
  readonly name: string
  /** @returns the row */
  readonly put: (state: ArtifactState, command: PutCommand) => number
  readonly tag: (state: ArtifactState, row: number, tags: Readonly<Record<string, string>>) => void
  readonly pin: (state: ArtifactState, row: number, by: 1 | -1) => void
  readonly delete: (state: ArtifactState, row: number) => void
  readonly remember: (state: ArtifactState, key: string, refs: readonly ArtifactRef[]) => void
  readonly forget: (state: ArtifactState, key: string) => void
}

export const typescriptBackend: ArtifactsBackend = {
  name: 'typescript',
  put: (state, command) => state.applyPut(command),
  tag: (state, row, tags) => state.applyTag(row, tags),
  pin: (state, row, by) => state.applyPin(row, by),
  delete: (state, row) => state.applyDelete(row),
  remember: (state, key, refs) => state.results.set(key, refs),
  forget: (state, key) => void state.results.delete(key),
}
