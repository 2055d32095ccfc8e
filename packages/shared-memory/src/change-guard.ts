import { isSymphonyError, SymphonyError } from '@symphony/interface'
import { abandonWrite, closeWrite, openWrite, writeMark } from './region.ts'
import type { Region } from './region.ts'

/** Whose state is guarded, as its errors say it. */
export interface Guarded {
  /** Id of the component: `@symphony/dag`. */
  readonly component: string
  /** The beginning of a sentence: `The dag tracker`. */
  readonly who: string
  /** What becomes of it until it is well, as sentences. Default: it takes no changes until its state is rebuilt from the log. */
  readonly meanwhile?: string
}

const MEANWHILE = 'It takes no changes until its state is rebuilt from the log; try again then. Without a log, open another runtime.'

/**
 * Stands around every change of a component's region: marks it as being changed, and when the backend throws in the middle, leaves it
 * marked and refuses everything else until the state is set up anew. What comes to a backend cannot be refused any more, so whatever it
 * throws is a failure of its own. The half of `Supervised` that is the same for every component whose state is rebuilt from the log.
 *
 * @example
 * guard.open()
 * try {
 *   backend.complete(tables, task)
 * } catch (error) {
 *   throw guard.fail(error)
 * }
 * guard.close()
 */
export class ChangeGuard {
  readonly #region: Region
  readonly #guarded: Guarded
  readonly #listeners = new Set<(error: SymphonyError) => void>()
  #panic: SymphonyError | undefined

  constructor(region: Region, guarded: Guarded) {
    this.#region = region
    this.#guarded = guarded
  }

  /** Why nothing goes, undefined while all is well. */
  get panic(): SymphonyError | undefined {
    return this.#panic
  }

  get mark(): number {
    return writeMark(this.#region)
  }

  onPanic(listener: (error: SymphonyError) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** @throws SymphonyError `BACKEND_PANIC` */
  check(): void {
    if (this.#panic !== undefined) throw this.#panic
  }

  /**
   * Another backend as `attachBackend` takes it: made out of the component's own if a function was given, and with all that one has.
   * @throws SymphonyError `INVALID_ARGUMENT`, `BACKEND_PANIC`
   */
  backendFrom<B extends object>(given: B | ((own: B) => B), own: B): B {
    this.check()
    const backend = typeof given === 'function' ? given(own) : given
    const missing = (Object.keys(own) as (keyof B)[]).find((name) => typeof (backend as Partial<B> | undefined)?.[name] !== typeof own[name])
    if (missing === undefined) return backend
    const { component, who } = this.#guarded
    throw new SymphonyError({ code: 'INVALID_ARGUMENT', component, message: `${who} takes a backend that has "${String(missing)}"; begin with its own, which a function is given.` })
  }

  /** A change begins. Once a command, or once for many of them. */
  open(): void {
    this.check()
    if ((writeMark(this.#region) & 1) === 1) throw this.fail('its region was left in the middle of a change')
    openWrite(this.#region)
  }

  close(): void {
    closeWrite(this.#region)
  }

  /** What may be called seldom: a change as a function. */
  run<R>(change: () => R): R {
    this.open()
    let result: R
    try {
      result = change()
    } catch (error) {
      throw this.fail(error)
    }
    this.close()
    return result
  }

  /** @returns what to throw: of two failures, the first one */
  fail(cause: unknown): SymphonyError {
    if (this.#panic !== undefined) return this.#panic
    const why = cause instanceof Error ? cause.message : String(cause)
    this.#panic = new SymphonyError({
      code: 'BACKEND_PANIC',
      component: this.#guarded.component,
      message: `${this.#guarded.who} failed inside: ${why}. ${this.#guarded.meanwhile ?? MEANWHILE}`,
      details: { reason: why, ...(isSymphonyError(cause) ? { code: cause.code } : {}) },
      cause,
    })
    for (const listener of this.#listeners) listener(this.#panic)
    return this.#panic
  }

  /** The state has been set up anew. */
  clear(): void {
    abandonWrite(this.#region)
    this.#panic = undefined
  }
}
