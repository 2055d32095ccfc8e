import { SymphonyError } from '@symphony/interface'
import type { ScheduleSpec } from '@symphony/interface'
import { lazyModule } from '@symphony/ports'
import type { Cron } from 'croner'

const croner = lazyModule<typeof import('croner')>(() => import.meta.resolve('croner'))

// When a schedule is due. Cron expressions are computed by croner from the time that is handed in: it never starts a timer, and
// what it answers does not depend on the system's clock. Only the live side computes; replay takes the times from the log.

/** What decides about the times of a schedule. */
export type Rhythm = Pick<ScheduleSpec, 'cron' | 'everyMs' | 'timezone'>

/** Not the system's: the same log has to mean the same everywhere. */
const DEFAULT_TIMEZONE = 'UTC'
/** Fields of an expression, or a name such as `@daily`. A single date is no schedule. */
const PATTERN = /^\s*(@[a-z]+|\S+(\s+\S+){4,6})\s*$/i

/** The first time after a moment; undefined when there is none any more. @throws SymphonyError `INVALID_ARGUMENT` */
export function timeAfter(rhythm: Rhythm, afterMs: number, anchorMs: number): number | undefined {
  if (rhythm.everyMs !== undefined) return anchorMs + (Math.floor((afterMs - anchorMs) / rhythm.everyMs) + 1) * rhythm.everyMs
  return compute(rhythm, (cron) => cron.nextRun(new Date(afterMs))?.getTime())
}

/** The last time up to and including a moment, at `dueMs` or later. */
export function lastTime(rhythm: Rhythm, dueMs: number, nowMs: number): number {
  if (rhythm.everyMs !== undefined) return dueMs + Math.floor((nowMs - dueMs) / rhythm.everyMs) * rhythm.everyMs
  const last = compute(rhythm, (cron) => cron.previousRuns(1, new Date(nowMs + 1))[0]?.getTime())
  return Math.max(dueMs, last ?? dueMs)
}

/** What is wrong with an expression that has to have the five classical fields, and so no seconds; undefined if nothing is. */
export function problemOfFields(cron: unknown): string | undefined {
  if (typeof cron !== 'string' || cron.trim().split(/\s+/).length !== 5) {
    return 'must have five fields: minute, hour, day of the month, month, day of the week'
  }
  try {
    // Asked from a fixed day: what a definition may say must not depend on when it is looked at.
    return timeAfter({ cron }, 0, 0) === undefined ? `"${cron}" is never due` : undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function compute<T>(rhythm: Rhythm, ask: (cron: Cron) => T): T {
  const { cron = '', timezone = DEFAULT_TIMEZONE } = rhythm
  try {
    if (!PATTERN.test(cron)) throw new Error('expected five to seven fields, as in "30 6 * * 1-5"')
    return ask(new (croner().Cron)(cron, { timezone, paused: true }))
  } catch (error) {
    throw new SymphonyError({
      code: 'INVALID_ARGUMENT',
      component: '@symphony/dag',
      message: `The cron expression "${cron}" in time zone "${timezone}" cannot be used: ${error instanceof Error ? error.message : String(error)}`,
      cause: error,
    })
  }
}
