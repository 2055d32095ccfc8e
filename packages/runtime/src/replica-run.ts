import type { Worker } from 'node:worker_threads'
import { fromErrorData, SymphonyError } from '@symphony/interface'
import { threadFlags } from '@symphony/ports'
import type { ReplicaAnswer } from './replica-thread.ts'
import type { StateRequest } from './state-as-of.ts'

const entryUrl = new URL(import.meta.url.endsWith('.ts') ? './replica-thread.ts' : './replica-thread.js', import.meta.url)

/** A thread that writes the checkpoint of a record, out of the log alone, and then ends. It keeps no process alive. */
export class ReplicaRun {
  /** How large the checkpoint is, once it is in its place. Rejects with what the thread could not do, or when it was stopped. */
  readonly sizeBytes: Promise<number>
  readonly #worker: Worker

  constructor(request: StateRequest) {
    // Loaded with the first thread: most processes never start one.
    const { Worker } = process.getBuiltinModule('node:worker_threads')
    const worker = new Worker(entryUrl, { name: 'symphony-checkpoint', workerData: request, ...threadFlags() })
    worker.unref()
    this.#worker = worker
    this.sizeBytes = new Promise((resolve, reject) => {
      worker.on('message', (answer: ReplicaAnswer) => ('sizeBytes' in answer ? resolve(answer.sizeBytes) : reject(fromErrorData(answer.error))))
      worker.on('error', reject)
      worker.on('exit', () => reject(new SymphonyError({ code: 'BACKEND_PANIC', component: 'runtime', message: 'The thread ended before the checkpoint was made. The next one is made anew.' })))
    })
  }

  async stop(): Promise<void> {
    await this.#worker.terminate()
  }
}
