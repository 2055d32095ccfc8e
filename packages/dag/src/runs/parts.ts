import type { Clock, Logger } from '@symphony/interface'
import type { Announcer } from '../announcer.ts'
import { makeRoomForRun } from '../capacity.ts'
import type { StartCommand } from '../apply.ts'
import type { Registry } from '../registry.ts'
import type { RunIds } from './start-options.ts'
import type { Binding, DagState, StoredTemplate } from '../state.ts'
import type { DagWriter } from '../writer.ts'
import type { KeptHistory } from './kept-history.ts'
import { startWith } from './start.ts'
import type { StartExtras } from './start.ts'

/** What the tracker is made of, as far as its parts work on runs as wholes. */
export interface TrackerParts {
  readonly state: DagState
  readonly clock: Clock
  readonly ids: RunIds
  readonly logger: Logger
  readonly registry: Registry
  readonly announcer: Announcer
  readonly writer: DagWriter
  readonly keepEndedRuns: number
  readonly history: KeptHistory
}

/** The stored definition, with room for one more run of it. @throws SymphonyError `CAPACITY_EXCEEDED` */
function storeFor({ state, writer }: TrackerParts, binding: Binding): StoredTemplate {
  makeRoomForRun(state, writer, binding.compiled, state.storedOf(binding) !== undefined)
  // Making room may have dropped the stored definition itself.
  return state.storedOf(binding) ?? writer.define(binding)
}

/** Starts a run whose options are checked and whose id is free. @param extras undefined for a start that says nothing more; @throws SymphonyError `CAPACITY_EXCEEDED` */
export function startRunOf(parts: TrackerParts, binding: Binding, command: StartCommand, extras: StartExtras | undefined): void {
  const stored = storeFor(parts, binding)
  if (extras === undefined) parts.writer.start(stored, binding, command)
  else parts.writer.commit(startWith(binding), { template: stored.number, ...command, ...extras }, (data) => parts.announcer.runStarted(data))
}
