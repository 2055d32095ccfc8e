import type { Turns } from '@symphony/interface'

/** The event loop's own turns. */
export const systemTurns: Turns = {
  later: (run) => void setImmediate(run),
  every(periodMs, run) {
    let dueMs = performance.now() + periodMs
    const timer = setInterval(() => {
      run()
      dueMs = performance.now() + periodMs
    }, periodMs)
    timer.unref()
    return {
      lateMs: () => performance.now() - dueMs,
      stop: () => clearInterval(timer),
    }
  },
}
