// A thread that takes and returns slots of a pool that runs elsewhere, as many as it is told to.
import { parentPort, workerData } from 'node:worker_threads'
import type { ModelNumber } from '@symphony/interface'
import { attachPoolLeases } from '@symphony/pool'

const { buffer, model } = workerData as { readonly buffer: SharedArrayBuffer; readonly model: ModelNumber }
const leases = attachPoolLeases(buffer)

parentPort?.on('message', (pairs: number) => {
  for (let pair = 0; pair < pairs; pair++) if (leases.tryLease(model)?.release() !== true) throw new Error('no slot was free')
  parentPort?.postMessage('done')
})
