import type { RunId, RunReport } from '@symphony/interface'

/** Those who wait for runs to end. Everybody is told something: the report, or why there will be none. */
export class EndWaiters {
  readonly #waiters = new Map<string, PromiseWithResolvers<RunReport>>()

  has(id: RunId): boolean {
    return this.#waiters.has(id)
  }

  wait(id: RunId): Promise<RunReport> {
    const known = this.#waiters.get(id)
    if (known !== undefined) return known.promise
    const waiter = Promise.withResolvers<RunReport>()
    this.#waiters.set(id, waiter)
    return waiter.promise
  }

  ended(id: RunId, report: RunReport): void {
    const waiter = this.#waiters.get(id)
    this.#waiters.delete(id)
    waiter?.resolve(report)
  }

  rejectAll(error: unknown): void {
    for (const waiter of this.#waiters.values()) {
      // Whoever awaits it hears of a failure; nobody has to.
      waiter.promise.catch(() => {})
      waiter.reject(error)
    }
    this.#waiters.clear()
  }
}
