import type { MessagePort, ResourceLimits, Worker } from 'node:worker_threads'
import { fromErrorData, isSymphonyError, SymphonyError } from '@symphony/interface'
import type { Clock, ErrorData, InvokeContext, Json, LoadContext, LoadedModel, Logger } from '@symphony/interface'
import { threadFlags } from '@symphony/ports'
import type { Abortable, AbortWatch } from '@symphony/ports'
import { Outbox } from './outbox.ts'
import { FROM_WORKER, TO_WORKER } from './worker-protocol.ts'
import type { Batch, WorkerInit } from './worker-protocol.ts'

const COMPONENT = '@symphony/models'

/** What every instance of a runner has in common. */
export interface WorkerSetup {
  readonly module: string
  readonly options: Json | undefined
  readonly resourceLimits: ResourceLimits | undefined
  readonly transfer: 'none' | 'answers' | 'all'
  readonly graceMs: number
  readonly clock: Clock
  readonly logger: Logger
  readonly aborts: AbortWatch
}

/** The file a worker thread begins with: beside this one, in whatever form this one is. */
const entryUrl = new URL(import.meta.url.endsWith('.ts') ? './worker-entry.ts' : './worker-entry.js', import.meta.url)

/** Starts a thread and resolves when its model is loaded. Aborting the load ends the thread. */
export function loadWorker(setup: WorkerSetup, context: LoadContext): Promise<LoadedModel> {
  return new Promise((resolve, reject) => {
    const instance = new WorkerThread(setup, context, (error) => {
      if (error === undefined) resolve(instance)
      else reject(error as Error)
    })
    const { signal } = context
    const end = (): void => instance.abortLoading(signal.reason)
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
  })
}

/** The pool's side of one worker thread. */
class WorkerThread implements LoadedModel {
  readonly #setup: WorkerSetup
  readonly #context: LoadContext
  readonly #worker: Worker
  readonly #port: MessagePort
  readonly #outbox: Outbox
  readonly #calls = new Map<number, PendingCall>()
  readonly #pings: ((isWell: boolean) => void)[] = []
  #loaded: ((error: unknown) => void) | undefined
  #unloaded: ((failure: ErrorData | undefined) => void) | undefined
  #bytes = 0
  #nextCall = 1
  /** Why the thread ended or is being ended. */
  #lost: unknown
  #isEnding = false

  constructor(setup: WorkerSetup, context: LoadContext, loaded: (error: unknown) => void) {
    this.#setup = setup
    this.#context = context
    this.#loaded = loaded
    // Loaded with the first thread: most processes never start one.
    const threads = process.getBuiltinModule('node:worker_threads')
    const { port1, port2 } = new threads.MessageChannel()
    this.#port = port1
    const init: WorkerInit = { port: port2, module: setup.module, options: setup.options, graceMs: setup.graceMs, transfersAnswers: setup.transfer !== 'none' }
    const { resourceLimits } = setup
    // Both outputs are redirected inside; claiming them here keeps what escapes from the host's own.
    this.#worker = new threads.Worker(entryUrl, { workerData: init, transferList: [port2], stdout: true, stderr: true, ...threadFlags(), ...(resourceLimits === undefined ? {} : { resourceLimits }) })
    this.#outbox = new Outbox(port1, setup.transfer === 'all', (call, error) => this.#cannotSend(call, error))
    port1.on('message', (batch: Batch) => this.#receive(batch))
    this.#worker.on('error', (error) => (this.#lost ??= error))
    this.#worker.on('exit', (code) => this.#ended(code))
  }

  invoke(input: unknown, context: InvokeContext): Promise<unknown> {
    if (this.#isEnding) return Promise.reject(this.#lostError())
    const { signal } = context
    if (signal.aborted) return Promise.reject(abortedError(signal.reason))
    return new Promise((resolve, reject) => {
      const id = this.#nextCall++
      if (this.#calls.size === 0) this.#keepAlive()
      const call = new PendingCall(this, id, context, signal, resolve, reject)
      this.#calls.set(id, call)
      call.companions = this.#setup.aborts.add(signal, call)
      this.#outbox.add(TO_WORKER.CALL, id, input)
    })
  }

  memoryBytes(): number {
    return this.#bytes
  }

  restedMs(): number | undefined {
    return this.#isEnding || this.#calls.size > 0 ? undefined : this.#worker.performance.eventLoopUtilization().idle
  }

  /** Well is who answers. */
  health(signal: AbortSignal): boolean | Promise<boolean> {
    if (this.#isEnding) return false
    return new Promise((resolve) => {
      this.#pings.push(resolve)
      this.#outbox.add(TO_WORKER.PING, 0, undefined)
      signal.addEventListener('abort', () => resolve(false), { once: true })
    })
  }

  async unload(): Promise<void> {
    if (this.#isEnding) return
    this.#isEnding = true
    this.#keepAlive()
    const failure = await new Promise<ErrorData | undefined>((resolve) => {
      this.#unloaded = resolve
      this.#outbox.add(TO_WORKER.UNLOAD, 0, undefined)
    })
    await this.#worker.terminate()
    if (failure !== undefined) throw fromErrorData(failure)
  }

  terminate(): void {
    this.#isEnding = true
    void this.#worker.terminate()
  }

  /** Nobody wants the model any more. Does nothing once it is loaded: then it is unloaded instead. */
  abortLoading(reason: unknown): void {
    if (this.#loaded === undefined) return
    this.#lost = new SymphonyError({ code: 'ABORTED', component: COMPONENT, message: 'Loading was aborted.', cause: reason })
    this.terminate()
    this.#endLoading(this.#lost)
  }

  // ---- what calls ask for

  /** The caller gave up: the model is told, and the thread ended if it does not even hear that. */
  abort(call: PendingCall): void {
    const reason = messageOf(call.signal.reason)
    this.#outbox.add(TO_WORKER.ABORT, call.id, reason)
    call.cancelGrace = this.#setup.clock.schedule(this.#setup.graceMs, () => {
      if (!this.#calls.has(call.id)) return
      this.#lose(new SymphonyError({ code: 'MODEL_FAILED', component: COMPONENT, message: `The thread did not react to an abort within ${this.#setup.graceMs} ms and was ended.` }))
    })
  }

  // ---- what comes from the thread

  #receive(batch: Batch): void {
    for (let index = 0; index < batch.length; index += 3) this.#take(batch[index] as number, batch[index + 1] as number, batch[index + 2])
  }

  #take(kind: number, id: number, value: unknown): void {
    switch (kind) {
      case FROM_WORKER.ANSWER:
        return this.#over(id)?.resolve(value)
      case FROM_WORKER.FAILURE:
        return this.#over(id)?.fail(fromErrorData(value as ErrorData))
      case FROM_WORKER.PROGRESS:
        return this.#calls.get(id)?.context.progress(value as number)
      case FROM_WORKER.ABORT_SEEN:
        return this.#calls.get(id)?.cancelGrace?.()
      case FROM_WORKER.WELL:
        this.#bytes = value as number
        for (const answer of this.#pings.splice(0)) answer(true)
        return undefined
      case FROM_WORKER.LOADED:
        this.#bytes = value as number
        // From now on only calls in flight keep the process alive.
        this.#letGo()
        return this.#endLoading(undefined)
      case FROM_WORKER.LOAD_FAILED:
        this.#lost = fromErrorData(value as ErrorData)
        this.terminate()
        return this.#endLoading(this.#loadError())
      case FROM_WORKER.UNLOADED:
        return this.#unloaded?.(value as ErrorData | undefined)
      case FROM_WORKER.PRINTED:
        return this.#setup.logger[id === 1 ? 'info' : 'warn'](value as string, { module: this.#setup.module, instance: this.#context.instance })
    }
    return undefined
  }

  #over(id: number): PendingCall | undefined {
    const call = this.#calls.get(id)
    if (call === undefined) return undefined
    this.#calls.delete(id)
    call.companions?.delete(call)
    call.cancelGrace?.()
    if (this.#calls.size === 0 && !this.#isEnding) this.#letGo()
    return call
  }

  /** Not the port alone: it closes when the thread dies, and its death has to be heard of. */
  #keepAlive(): void {
    this.#worker.ref()
    this.#port.ref()
  }

  #letGo(): void {
    this.#worker.unref()
    this.#port.unref()
  }

  #endLoading(error: unknown): void {
    const loaded = this.#loaded
    this.#loaded = undefined
    loaded?.(error)
  }

  /** Ends the thread because it is of no use any more, and tells the pool at once. */
  #lose(reason: unknown): void {
    this.#lost ??= reason
    this.terminate()
    this.#failAll()
    this.#context.fail?.(this.#lostError())
  }

