import { SymphonyError } from '@symphony/interface'
import type { Clock } from '@symphony/interface'
import type { Execution } from './execution.ts'

/** Gives up attempts that take too long, or tell no progress for too long. */
export class TimeLimits {
  readonly #clock: Clock
  readonly #defers: (run: () => void) => boolean
  readonly #over: (execution: Execution, error: SymphonyError) => void

  /** @param defers keeps what cannot be done while a neighbour is being restored; false when none is */
  constructor(clock: Clock, defers: (run: () => void) => boolean, over: (execution: Execution, error: SymphonyError) => void) {
    this.#clock = clock
    this.#defers = defers
    this.#over = over
  }

  /** One timer an attempt: at its end it looks which limit is over, and waits for the rest of the other. */
  watch(execution: Execution): void {
    const { timeoutMs = Infinity, idleTimeoutMs = Infinity } = execution.plan.type
    if (timeoutMs === Infinity && idleTimeoutMs === Infinity) return
    const nowMs = this.#clock.monotonicMs()
    const leftMs = execution.startedAtMs + timeoutMs - nowMs
    const idleLeftMs = Math.max(execution.startedAtMs, execution.progressedAtMs) + idleTimeoutMs - nowMs
    if (leftMs > 0 && idleLeftMs > 0) {
      execution.cancelTimeout = this.#clock.schedule(Math.min(leftMs, idleLeftMs), () => this.watch(execution))
      return
    }
    // Who the attempt is cannot be asked either; and it may have ended by then.
    if (this.#defers(() => execution.place >= 0 && this.watch(execution))) return
    const why = leftMs <= 0 ? `took longer than its ${timeoutMs} ms. Raise timeoutMs, or make it faster` : `told no progress for ${idleTimeoutMs} ms. Raise idleTimeoutMs, or call progress() more often`
    this.#over(execution, new SymphonyError({ code: 'TIMEOUT', component: 'conductor', message: `Task "${execution.taskId}" ${why}.` }))
  }
}
