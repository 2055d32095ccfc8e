import { beginTask, beginTasks, cancelTasks, completeTask, completeTasks, conditionHolds, failTask, postponeTask, skipTask, wakeTask } from './backend.ts'
import { takeFromQueue } from './ready-queue.ts'
import { freeRun, startRun } from './run-table.ts'
import type { DagTables } from './tables.ts'

/**
 * The hot path over a tracker's region: functions of (region, command) alone. Whoever brings another backend leaves the same bytes; one
 * that throws is replaced by the tracker's own when the state is rebuilt.
 */
export interface DagBackend {
  readonly name: string
  /** The tracker takes this backend: it may look at the region, keep what it needs, and refuse by throwing. Comes before any change. */
  readonly attach?: (t: DagTables) => void
  /** Another one has taken its place: it lets go of everything. */
  readonly detach?: () => void
  readonly start: typeof startRun
  readonly free: typeof freeRun
  readonly take: typeof takeFromQueue
  readonly begin: typeof beginTask
  readonly beginMany: typeof beginTasks
  readonly complete: typeof completeTask
  readonly completeMany: typeof completeTasks
  readonly fail: typeof failTask
  readonly postpone: typeof postponeTask
  readonly wake: typeof wakeTask
  readonly skip: typeof skipTask
  readonly cancel: typeof cancelTasks
  /** Whether the condition of a task holds now. Changes nothing. */
  readonly holds: typeof conditionHolds
}

export const typescriptBackend: DagBackend = {
  name: 'typescript',
  start: startRun,
  free: freeRun,
  take: takeFromQueue,
  begin: beginTask,
  beginMany: beginTasks,
  complete: completeTask,
  completeMany: completeTasks,
  fail: failTask,
  postpone: postponeTask,
  wake: wakeTask,
  skip: skipTask,
  cancel: cancelTasks,
  holds: conditionHolds,
}
