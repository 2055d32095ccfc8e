import { SymphonyError } from '@symphony/interface'
import type { TaskContext, TaskType } from '@symphony/interface'
import { lazyModule } from '@symphony/ports'

const croner = lazyModule<typeof import('croner')>(() => import.meta.resolve('croner'))

/**
 * Until when a task that is nothing but time has to wait, in the clock's `nowMs`.
 * @throws SymphonyError `INVALID_ARGUMENT` for a function that computes no time
 */
export function untilMsOf(type: TaskType, readyAtMs: number, context: TaskContext): number {
  const { delayMs, untilMs, cron } = type
  if (cron !== undefined) return new (croner().Cron)(cron, { timezone: 'UTC', paused: true }).nextRun(new Date(readyAtMs))?.getTime() ?? Infinity
  const given = delayMs ?? untilMs
  const value: unknown = typeof given === 'function' ? given(context) : given
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new SymphonyError({
      code: 'INVALID_ARGUMENT',
      component: 'conductor',
      message: `Task "${context.taskId}" computed ${String(value)} as the time to wait. Its function has to return a finite number of ms, at once.`,
      retryable: false,
    })
  }
  return delayMs === undefined ? value : readyAtMs + value
}
