import type { Turns } from '@symphony/interface'
import { systemClock } from './system-clock.ts'

/** The event loop's own turns. */
export const systemTurns: Turns = {
  later: (run) => void setImmediate(run),
  every(periodMs, run) {
    let dueMs = systemClock.monotonicMs() + periodMs
    const timer = setInterval(() => {
      run()
      dueMs = systemClock.monotonicMs() + periodMs
    }, periodMs)
    timer.unref()
    return {
      lateMs: () => systemClock.monotonicMs() - dueMs,
      stop: () => clearInterval(timer),
    }
  },
}
