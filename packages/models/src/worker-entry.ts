import { workerData } from 'node:worker_threads'
import { SymphonyError, toErrorData } from '@symphony/interface'
import type { LoadWorkerModel, WorkerModel } from '@symphony/interface'
import { heapBytes } from './heap-bytes.ts'
import { Outbox } from './outbox.ts'
import { redirectOutput } from './redirect-output.ts'
import { FROM_WORKER } from './worker-protocol.ts'
import type { WorkerInit } from './worker-protocol.ts'
import { WorkerSide } from './worker-side.ts'

// The thread behind one instance: loads the module it is told to, then serves calls until it is unloaded or ended.
const init = workerData as WorkerInit

const outbox: Outbox = new Outbox(init.port, init.transfersAnswers, (call, error) => {
  const reason = error instanceof Error ? error.message : String(error)
  const message = `The answer cannot be sent to another thread: ${reason}. Answer with plain data or bytes.`
  outbox.add(FROM_WORKER.FAILURE, call, new SymphonyError({ code: 'MODEL_FAILED', component: '@symphony/models', message, retryable: false }).toJSON())
  outbox.flush()
})
redirectOutput(process.stdout, (line) => outbox.add(FROM_WORKER.PRINTED, 1, line))
redirectOutput(process.stderr, (line) => outbox.add(FROM_WORKER.PRINTED, 2, line))
process.on('exit', () => outbox.flush())

async function loadModel(): Promise<WorkerModel> {
  const loaded = (await import(init.module)) as { readonly load?: LoadWorkerModel }
  if (typeof loaded.load !== 'function') throw new Error(`The module has to export a function "load" that gives a model; it exports ${Object.keys(loaded).join(', ') || 'nothing'}.`)
  const model = await loaded.load(init.options)
  if (typeof (model as Partial<WorkerModel> | undefined)?.invoke !== 'function') throw new Error('The load function of the module gave something without an invoke function.')
  return model
}

try {
  const side = new WorkerSide(init, await loadModel(), outbox)
  init.port.on('message', (batch: unknown[]) => side.receive(batch))
  outbox.add(FROM_WORKER.LOADED, 0, heapBytes())
} catch (error) {
  outbox.add(FROM_WORKER.LOAD_FAILED, 0, toErrorData(error, '@symphony/models', 'MODEL_LOAD_FAILED'))
  outbox.flush()
  init.port.close()
}
