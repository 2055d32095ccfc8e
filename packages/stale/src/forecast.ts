import type { StaleForecast } from '@symphony/interface'
import type { TimingWheel } from './timing-wheel.ts'

const WINDOWS_MS = [1_000, 10_000, 60_000, 600_000, 3_600_000, 86_400_000] as const

/** Counts what is due within the next second up to the next day. Looks at every row once: some milliseconds for a million. */
export function forecast(wheel: TimingWheel, nowMs: number): StaleForecast {
  const counts: number[] = WINDOWS_MS.map(() => 0)
  let earliestMs = Infinity
  for (let row = 0; row < wheel.used; row++) {
    if (!wheel.isWatched(row)) continue
    const aheadMs = Math.max(0, wheel.deadlineAt(row) - nowMs)
    if (aheadMs < earliestMs) earliestMs = aheadMs
    const window = WINDOWS_MS.findIndex((ms) => aheadMs <= ms)
    if (window >= 0) counts[window]!++
  }
  let total = 0
  return {
    dueWithin: WINDOWS_MS.map((ms, window) => ({ ms, count: (total += counts[window] as number) })),
    nextDueInMs: earliestMs === Infinity ? undefined : earliestMs,
  }
}
