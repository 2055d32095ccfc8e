import { RUN_STATES } from '@symphony/interface'
import type { Clock, RunId, RunRow } from '@symphony/interface'
import type { ConductorPorts } from './conductor-ports.ts'

/** Gives up runs that take longer than their workflow allows. The limit counts from the start of the run, over restarts too. */
export class RunTimeouts {
  readonly #dag: Pick<ConductorPorts['dag'], 'columns' | 'runTemplate'>
  readonly #clock: Clock
  readonly #giveUp: (id: RunId, reason: string) => void
  readonly #timers = new Map<RunRow, () => void>()

  constructor(dag: Pick<ConductorPorts['dag'], 'columns' | 'runTemplate'>, clock: Clock, giveUp: (id: RunId, reason: string) => void) {
    this.#dag = dag
    this.#clock = clock
    this.#giveUp = giveUp
  }

  watch(run: RunRow, id: RunId): void {
    const { timeoutMs } = this.#dag.runTemplate(run).spec
    const hasEnded = (this.#dag.columns.runState[run] as number) >= RUN_STATES.SUCCEEDED
    if (timeoutMs === undefined || hasEnded || this.#timers.has(run)) return
    const leftMs = (this.#dag.columns.runStartedAtMs[run] as number) + timeoutMs - this.#clock.nowMs()
    // A clock that was set back since makes no limit longer.
    this.#timers.set(run, this.#clock.schedule(Math.min(Math.max(0, leftMs), timeoutMs), () => {
      this.#timers.delete(run)
      this.#giveUp(id, `TIMEOUT: the run took longer than its ${timeoutMs} ms; raise the workflow's timeoutMs`)
    }))
  }

  ended(run: RunRow): void {
    if (this.#timers.size === 0) return
    this.#timers.get(run)?.()
    this.#timers.delete(run)
  }

  stop(): void {
    for (const cancel of this.#timers.values()) cancel()
    this.#timers.clear()
  }
}
