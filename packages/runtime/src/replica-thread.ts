import { setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { toErrorData } from '@symphony/interface'
import type { ErrorData } from '@symphony/interface'
import { placeCheckpoint } from '@symphony/journal'
import { stateAsOf } from './state-as-of.ts'
import type { StateRequest } from './state-as-of.ts'

/** All this thread ever says: how large the checkpoint is that it has written, or why there is none. */
export type ReplicaAnswer = { readonly sizeBytes: number } | { readonly error: ErrorData }

/** Behind whatever else wants a core, but not so far behind that a busy machine would never let it come to an end. */
const NICENESS = 5

async function main(port: MessagePort, request: StateRequest): Promise<void> {
  // Only Linux has priorities of threads; elsewhere this would be that of the process.
  if (process.platform === 'linux') setPriority(NICENESS)
  try {
    const sections = await stateAsOf(request)
    placeCheckpoint(request.journalFolder, sections, request.asOf)
    port.postMessage({ sizeBytes: sections.reduce((total, { bytes }) => total + bytes.length, 0) } satisfies ReplicaAnswer)
  } catch (error) {
    port.postMessage({ error: toErrorData(error, 'runtime', 'BACKEND_PANIC') } satisfies ReplicaAnswer)
  }
}

void main(parentPort as MessagePort, workerData as StateRequest)
