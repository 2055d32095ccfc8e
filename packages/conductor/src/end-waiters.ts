import type { CommandLog, RunReport, RunRow } from '@symphony/interface'

/** One promise for all who wait for the same end. */
type Waiter = PromiseWithResolvers<RunReport>

/**
 * Those who wait for runs to end. Everybody is told something: the report, or why there will be none. Nobody is told of an end that a
 * crash could undo; ends of one moment wait for the log together.
 */
export class EndWaiters {
  /** Undefined without a log: then an end is as durable as it will be when it happens. */
  readonly #log: CommandLog | undefined
  /** By the run's row: it belongs to no other run before this one has ended. */
  readonly #waiters: (Waiter | undefined)[] = []
  /** Of runs that have ended since the log was looked at last, each with its report. */
  #ended: Waiter[] = []
  #reports: RunReport[] = []

  constructor(log: CommandLog | undefined) {
    this.#log = log
  }

  has(run: RunRow): boolean {
    return this.#waiters[run] !== undefined
  }

  wait(run: RunRow): Promise<RunReport> {
    while (this.#waiters.length <= run) this.#waiters.push(undefined)
    return (this.#waiters[run] ??= Promise.withResolvers()).promise
  }

  ended(run: RunRow, report: RunReport): void {
    const waiter = this.#waiters[run]
    if (waiter === undefined) return
    this.#waiters[run] = undefined
    if (this.#log === undefined) return waiter.resolve(report)
    if (this.#ended.length === 0) queueMicrotask(this.#tellOnceDurable)
    this.#ended.push(waiter)
    this.#reports.push(report)
  }

  /** A report that is there, for whoever asks only now. */
  durably(report: RunReport): Promise<RunReport> {
    const log = this.#log
    return log === undefined || log.durableLsn >= log.lastLsn ? Promise.resolve(report) : log.durable(log.lastLsn).then(() => report)
  }

  rejectAll(error: unknown): void {
    for (const waiter of this.#waiters.splice(0)) {
      // Whoever awaits it hears of a failure; nobody has to.
      waiter?.promise.catch(() => {})
      waiter?.reject(error)
    }
  }

  /** The record that ends a run is complete by now, and what its end has started may be logged as well. */
  readonly #tellOnceDurable = (): void => {
    const log = this.#log as CommandLog
    const ended = this.#ended
    const reports = this.#reports
    this.#ended = []
    this.#reports = []
    const tell = (): void => ended.forEach((waiter, index) => waiter.resolve(reports[index] as RunReport))
    if (log.durableLsn >= log.lastLsn) return tell()
    log.durable(log.lastLsn).then(tell, (error: unknown) => {
      for (const waiter of ended) waiter.reject(error)
    })
  }
}
