interface Waiter {
  readonly lsn: number
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

  get isEmpty(): boolean {
    return this.#first === this.#waiters.length
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
