import type { Turns } from '@symphony/interface'
import { systemTurns } from '@symphony/ports'
import type { VirtualClock } from '@symphony/ports'

/** Turns of the event loop whose heartbeats come by the clock of a test. */
export function virtualTurns(clock: VirtualClock): Turns {
  return {
    later: systemTurns.later,
    every(periodMs, run) {
      let dueMs = 0
      let cancel = (): void => {}
      const arm = (): void => {
        dueMs = clock.monotonicMs() + periodMs
        cancel = clock.schedule(periodMs, () => {
          arm()
          run()
        })
      }
      arm()
      return { lateMs: () => clock.monotonicMs() - dueMs, stop: () => cancel() }
    },
  }
}
