import { parentPort, workerData } from 'node:worker_threads'
import { attachPoolLeases } from '@symphony/pool'
import type { ModelNumber } from '@symphony/interface'

const { buffer, model, pairs } = workerData as { buffer: SharedArrayBuffer; model: ModelNumber; pairs: number }
const leases = attachPoolLeases(buffer)

parentPort?.on('message', () => {
  for (let done = 0; done < pairs; ) if (leases.tryLease(model)?.release() === true) done++
  parentPort?.postMessage('done')
})
parentPort?.postMessage('ready')
