import { Worker } from 'node:worker_threads'
import type { ResourceLimits } from 'node:worker_threads'
import { fromErrorData, SymphonyError } from '@symphony/interface'
import type { Clock, InvokeContext, LoadedModel, Logger } from '@symphony/interface'
import type { Reply, Request, WorkerStart } from './worker-protocol.ts'

export interface WorkerThreadSettings {
  readonly graceMs: number
  readonly clock: Clock
  readonly logger: Logger
  readonly resourceLimits?: ResourceLimits
}

/** A call that is under way in the thread. */
interface PendingCall {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: SymphonyError) => void
  readonly context: InvokeContext
  /** Stops listening to the caller's signal and to the grace timer. */
  release(): void
}

// Built, everything lies in one folder; from source, beside this file.
const entry = new URL(import.meta.url.endsWith('.ts') ? './worker-entry.ts' : './worker-entry.js', import.meta.url)

/** A model in a thread, seen from outside: calls in, answers out, and a clean end whatever happens inside. */
export class WorkerThread implements LoadedModel {
  readonly #worker: Worker
  readonly #settings: WorkerThreadSettings
  readonly #calls = new Map<number, PendingCall>()
  #nextId = 0
  #outgoing: Request[] = []
  #death: SymphonyError | undefined
  #onUnloaded: (() => void) | undefined

  private constructor(worker: Worker, settings: WorkerThreadSettings) {
    this.#worker = worker
    this.#settings = settings
  }

  /** Starts the thread and resolves when its model is loaded. @throws SymphonyError `MODEL_LOAD_FAILED`, `ABORTED` */
  static async start(start: WorkerStart, settings: WorkerThreadSettings, signal: AbortSignal): Promise<WorkerThread> {
    const limits = settings.resourceLimits
    const worker = new Worker(entry, { workerData: start, stdout: true, stderr: true, ...(limits === undefined ? {} : { resourceLimits: limits }) })
    const thread = new WorkerThread(worker, settings)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const fail = (error: SymphonyError): void => {
      reject(error)
      void worker.terminate()
    }
    const abort = (): void => fail(new SymphonyError({ code: 'ABORTED', component: 'models', message: 'Loading was aborted.', cause: signal.reason }))
    signal.addEventListener('abort', abort, { once: true })
    thread.#listen({ ready: resolve, failed: fail }, start.module)
    try {
      await promise
      worker.unref()
      return thread
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  invoke(input: unknown, context: InvokeContext): Promise<unknown> {
    if (this.#death !== undefined) return Promise.reject(this.#death)
    const id = this.#nextId++
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    let cancelGrace: (() => void) | undefined
    const onAbort = (): void => {
      this.#post({ type: 'abort', id })
      cancelGrace = this.#settings.clock.schedule(this.#settings.graceMs, () => this.#die(aborted(context.signal, 'did not stop in time, so its thread was ended')))
    }
    context.signal.addEventListener('abort', onAbort, { once: true })
    const release = (): void => {
      context.signal.removeEventListener('abort', onAbort)
      cancelGrace?.()
    }
    // While a call is under way the thread keeps the process alive; idle, it does not.
    if (this.#calls.size === 0) this.#worker.ref()
    this.#calls.set(id, { resolve, reject, context, release })
    this.#post({ type: 'call', id, input })
    return promise
  }

  health(): boolean {
    return this.#death === undefined
  }

  async unload(): Promise<void> {
    if (this.#death !== undefined) return
    this.#worker.ref()
    const unloaded = new Promise<void>((resolve) => {
      this.#onUnloaded = resolve
    })
    this.#post({ type: 'unload' })
    await unloaded
    this.#death = closed()
    await this.#worker.terminate()
  }

  terminate(): void {
    this.#die(closed())
  }

  #post(request: Request): void {
    if (this.#outgoing.length === 0) queueMicrotask(() => this.#flush())
    this.#outgoing.push(request)
  }

  #flush(): void {
    const batch = this.#outgoing
    this.#outgoing = []
    try {
      this.#worker.postMessage(batch)
    } catch {
      for (const request of batch) this.#postAlone(request)
    }
  }

  /** One input that cannot be cloned must not take the others with it. */
  #postAlone(request: Request): void {
    try {
      this.#worker.postMessage([request])
    } catch (cause) {
      if (request.type !== 'call') return
      const message = `The input cannot be sent to a worker thread: ${cause instanceof Error ? cause.message : String(cause)}. Send plain data and byte arrays.`
      this.#settle(request.id)?.reject(new SymphonyError({ code: 'INVALID_ARGUMENT', component: 'models', message, cause }))
    }
  }

  #listen(load: { ready(): void; failed(error: SymphonyError): void }, module: string): void {
    const { logger } = this.#settings
    this.#worker.stdout.setEncoding('utf8').on('data', (text: string) => logger.info(text.trimEnd(), { module }))
    this.#worker.stderr.setEncoding('utf8').on('data', (text: string) => logger.warn(text.trimEnd(), { module }))
    this.#worker.on('message', (replies: readonly Reply[]) => {
      for (const reply of replies) {
        if (reply.type === 'ready') load.ready()
        else if (reply.type === 'load-failed') load.failed(loadFailed(module, reply.error.message, fromErrorData(reply.error)))
        else this.#receive(reply)
      }
    })
    this.#worker.on('error', (cause: unknown) => {
      const message = cause instanceof Error ? cause.message : String(cause)
      load.failed(loadFailed(module, message, cause))
      this.#die(new SymphonyError({ code: 'MODEL_FAILED', component: 'models', message: `The model's thread died: ${message}. It is loaded again for the next call.`, cause }))
    })
    this.#worker.on('exit', () => {
      load.failed(loadFailed(module, 'its thread ended', undefined))
      this.#onUnloaded?.()
      this.#die(new SymphonyError({ code: 'MODEL_FAILED', component: 'models', message: 'The model\'s thread ended in the middle of a call. It is loaded again for the next call.' }))
    })
  }

  #receive(reply: Exclude<Reply, { type: 'ready' | 'load-failed' }>): void {
    if (reply.type === 'unloaded') return this.#onUnloaded?.()
    if (reply.type === 'progress') return this.#calls.get(reply.id)?.context.progress(reply.fraction)
    const call = this.#settle(reply.id)
    if (reply.type === 'value') call?.resolve(reply.value)
    else if (call?.context.signal.aborted === true) call.reject(aborted(call.context.signal, 'was aborted'))
    else call?.reject(fromErrorData(reply.error))
  }

  #settle(id: number): PendingCall | undefined {
    const call = this.#calls.get(id)
    if (call === undefined) return undefined
    this.#calls.delete(id)
    call.release()
    if (this.#calls.size === 0) this.#worker.unref()
    return call
  }

  #die(error: SymphonyError): void {
    if (this.#death !== undefined) return
    this.#death = error
    for (const id of [...this.#calls.keys()]) this.#settle(id)?.reject(error)
    void this.#worker.terminate()
  }
}

function aborted(signal: AbortSignal, what: string): SymphonyError {
  return new SymphonyError({ code: 'ABORTED', component: 'models', message: `The call ${what}.`, cause: signal.reason })
}

function closed(): SymphonyError {
  return new SymphonyError({ code: 'CLOSED', component: 'models', message: 'The instance was unloaded. Take a new lease.' })
}

function loadFailed(module: string, reason: string, cause: unknown): SymphonyError {
  return new SymphonyError({ code: 'MODEL_LOAD_FAILED', component: 'models', message: `The model in ${module} could not be loaded: ${reason}.`, cause })
}
