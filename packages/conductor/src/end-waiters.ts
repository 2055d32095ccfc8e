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
    // Whoever awaits it hears of a failure; nobody has to.
    waiter.promise.catch(() => {})
    this.#waiters.set(id, waiter)
    return waiter.promise
  }

  ended(id: RunId, report: RunReport): void {
    this.#waiters.get(id)?.resolve(report)
    this.#waiters.delete(id)
  }

  rejectAll(error: unknown): void {
    for (const waiter of this.#waiters.values()) waiter.reject(error)
    this.#waiters.clear()
  }
}
