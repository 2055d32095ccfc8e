import type { Clock } from '@symphony/interface'

// `process` is looked up with a call at every use.
const hrtime = process.hrtime
const originS = hrtime()[0]

/** The machine's clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  // Not `performance`: as exact and as quick, but Node loads a dozen modules for it.
  monotonicMs() {
    const time = hrtime()
    return (time[0] - originS) * 1_000 + time[1] / 1_000_000
  },
  schedule(delayMs, run) {
    // Node fires timers longer than 2^31 - 1 ms at once; a long wait is made of shorter ones.
    const longestMs = 2_147_483_647
    let timer: NodeJS.Timeout
    const arm = (remainingMs: number): void => {
      const stepMs = Math.min(remainingMs, longestMs)
      timer = setTimeout(() => (remainingMs > stepMs ? arm(remainingMs - stepMs) : run()), stepMs)
    }
    arm(Math.max(0, delayMs))
    return () => clearTimeout(timer)
  },
}
