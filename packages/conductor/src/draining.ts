import { SymphonyError } from '@symphony/interface'
import type { Clock, WaitOptions } from '@symphony/interface'

/** Waits until nothing runs, while nothing new begins. */
export class Draining {
  readonly #clock: Clock
  readonly #waiters = new Set<() => void>()
  #isDraining = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get isDraining(): boolean {
    return this.#isDraining
  }

  begin(running: number, { signal, timeoutMs }: WaitOptions): Promise<void> {
    this.#isDraining = true
    if (running === 0) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const leave = (settle: () => void): void => {
        this.#waiters.delete(done)
        signal?.removeEventListener('abort', aborted)
        cancelTimeout?.()
        settle()
      }
      const fail = (code: 'TIMEOUT' | 'ABORTED', message: string): void => leave(() => reject(new SymphonyError({ code, component: 'conductor', message })))
      const done = (): void => leave(resolve)
      const aborted = (): void => fail('ABORTED', 'The wait for running tasks was aborted; the conductor goes on draining until resume() is called.')
      const cancelTimeout = timeoutMs === undefined ? undefined : this.#clock.schedule(timeoutMs, () => fail('TIMEOUT', `Tasks still ran after ${timeoutMs} ms; the conductor goes on draining. Cancel what hangs, or wait longer.`))
      this.#waiters.add(done)
      signal?.addEventListener('abort', aborted, { once: true })
      if (signal?.aborted === true) aborted()
    })
  }

  /** Something ended. */
  looked(running: number): void {
    if (running > 0) return
    for (const done of [...this.#waiters]) done()
  }

  end(): void {
    this.#isDraining = false
  }
}
