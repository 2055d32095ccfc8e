import { workerData } from 'node:worker_threads'
import { toErrorData } from '@symphony/interface'
import type { ErrorData, LoadWorkerModel, WorkerModel } from '@symphony/interface'
import { heapBytes } from './heap-bytes.ts'
import { FROM_WORKER } from './worker-protocol.ts'
import type { WorkerInit } from './worker-protocol.ts'
import { WorkerSide } from './worker-side.ts'

// The thread behind one instance: loads the module it is told to, then serves calls until it is unloaded or ended.
const init = workerData as WorkerInit

async function loadModel(): Promise<WorkerModel> {
  const loaded = (await import(init.module)) as { readonly load?: LoadWorkerModel }
  if (typeof loaded.load !== 'function') throw new Error(`The module ${init.module} has to export a function "load" that gives a model; it exports ${Object.keys(loaded).join(', ') || 'nothing'}.`)
  const model = await loaded.load(init.options)
  if (typeof (model as Partial<WorkerModel> | undefined)?.invoke !== 'function') throw new Error(`The load function of ${init.module} gave something without an invoke function.`)
  return model
}

try {
  const side = new WorkerSide(init, await loadModel())
  init.port.on('message', (batch: unknown[]) => side.receive(batch))
  init.port.postMessage([FROM_WORKER.LOADED, 0, heapBytes()])
} catch (error) {
  const data: ErrorData = toErrorData(error, '@symphony/models', 'MODEL_LOAD_FAILED')
  init.port.postMessage([FROM_WORKER.LOAD_FAILED, 0, data])
  init.port.close()
}
