import { SymphonyError, TASK_STATE_NAMES } from '@symphony/interface'
import { KEPT_SIGNALS_MAX } from './limits.ts'

// What the tracker refuses, and what to do instead.

const COMPONENT = '@symphony/dag'

export function signalsFull(run: string, signal: string): SymphonyError {
  return new SymphonyError({
    code: 'CAPACITY_EXCEEDED',
    component: COMPONENT,
    message: `Run "${run}" already keeps ${KEPT_SIGNALS_MAX} signals nobody waits for. Check the name "${signal}", or signal later.`,
    details: { run, signal },
  })
}

export function notARef(value: unknown): SymphonyError {
  return invalid(`an output must be an artifact's address, 64 lower-case hex digits, not ${JSON.stringify(value)?.slice(0, 80)}`)
}

export function invalid(problem: string): SymphonyError {
  return new SymphonyError({ code: 'INVALID_ARGUMENT', component: COMPONENT, message: `Wrong argument: ${problem}.` })
}

/** The error of a call that a task's state does not allow. */
export function taskState(task: number, state: number, wish: string, needed: string): SymphonyError {
  return new SymphonyError({
    code: 'TASK_STATE',
    component: COMPONENT,
    message: `Task row ${task} is ${TASK_STATE_NAMES[state] ?? 'not in use'}; to ${wish} it must be ${needed}. Ask for its state before.`,
    details: { task, state: TASK_STATE_NAMES[state] ?? null },
  })
}
