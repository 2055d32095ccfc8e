/** Who wants to know that a signal fired. */
export interface Abortable {
  onAbort(reason: unknown): void
}

/**
 * One listener a signal, however many wait on it: an event target looks through all its listeners for each one added, which
 * makes a thousand waiters on one signal quadratic. The listener stays for the life of the signal; it knows nothing but the set.
 */
export class AbortWatch {
  readonly #waiting = new WeakMap<AbortSignal, Set<Abortable>>()

  /** Returns the set the waiter is in now: to leave is to be deleted from it. */
  add(signal: AbortSignal, waiter: Abortable): Set<Abortable> {
    let waiting = this.#waiting.get(signal)
    if (waiting === undefined) waiting = this.#listen(signal)
    return waiting.add(waiter)
  }

  #listen(signal: AbortSignal): Set<Abortable> {
    const waiting = new Set<Abortable>()
    this.#waiting.set(signal, waiting)
    signal.addEventListener('abort', () => waiting.forEach((one) => one.onAbort(signal.reason)), { once: true })
    return waiting
  }
}
