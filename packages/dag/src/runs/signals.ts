import type { ErrorData } from '@symphony/interface'
import { settle } from '../backend.ts'
import { FLAGS } from '../layout.ts'
import { rangesOf } from '../run-table.ts'
import type { DagState, KeptSignal, RunData } from '../state.ts'
import { WAITING } from '../transitions.ts'
import { jsonCommand } from './run-command.ts'
import type { RunCommand } from './run-command.ts'
import { RUN_COMMANDS } from './run-command-numbers.ts'

export const NO_SIGNALS: RunData['signals'] = []

/** A signal is kept until somebody waits for it. */
export function keepSignal(state: DagState, run: number, signal: KeptSignal, nowMs: number): void {
  const data = state.run(run)
  if (data.signals === NO_SIGNALS) data.signals = []
  data.signals.push(signal)
  deliverSignals(state, data, nowMs)
}

interface Reject {
  readonly run: number
  readonly name: string
  readonly error: ErrorData
  readonly nowMs: number
}

export const rejectSignal: RunCommand<Reject> = jsonCommand(RUN_COMMANDS.REJECT, (state, { run, name, error, nowMs }: Reject) =>
  keepSignal(state, run, { name, payload: undefined, error }, nowMs))

/** Hands kept signals to the tasks that wait for them, longest waiting first. */
export function deliverSignals(state: DagState, data: RunData, nowMs: number): void {
  const t = state.tables
  for (let at = 0; at < data.signals.length; ) {
    const signal = data.signals[at] as RunData['signals'][number]
    const task = waitingFor(state, data, signal.name)
    if (task < 0) {
      at++
      continue
    }
    data.signals.splice(at, 1)
    t.taskStartedAtMs[task] = t.taskReadyAtMs[task] as number
    if (signal.error === undefined) {
      if (signal.payload !== undefined) state.outputs[task] = signal.payload
      t.backend.complete(t, task, nowMs)
    } else {
      state.errors[task] = signal.error
      t.backend.fail(t, task, nowMs)
    }
    // What this has released may wait for a signal that was passed over.
    at = 0
  }
  settle(t, data.row, nowMs)
}

/** The task that has waited longest for a signal of this name, or -1. */
function waitingFor(state: DagState, data: RunData, name: string): number {
  const t = state.tables
  if (t.counts[data.row * 8 + WAITING] === 0) return -1
  let longest = -1
  for (const [first, count] of rangesOf(t, data.row)) {
    for (let task = first; task < first + count; task++) {
      if (t.taskState[task] !== WAITING || ((t.taskFlags[task] as number) & FLAGS.WAITS) === 0) continue
      const type = data.binding.types[(t.taskType[task] as number) - data.binding.typeBase]
      if (type?.waitFor === name && (longest < 0 || (t.taskReadyAtMs[task] as number) < (t.taskReadyAtMs[longest] as number))) longest = task
    }
  }
  return longest
}
