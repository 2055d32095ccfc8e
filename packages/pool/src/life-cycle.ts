import { assert, INSTANCE_STATES } from '@symphony/interface'
import type { InstanceStateName } from '@symphony/interface'

export const STATE_NAMES: readonly InstanceStateName[] = ['cold', 'warming', 'hot', 'cooling', 'failed']

const { COLD, WARMING, HOT, COOLING, FAILED } = INSTANCE_STATES

/** For each state a bit mask of the states that may follow. */
const successors: readonly number[] = [
  1 << WARMING,
  (1 << HOT) | (1 << FAILED),
  (1 << COOLING) | (1 << FAILED),
  1 << COLD,
  1 << COLD,
]

/** Whether an instance may go from one state to another. */
export function isLegalMove(from: number, to: number): boolean {
  return ((successors[from] ?? 0) & (1 << to)) !== 0
}

/** Moves an instance on. An illegal move is a bug of the pool, never of its user. */
export function moveState(states: Int32Array, instance: number, to: number): number {
  const from = Atomics.load(states, instance)
  assert(isLegalMove(from, to), `instance ${instance} may not go from ${STATE_NAMES[from]} to ${STATE_NAMES[to]}`)
  Atomics.store(states, instance, to)
  return from
}
