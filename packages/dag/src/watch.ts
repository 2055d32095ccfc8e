import { RUN_STATE_NAMES, TASK_STATE_NAMES } from '@symphony/interface'
import type { RunStateName, TaskStateName, Transition } from '@symphony/interface'

/** A task's move as watchers see it. @param move state before * 16 + state after */
export function taskTransition(sequence: number, task: string, move: number, atMs: number): Transition {
  const from = TASK_STATE_NAMES[move >> 4] as TaskStateName
  const to = TASK_STATE_NAMES[move & 15] as TaskStateName
  return { type: 'task', sequence, task, from, to, atMs }
}

export function runTransition(sequence: number, state: number, atMs: number): Transition {
  return { type: 'run', sequence, state: RUN_STATE_NAMES[state] as RunStateName, atMs }
}

export function lostTransitions(sequence: number, events: number, atMs: number): Transition {
  return { type: 'lost', sequence, events, atMs }
}
