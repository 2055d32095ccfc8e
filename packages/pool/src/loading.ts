import { assert } from '@symphony/interface'
import type { LoadContext, LoadedModel } from '@symphony/interface'
import type { Deadlines, Due } from './deadlines.ts'
import type { ModelEntry } from './model-entry.ts'
import { poolError } from './pool-error.ts'

/** How a load ends, and what may happen after it. Exactly one of the first two is called, once. */
export interface LoadingEnd {
  loaded(loading: Loading, model: LoadedModel): void
  failed(loading: Loading, error: unknown): void
  /** An instance that had been loaded is lost, says its runner. */
  broke(loading: Loading, error: unknown): void
}

/** One load of one instance: from the call of the runner until the instance is given up. */
export class Loading implements Due, LoadContext {
  readonly entry: ModelEntry
  /** Row. */
  readonly row: number
  /** Number within its model, for the runner. */
  readonly instance: number
  readonly startedAtMs: number
  readonly dueAtMs: number
  /** Settles when the load has ended, well or not. Never rejects. */
  readonly ended: Promise<void>
  isWaiting = true
  readonly #controller = new AbortController()
  readonly #deadlines: Deadlines
  readonly #end: LoadingEnd
  #markEnded: () => void = () => {}
  /** Set when nobody wants to hear of this load any more. */
  #isGivenUp = false
  #hasDeadline = false

  constructor(entry: ModelEntry, row: number, nowMs: number, deadlines: Deadlines, end: LoadingEnd) {
    this.entry = entry
    this.row = row
    this.instance = row - entry.instanceFirst
    this.startedAtMs = nowMs
    this.dueAtMs = nowMs + entry.loadTimeoutMs
    this.#deadlines = deadlines
    this.#end = end
    this.ended = new Promise((resolve) => (this.#markEnded = resolve))
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Calls the runner. A runner that answers at once is done at once. */
  begin(): void {
    try {
      const answer = this.entry.runner.load(this)
      if (typeof (answer as PromiseLike<LoadedModel>).then !== 'function') return this.#settle(answer as LoadedModel)
      this.#deadlines.add(this)
      this.#hasDeadline = true
      ;(answer as PromiseLike<LoadedModel>).then(
        (model) => this.#settle(model),
        (error: unknown) => this.#fail(error, false),
      )
    } catch (error) {
      this.#fail(error, false)
    }
  }

  /** For the runner: the instance is lost. While it loads, the load has failed. */
  fail(reason: unknown): void {
    if (this.#isGivenUp) return
    if (this.isWaiting) this.#fail(reason, false)
    else this.#end.broke(this, reason)
  }

  onDue(): void {
    const { id, loadTimeoutMs } = this.entry
    this.#fail(poolError('TIMEOUT', `Model "${id}" was not loaded within its ${loadTimeoutMs} ms. Raise loadTimeoutMs, or find out what its runner waits for.`, { loadTimeoutMs }), true)
  }

  /** Nobody wants the instance any more: aborts a load that still runs, and hears nothing from then on. */
  giveUp(reason?: unknown): void {
    this.#isGivenUp = true
    if (!this.isWaiting) return
    this.#over(false)
    this.#controller.abort(reason)
  }

  #settle(model: LoadedModel): void {
    // Too late: what came is not wanted, but it must not stay behind.
    if (!this.isWaiting) return discard(model)
    if (typeof (model as Partial<LoadedModel> | undefined)?.invoke !== 'function') {
      return this.#fail(poolError('INVALID_ARGUMENT', `The runner of model "${this.entry.id}" loaded something without an invoke function.`), false)
    }
    this.#over(false)
    this.#end.loaded(this, model)
  }

  #fail(error: unknown, isDue: boolean): void {
    if (!this.isWaiting) return
    this.#over(isDue)
    this.#isGivenUp = true
    this.#controller.abort(error)
    this.#end.failed(this, error)
  }

  #over(isDue: boolean): void {
    assert(this.isWaiting, 'a load ends once')
    this.isWaiting = false
    if (this.#hasDeadline && !isDue) this.#deadlines.over()
    this.#markEnded()
  }
}

/** Gets rid of an instance at once. What it says to that is of no interest any more. */
export function discard(model: LoadedModel): void {
  try {
    if (model.terminate !== undefined) return model.terminate()
    void Promise.resolve(model.unload()).catch(() => {})
  } catch {
    // It was being thrown away; nobody can act on its complaint.
  }
}
