import { RUN_STATES, SymphonyError, isSymphonyError } from '@symphony/interface'
import type { RunId, ScheduleReport, ScheduleSpec } from '@symphony/interface'
import { checkRunInput } from '../definition/schemas.ts'
import { EVERY_MS_MIN, FIRINGS_MAX, ON_TIME_MS, SCHEDULES_MAX, SCHEDULE_RETRY_MS } from '../limits.ts'
import { suggestion } from '../definition/nearest.ts'
import { checkStart } from './start-options.ts'
import type { DagState } from '../state.ts'
import { lastTime, timeAfter } from './cron.ts'
import type { Schedule } from './managed-state.ts'
import { startRunOf } from './parts.ts'
import type { TrackerParts } from './parts.ts'
import { jsonCommand } from './run-command.ts'
import type { RunCommand } from './run-command.ts'
import { RUN_COMMANDS } from './run-command-numbers.ts'

interface SetSchedule {
  readonly spec: ScheduleSpec
  readonly nextMs: number
  readonly nowMs: number
}

export const setSchedule: RunCommand<SetSchedule> = jsonCommand(RUN_COMMANDS.SCHEDULE, (state, { spec, nextMs, nowMs }: SetSchedule) => {
  const before = state.managed.schedules.get(spec.id)
  const { lastMs = 0, lastRun = '', fired = 0, skipped = 0 } = before ?? {}
  state.managed.setSchedule({ spec, nextMs, anchorMs: nowMs, lastMs, lastRun, fired, skipped })
})

export const unsetSchedule: RunCommand<{ readonly id: string; readonly nowMs: number }> = jsonCommand(RUN_COMMANDS.UNSCHEDULE, (state, { id }) => {
  state.managed.dropSchedule(id)
})

interface PassSchedule {
  readonly id: string
  readonly nextMs: number
  readonly skipped: number
  readonly nowMs: number
}

/** A time of a schedule passes without a run. */
export const passSchedule: RunCommand<PassSchedule> = jsonCommand(RUN_COMMANDS.PASS_SCHEDULE, (state, { id, nextMs, skipped }: PassSchedule) => {
  const schedule = state.managed.schedules.get(id) as Schedule
  state.managed.setSchedule({ ...schedule, nextMs, skipped: schedule.skipped + skipped })
})

/**
 * Starts what the schedules have due. Each start is one command that moves its schedule on: it happens once, also over a crash.
 * @returns how many runs were started
 */
export function fireSchedules(parts: TrackerParts, nowMs: number): number {
  const { managed } = parts.state
  let fired = 0
  // What is left after the bound is still due, so the caller comes again.
  for (let looks = 0; looks < FIRINGS_MAX; looks++) {
    const id = managed.scheduleTimes.due(nowMs)
    if (id === undefined) break
    if (fireOnce(parts, managed.schedules.get(id) as Schedule, nowMs)) fired++
  }
  return fired
}

function fireOnce(parts: TrackerParts, schedule: Schedule, nowMs: number): boolean {
  const { state, writer, registry, logger, ids } = parts
  const { spec } = schedule
  const binding = registry.find(spec.workflow)
  if (binding === undefined) {
    // Nothing is lost: it is due again as soon as the workflow is defined.
    state.managed.parkSchedule(spec.id)
    logger.warn(`Schedule "${spec.id}" is due, but workflow "${spec.workflow}" is not defined. Define it and it goes on.`)
    return false
  }
  const atMs = spec.catchUp === 'all' ? schedule.nextMs : lastTime(spec, schedule.nextMs, nowMs)
  const nextMs = timeAfter(spec, atMs, schedule.anchorMs) ?? NEVER
  const id = `${spec.id}@${new Date(atMs).toISOString()}`
  const openRun = state.findRun(schedule.lastRun)?.row
  const isOpen = openRun !== undefined && (state.tables.runDurableState[openRun] as number) < RUN_STATES.SUCCEEDED
  const isLate = spec.catchUp === 'none' && nowMs - atMs > ON_TIME_MS
  const isSkipped = isOpen && spec.overlap === 'skip'
  if (isLate || isSkipped || state.runsById.has(id)) {
    writer.commit(passSchedule, { id: spec.id, nextMs, skipped: isSkipped ? 1 : 0, nowMs })
    return false
  }
  const { tenant, priority, input } = spec
  const options = { id, ...(tenant === undefined ? {} : { tenant }), ...(priority === undefined ? {} : { priority }), ...(input === undefined ? {} : { input }) }
  try {
    const start = checkStart(options, nowMs, ids)
    const command = { ...start, input: checkRunInput(binding.template.spec, start.input) }
    startRunOf(parts, binding, command, { schedule: { id: spec.id, atMs, nextMs } })
  } catch (error) {
    if (isSymphonyError(error, 'WORKFLOW_INVALID')) {
      // The workflow was defined anew, with a schema this input does not fit: trying again would not help.
      writer.commit(passSchedule, { id: spec.id, nextMs, skipped: 1, nowMs })
      logger.warn(`Schedule "${spec.id}" is due, but its input is refused. Schedule it again with another one.`, { error: error.message })
      return false
    }
    if (!isSymphonyError(error, 'CAPACITY_EXCEEDED')) throw error
    state.managed.scheduleTimes.set(spec.id, nowMs + SCHEDULE_RETRY_MS)
    logger.warn(`Schedule "${spec.id}" is due, but there is no room for a run. It is tried again.`, { error: error.message })
    return false
  }
  if (isOpen && spec.overlap === 'cancel') writer.cancel(openRun, `schedule "${spec.id}" is due again`)
  return true
}

