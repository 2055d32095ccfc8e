import { ByteReader } from '@symphony/shared-memory'
import type { DagState } from '../state.ts'
import { setAttributes } from './attributes.ts'
import { postpone } from './delays.ts'
import { awaitChild } from './family.ts'
import { fork } from './fork.ts'
import { migrate } from './migrate.ts'
import type { RunCommand } from './run-command.ts'
import { passSchedule, setSchedule, unsetSchedule } from './schedules.ts'
import { setBack } from './set-back.ts'
import { rejectSignal } from './signals.ts'
import { startWith } from './start.ts'

type Replay = (state: DagState, reader: ByteReader) => void

const REPLAYS: ReadonlyMap<number, Replay> = new Map([
  entry(startWith()),
  entry(awaitChild),
  entry(setAttributes),
  entry(setBack),
  entry(fork),
  entry(postpone),
  entry(setSchedule),
  entry(unsetSchedule),
  entry(passSchedule),
  entry(migrate()),
  entry(rejectSignal),
])

/** Applies a logged command if it is one about runs as wholes. @returns whether it was */
export function replayRunCommand(state: DagState, type: number, body: Uint8Array): boolean {
  const replay = REPLAYS.get(type)
  replay?.(state, new ByteReader(body))
  return replay !== undefined
}

function entry<F, R>(command: RunCommand<F, R>): readonly [type: number, replay: Replay] {
  return [command.type, (state, reader) => void command.apply(state, command.read(reader))]
}
