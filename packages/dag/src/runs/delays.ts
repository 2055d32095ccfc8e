import { SymphonyError } from '@symphony/interface'
import type { Json, StartOptions } from '@symphony/interface'
import { makeReady, settle } from '../backend.ts'
import { deliverSignals } from './signals.ts'
import type { DagState } from '../state.ts'
import { PENDING } from '../transitions.ts'
import type { Delay } from './managed-state.ts'
import { jsonCommand } from './run-command.ts'
import type { RunCommand } from './run-command.ts'
import { RUN_COMMANDS } from './run-command-numbers.ts'
import { tasksWhere } from './set-back.ts'

interface Postpone {
  readonly run: number
  readonly dueMs: number
  readonly input: Json
  readonly nowMs: number
}

/** A start that joins one which has not begun: the newest input counts, and the quiet time starts anew. */
export const postpone: RunCommand<Postpone> = jsonCommand(RUN_COMMANDS.POSTPONE, (state, { run, dueMs, input }: Postpone) => {
  state.run(run).input = input
  state.managed.delay(run, { ...(state.managed.delays.get(run) as Delay), dueMs })
})

/** Begins the runs that are due. @returns how many */
export function beginDueRuns(state: DagState, nowMs: number): number {
  const { managed } = state
  let begun = 0
  for (let run = managed.beginTimes.due(nowMs); run !== undefined; run = managed.beginTimes.due(nowMs)) {
    managed.undelay(run)
    const data = state.run(run)
    const { tables: t } = state
    for (const task of tasksWhere(state, data, (row) => t.taskState[row] === PENDING && (t.taskPending[row] as number) <= 0)) makeReady(t, task, nowMs)
    // Whose condition does not hold is skipped now.
    settle(t, run, nowMs)
    if (data.signals.length > 0) deliverSignals(state, data, nowMs)
    begun++
  }
  return begun
}

/**
 * When a run begins that does not begin at once.
 * @throws SymphonyError `INVALID_ARGUMENT`
 */
export function delayOf(workflow: string, options: StartOptions, nowMs: number): Delay | undefined {
  const { notBeforeMs, debounce } = options
  if (notBeforeMs !== undefined && !Number.isFinite(notBeforeMs)) throw invalid('notBeforeMs must be a time in ms')
  if (debounce === undefined) return notBeforeMs === undefined || notBeforeMs <= nowMs ? undefined : { dueMs: notBeforeMs }
  if (notBeforeMs !== undefined) throw invalid('a start has either notBeforeMs or debounce')
  const { key, waitMs, maxWaitMs } = debounce
  if (typeof key !== 'string') throw invalid('debounce.key must be a text')
  for (const [name, ms] of Object.entries({ waitMs, maxWaitMs: maxWaitMs ?? 1 })) {
    if (!Number.isFinite(ms) || ms <= 0) throw invalid(`debounce.${name} must be a finite number of ms above 0`)
  }
  const joined = `${workflow}\u0000${key}`
  if (maxWaitMs === undefined) return { dueMs: nowMs + waitMs, debounce: joined }
  return { dueMs: nowMs + Math.min(waitMs, maxWaitMs), debounce: joined, latestMs: nowMs + maxWaitMs }
}

function invalid(problem: string): SymphonyError {
  return new SymphonyError({ code: 'INVALID_ARGUMENT', component: '@symphony/dag', message: `Wrong start options: ${problem}.` })
}