/** The `nextMs` of a schedule that has no further times. */
const NEVER = -1

const KEYS: ReadonlySet<string> = new Set([
  'id', 'cron', 'everyMs', 'workflow', 'input', 'tenant', 'priority', 'timezone', 'overlap', 'catchUp',
])
const OVERLAPS: ReadonlySet<unknown> = new Set([undefined, 'allow', 'skip', 'cancel'])
const CATCH_UPS: ReadonlySet<unknown> = new Set([undefined, 'all', 'last', 'none'])

/**
 * Checks a schedule. @returns when it is due first
 * @throws SymphonyError `INVALID_ARGUMENT`, `UNKNOWN_KEY`, `CAPACITY_EXCEEDED`
 */
export function firstTime({ state, ids }: TrackerParts, spec: ScheduleSpec, nowMs: number): number {
  for (const key in spec) if (!KEYS.has(key)) throw refused('UNKNOWN_KEY', `A schedule has no "${key}"${suggestion(key, KEYS) || '.'}`)
  if (typeof spec.id !== 'string' || spec.id === '') throw refused('INVALID_ARGUMENT', 'A schedule needs an id, a text that is not empty.')
  if ((spec.cron === undefined) === (spec.everyMs === undefined)) throw refused('INVALID_ARGUMENT', `Schedule "${spec.id}" needs either cron or everyMs.`)
  if (spec.everyMs !== undefined && !(Number.isFinite(spec.everyMs) && spec.everyMs >= EVERY_MS_MIN)) {
    throw refused('INVALID_ARGUMENT', `everyMs of schedule "${spec.id}" must be a finite number of ms, ${EVERY_MS_MIN} or more.`)
  }
  if (!OVERLAPS.has(spec.overlap)) throw refused('INVALID_ARGUMENT', `overlap of schedule "${spec.id}" must be "allow", "skip" or "cancel".`)
  if (!CATCH_UPS.has(spec.catchUp)) throw refused('INVALID_ARGUMENT', `catchUp of schedule "${spec.id}" must be "all", "last" or "none".`)
  const { tenant, priority } = spec
  checkStart({ id: spec.id, ...(tenant === undefined ? {} : { tenant }), ...(priority === undefined ? {} : { priority }) }, nowMs, ids)
  if (!state.managed.schedules.has(spec.id) && state.managed.schedules.size >= SCHEDULES_MAX) {
    throw refused('CAPACITY_EXCEEDED', `There are ${SCHEDULES_MAX} schedules already. Drop some with unschedule.`)
  }
  const nextMs = timeAfter(spec, nowMs, nowMs)
  if (nextMs === undefined) throw refused('INVALID_ARGUMENT', `Schedule "${spec.id}" is never due: "${spec.cron}" has no time after now.`)
  return nextMs
}

export function schedulesOf(state: DagState): readonly ScheduleReport[] {
  return Array.from(state.managed.schedules.values(), ({ spec, nextMs, lastMs, lastRun, fired, skipped }) => ({
    ...spec,
    nextMs: nextMs === NEVER ? undefined : nextMs,
    lastMs: lastRun === '' ? undefined : lastMs,
    lastRun: lastRun === '' ? undefined : (lastRun as RunId),
    fired,
    skipped,
  }))
}

function refused(code: 'UNKNOWN_KEY' | 'INVALID_ARGUMENT' | 'CAPACITY_EXCEEDED', message: string): SymphonyError {
  return new SymphonyError({ code, component: '@symphony/dag', message })
}
