import { SymphonyError, toErrorData } from '@symphony/interface'
import type { WorkerModel } from '@symphony/interface'
import { systemClock } from '@symphony/ports'
import { heapBytes } from './heap-bytes.ts'
import type { Outbox } from './outbox.ts'
import { FROM_WORKER, TO_WORKER } from './worker-protocol.ts'
import type { Batch, WorkerInit } from './worker-protocol.ts'

/** Serves the calls of one instance, inside its thread. */
export class WorkerSide {
  readonly #init: WorkerInit
  readonly #model: WorkerModel
  readonly #outbox: Outbox
  /** Calls that have not been answered. */
  readonly #calls = new Map<number, WorkerCall>()

  constructor(init: WorkerInit, model: WorkerModel, outbox: Outbox) {
    this.#init = init
    this.#model = model
    this.#outbox = outbox
  }

  receive(batch: Batch): void {
    for (let index = 0; index < batch.length; index += 3) {
      const call = batch[index + 1] as number
      switch (batch[index]) {
        case TO_WORKER.CALL:
          this.#call(call, batch[index + 2])
          break
        case TO_WORKER.ABORT:
          this.#abort(call, batch[index + 2] as string)
          break
        case TO_WORKER.PING:
          this.#outbox.add(FROM_WORKER.WELL, 0, heapBytes())
          break
        case TO_WORKER.UNLOAD:
          void this.#unload()
          break
      }
    }
    this.#outbox.flush()
  }

  #call(id: number, input: unknown): void {
    const call = new WorkerCall(id, (fraction) => this.#outbox.add(FROM_WORKER.PROGRESS, id, fraction))
    let answer: unknown
    try {
      answer = this.#model.invoke(input, call)
    } catch (error) {
      return this.#fail(id, error)
    }
    if (typeof (answer as PromiseLike<unknown> | undefined | null)?.then !== 'function') return this.#outbox.add(FROM_WORKER.ANSWER, id, answer)
    this.#calls.set(id, call)
    ;(answer as PromiseLike<unknown>).then(
      (value) => {
        if (this.#calls.delete(id)) this.#outbox.add(FROM_WORKER.ANSWER, id, value)
      },
      (error: unknown) => {
        if (this.#calls.delete(id)) this.#fail(id, error)
      },
    )
  }

  /** Tells the call, and disowns it when it goes on regardless: its slot is worth more than its manners. */
  #abort(id: number, reason: string): void {
    const call = this.#calls.get(id)
    if (call === undefined) return
    this.#outbox.add(FROM_WORKER.ABORT_SEEN, id, undefined)
    const error = new SymphonyError({ code: 'ABORTED', component: '@symphony/models', message: reason })
    systemClock.schedule(this.#init.graceMs, () => {
      if (this.#calls.delete(id)) this.#fail(id, error)
    })
    call.abort(error)
  }

  async #unload(): Promise<void> {
    let failure: unknown
    try {
      await this.#model.unload?.()
    } catch (error) {
      failure = toErrorData(error, '@symphony/models', 'MODEL_FAILED')
    }
    this.#outbox.add(FROM_WORKER.UNLOADED, 0, failure)
    this.#outbox.flush()
    this.#init.port.close()
  }

  #fail(id: number, error: unknown): void {
    this.#outbox.add(FROM_WORKER.FAILURE, id, toErrorData(error, '@symphony/models', 'MODEL_FAILED'))
  }
}

/** What a model in a worker gets with a call. Most never ask for the signal. */
class WorkerCall {
  readonly id: number
  readonly progress: (fraction: number) => void
  #controller: AbortController | undefined
  #error: unknown

  constructor(id: number, progress: (fraction: number) => void) {
    this.id = id
    this.progress = progress
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#error !== undefined) this.#controller.abort(this.#error)
    return this.#controller.signal
  }

  abort(error: unknown): void {
    this.#error = error
    this.#controller?.abort(error)
  }
}
