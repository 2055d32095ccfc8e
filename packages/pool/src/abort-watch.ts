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

  add(signal: AbortSignal, waiter: Abortable): void {
    const known = this.#waiting.get(signal)
    if (known !== undefined) return void known.add(waiter)
    const waiting = new Set([waiter])
    this.#waiting.set(signal, waiting)
    signal.addEventListener('abort', () => waiting.forEach((one) => one.onAbort(signal.reason)), { once: true })
  }

  remove(signal: AbortSignal, waiter: Abortable): void {
    this.#waiting.get(signal)?.delete(waiter)
  }
}
