import type { CommandLog, Lsn } from '@symphony/interface'
import type { Execution } from './execution.ts'

/** Attempts with an effect outside that wait until what they rest on is durable. Those that rest on the same record wait together. */
export class DurableRest {
  readonly #log: CommandLog
  readonly #durable: (execution: Execution) => void
  readonly #failed: (execution: Execution, error: unknown) => void
  #resting: { readonly lsn: Lsn; readonly executions: Execution[] } | undefined

  constructor(log: CommandLog, durable: (execution: Execution) => void, failed: (execution: Execution, error: unknown) => void) {
    this.#log = log
    this.#durable = durable
    this.#failed = failed
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
        for (const rested of executions) this.#durable(rested)
      },
      (error: unknown) => {
        for (const rested of executions) this.#failed(rested, error)
      },
    )
  }
}
