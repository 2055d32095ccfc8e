import { SymphonyError } from '@symphony/interface'
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

export function goingOn(run: string, task: string): SymphonyError {
  const message = `Run "${run}" is going on. Pause it before setting "${task}" back.`
  return new SymphonyError({ code: 'TASK_STATE', component: COMPONENT, message, details: { run, task } })
}

export function skippedAgain(run: string, task: string, need: string): SymphonyError {
  return new SymphonyError({
    code: 'TASK_STATE',
    component: COMPONENT,
    message: `"${task}" would only be skipped again, because it needs "${need}", which did not succeed or went another way. Retry from "${need}".`,
    details: { run, task, need },
  })
}

export function otherWorkflow(run: string, workflow: string, wanted: string): SymphonyError {
  return new SymphonyError({
    code: 'ALREADY_EXISTS',
    component: COMPONENT,
    message: `Run "${run}" runs workflow "${workflow}", not "${wanted}". Choose another id.`,
    details: { run, workflow },
  })
}

export function notARef(value: unknown): SymphonyError {
  return invalid(`an output must be an artifact's address, 64 lower-case hex digits, not ${JSON.stringify(value)?.slice(0, 80)}`)
}

export function invalid(problem: string): SymphonyError {
  return new SymphonyError({ code: 'INVALID_ARGUMENT', component: COMPONENT, message: `Wrong argument: ${problem}.` })
}
