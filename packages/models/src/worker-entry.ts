import { parentPort, workerData } from 'node:worker_threads'
import { assert, toErrorData } from '@symphony/interface'
import type { LoadWorkerModel, WorkerModel } from '@symphony/interface'
import { transferable } from './worker-protocol.ts'
import type { Reply, Request, WorkerStart } from './worker-protocol.ts'

// The inside of a worker-thread model: loads the module, serves calls, several at a time, and answers in batches.

assert(parentPort !== null, 'this file is the entry of a worker thread')
const port = parentPort
const controllers = new Map<number, AbortController>()
let replies: Reply[] = []
let buffers: ArrayBuffer[] = []

function reply(message: Reply, transfer: readonly ArrayBuffer[] = []): void {
  if (replies.length === 0) queueMicrotask(flush)
  replies.push(message)
  buffers.push(...transfer)
}

function flush(): void {
  const batch = replies
  const transfer = buffers
  replies = []
  buffers = []
  try {
    port.postMessage(batch, transfer)
  } catch (error) {
    // One answer that cannot be cloned must not take the others with it.
    for (const message of batch) postAlone(message, error)
  }
}

function postAlone(message: Reply, failure: unknown): void {
  try {
    port.postMessage([message])
  } catch {
    if ('id' in message) port.postMessage([{ type: 'error', id: message.id, error: toErrorData(failure, 'models/worker', 'MODEL_FAILED') } satisfies Reply])
  }
}

async function call(model: WorkerModel, id: number, input: unknown): Promise<void> {
  const controller = new AbortController()
  controllers.set(id, controller)
  try {
    const value = await model.invoke(input, { signal: controller.signal, progress: (fraction) => reply({ type: 'progress', id, fraction }) })
    reply({ type: 'value', id, value }, transferable(value))
  } catch (error) {
    reply({ type: 'error', id, error: toErrorData(error, 'models/worker', 'MODEL_FAILED') })
  } finally {
    controllers.delete(id)
  }
}

async function unload(model: WorkerModel): Promise<void> {
  await model.unload?.()
  reply({ type: 'unloaded' })
  queueMicrotask(() => port.close())
}

async function serve(): Promise<void> {
  const { module, options } = workerData as WorkerStart
  const { load } = (await import(module)) as { load?: LoadWorkerModel }
  if (typeof load !== 'function') throw new Error(`${module} exports no function "load"`)
  const model = await load(options)
  port.on('message', (requests: readonly Request[]) => {
    for (const request of requests) {
      if (request.type === 'call') void call(model, request.id, request.input)
      else if (request.type === 'abort') controllers.get(request.id)?.abort()
      else void unload(model)
    }
  })
  reply({ type: 'ready' })
}

serve().catch((error: unknown) => reply({ type: 'load-failed', error: toErrorData(error, 'models/worker', 'MODEL_LOAD_FAILED') }))
