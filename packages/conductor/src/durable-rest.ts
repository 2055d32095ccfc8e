import type { CommandLog, Lsn } from '@symphony/interface'
import type { Execution } from './execution.ts'

/** Attempts with an effect outside that wait until what they rest on is durable. Those that rest on the same record wait for it together. */
export class DurableRest {
  readonly #log: CommandLog
  readonly #rested: (execution: Execution) => void
  readonly #failed: (execution: Execution, error: unknown) => void
  #resting: { readonly lsn: Lsn; readonly executions: Execution[] } | undefined

  constructor(log: CommandLog, rested: (execution: Execution) => void, failed: (execution: Execution, error: unknown) => void) {
    this.#log = log
    this.#rested = rested
    this.#failed = failed
  }

  /** Whether there is something to wait for. */
  get isNeeded(): boolean {
    return this.#log.durableLsn < this.#log.lastLsn
  }

  add(execution: Execution): void {
    const { lastLsn } = this.#log
    if (this.#resting?.lsn === lastLsn) {
      this.#resting.executions.push(execution)
      return
    }
    const executions = [execution]
    this.#resting = { lsn: lastLsn, executions }
    this.#log.durable(lastLsn).then(
      () => {
        if (this.#resting?.executions === executions) this.#resting = undefined
        for (const rested of executions) this.#rested(rested)
      },
      (error: unknown) => {
        for (const rested of executions) this.#failed(rested, error)
      },
    )
  }
}
