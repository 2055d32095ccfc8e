interface Waiter {
  lsn: number
  readonly promise: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Who waits for which record, in the order of the records. Callers nearly always wait for the record they have just logged, so
 * the order comes by itself and settling a commit is one walk from the front.
 */
export class DurableWaiters {
  #waiters: Waiter[] = []
  #first = 0
  /** Who waits for records that are not handed over yet: one fsync will answer them all, so one promise does. */
  #together: Waiter | undefined

  get isEmpty(): boolean {
    return this.#first === this.#waiters.length
  }

  /** The promise of those who wait for records not handed over yet, if there are any: it answers for this record from now on, too. */
  tryJoin(lsn: number): Promise<void> | undefined {
    const together = this.#together
    if (together !== undefined && lsn > together.lsn) together.lsn = lsn
    return together?.promise
  }

  /** The same for the first of them. The record is younger than any that was handed over. */
  addFirst(lsn: number): Promise<void> {
    const promise = this.add(lsn)
    this.#together = this.#waiters.at(-1)
    return promise
  }

  /** What was logged is handed over: whoever comes now waits for a later fsync. */
  handedOver(): void {
    this.#together = undefined
  }

  /** A promise for one record; two callers who wait for the same record share it. */
  add(lsn: number): Promise<void> {
    const waiters = this.#waiters
    let at = waiters.length
    while (at > this.#first && (waiters[at - 1] as Waiter).lsn > lsn) at--
    const former = at > this.#first ? waiters[at - 1] : undefined
    if (former?.lsn === lsn) return former.promise
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const waiter: Waiter = { lsn, promise, resolve, reject }
    if (at === waiters.length) waiters.push(waiter)
    else waiters.splice(at, 0, waiter)
    return promise
  }

  /** Resolves everybody who waits for a record up to this one. */
  settle(durableLsn: number): void {
    const waiters = this.#waiters
    while (this.#first < waiters.length) {
      const waiter = waiters[this.#first] as Waiter
      if (waiter.lsn > durableLsn) break
      this.#first++
      waiter.resolve()
    }
    this.#compact()
  }

  rejectAll(error: unknown): void {
    const waiting = this.#waiters.slice(this.#first)
    this.#waiters = []
    this.#first = 0
    this.#together = undefined
    for (const waiter of waiting) waiter.reject(error)
  }

  /** Forgets the settled ones: at once when nobody is left, otherwise only when they are the greater part. */
  #compact(): void {
    if (this.#first < this.#waiters.length && this.#first < 1024) return
    if (this.#first * 2 < this.#waiters.length) return
    this.#waiters = this.#waiters.slice(this.#first)
    this.#first = 0
  }
}
