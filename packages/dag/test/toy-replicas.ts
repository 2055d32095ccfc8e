import { createDagTracker } from '@symphony/dag'
import type { Recoverable, ReplicaSource } from '@symphony/interface'

// Replicas with one thing wrong. They are named by the source of a toy, and made where a thread would make them.

const { module, factory } = createDagTracker({ tasksMax: 1, edgesMax: 1, runsMax: 1 }).replica
const create = ((await import(module)) as Record<string, (init: ReplicaSource['init']) => Recoverable>)[factory] as (init: ReplicaSource['init']) => Recoverable

/** Knows nothing of the checkpoint it should begin with. */
export function forgetful(init: ReplicaSource['init']): Recoverable {
  return { ...create(init), restore: () => {} }
}

/** Misses a command now and then. */
export function inattentive(init: ReplicaSource['init']): Recoverable {
  const whole = create(init)
  return {
    ...whole,
    applyCommand(type, body, lsn) {
      if (lsn % 10 !== 0) whole.applyCommand(type, body, lsn)
    },
  }
}