  #ended(code: number): void {
    const isExpected = this.#isEnding
    this.#isEnding = true
    this.#lost ??= new Error(`it exited with code ${code}`)
    this.#failAll()
    this.#endLoading(this.#loadError())
    this.#unloaded?.(undefined)
    for (const answer of this.#pings.splice(0)) answer(false)
    if (!isExpected) this.#context.fail?.(this.#lostError())
  }

  #failAll(): void {
    for (const id of [...this.#calls.keys()]) this.#over(id)?.fail(this.#lostError())
  }

  #cannotSend(id: number, error: unknown): void {
    const message = `The input cannot be sent to another thread: ${messageOf(error)}. Hand over plain data or bytes.`
    this.#over(id)?.fail(new SymphonyError({ code: 'INVALID_ARGUMENT', component: COMPONENT, message, cause: error }))
  }

  #loadError(): SymphonyError {
    const message = `The model in ${this.#setup.module} could not be loaded: ${messageOf(this.#lost)}`
    return new SymphonyError({ code: 'MODEL_LOAD_FAILED', component: COMPONENT, message, cause: this.#lost })
  }

  #lostError(): SymphonyError {
    if (isSymphonyError(this.#lost)) return this.#lost
    const message = `The thread of the model ended: ${messageOf(this.#lost ?? 'it was unloaded')}. The pool replaces it; call again.`
    return new SymphonyError({ code: 'MODEL_FAILED', component: COMPONENT, message, cause: this.#lost })
  }
}

/** A call that has not been answered. */
class PendingCall implements Abortable {
  readonly id: number
  readonly context: InvokeContext
  readonly signal: AbortSignal
  readonly resolve: (value: unknown) => void
  cancelGrace: (() => void) | undefined
  /** Those who wait on the same signal. */
  companions: Set<Abortable> | undefined
  readonly #instance: WorkerThread
  readonly #reject: (error: unknown) => void

  constructor(instance: WorkerThread, id: number, context: InvokeContext, signal: AbortSignal, resolve: (value: unknown) => void, reject: (error: unknown) => void) {
    this.#instance = instance
    this.id = id
    this.context = context
    this.signal = signal
    this.resolve = resolve
    this.#reject = reject
  }

  /** To who gave up, whatever went wrong after that is the abort. */
  fail(error: unknown): void {
    this.#reject(this.signal.aborted ? abortedError(this.signal.reason) : error)
  }

  onAbort(): void {
    this.#instance.abort(this)
  }
}

function abortedError(reason: unknown): SymphonyError {
  return new SymphonyError({ code: 'ABORTED', component: COMPONENT, message: `The call was ended by its signal: ${messageOf(reason)}`, cause: reason })
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message || thrown.name : String(thrown)
}
