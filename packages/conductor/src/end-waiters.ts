import type { RunReport, RunRow } from '@symphony/interface'

/** Those who wait for runs to end. Everybody is told something: the report, or why there will be none. */
export class EndWaiters {
  /** By the run's row: it belongs to no other run before this one has ended. One promise for all who wait for the same end. */
  readonly #waiters: (PromiseWithResolvers<RunReport> | undefined)[] = []

  has(run: RunRow): boolean {
    return this.#waiters[run] !== undefined
  }

  wait(run: RunRow): Promise<RunReport> {
    while (this.#waiters.length <= run) this.#waiters.push(undefined)
    return (this.#waiters[run] ??= Promise.withResolvers()).promise
  }

  ended(run: RunRow, report: RunReport): void {
    const waiter = this.#waiters[run]
    this.#waiters[run] = undefined
    waiter?.resolve(report)
  }

  rejectAll(error: unknown): void {
    for (const waiter of this.#waiters.splice(0)) {
      // Whoever awaits it hears of a failure; nobody has to.
      waiter?.promise.catch(() => {})
      waiter?.reject(error)
    }
  }
}
