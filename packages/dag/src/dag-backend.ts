import { beginTask, cancelTasks, completeTask, failTask, postponeTask, skipTask, wakeTask } from './backend.ts'
import { takeFromQueue } from './ready-queue.ts'
import { freeRun, startRun } from './run-table.ts'

/**
 * The hot path over a tracker's region: functions of (region, command) alone. Whoever brings another backend leaves the same bytes; one
 * that throws is replaced by the tracker's own when the state is rebuilt.
 */
export interface DagBackend {
  readonly name: string
  readonly start: typeof startRun
  readonly free: typeof freeRun
  readonly take: typeof takeFromQueue
  readonly begin: typeof beginTask
  readonly complete: typeof completeTask
  readonly fail: typeof failTask
  readonly postpone: typeof postponeTask
  readonly wake: typeof wakeTask
  readonly skip: typeof skipTask
  readonly cancel: typeof cancelTasks
}

export const typescriptBackend: DagBackend = {
  name: 'typescript',
  start: startRun,
  free: freeRun,
  take: takeFromQueue,
  begin: beginTask,
  complete: completeTask,
  fail: failTask,
  postpone: postponeTask,
  wake: wakeTask,
  skip: skipTask,
  cancel: cancelTasks,
}
