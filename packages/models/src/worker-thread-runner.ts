import type { ResourceLimits } from 'node:worker_threads'
import type { Clock, Json, Logger, Runner } from '@symphony/interface'
import { silentLogger, systemClock } from '@symphony/ports'
import { WorkerThread } from './worker-thread.ts'

/** How a model that lives in a worker thread is found and bounded. */
export interface WorkerThreadInit {
  /** A module that exports `load`, see `LoadWorkerModel`. A URL, usually `new URL('./my-model.js', import.meta.url)`. */
  readonly module: URL | string
  /** Handed to `load`. JSON. */
  readonly options?: Json
  /** Bounds of the thread's heap. Beyond them the thread dies, not the process. Default: those of Node. */
  readonly resourceLimits?: ResourceLimits
  /** How long an aborted call may take to notice before its thread is ended, ms. Default 500. */
  readonly graceMs?: number
}

export interface WorkerThreadPorts {
  readonly clock?: Clock
  /** Gets what the model prints. */
  readonly logger?: Logger
}

/**
 * Runs each instance of a model in a worker thread of its own: for what computes. Byte arrays over shared memory cross without a
 * copy; an aborted call that does not stop takes its thread with it, so that even an endless loop ends.
 *
 * @example
 * pool.registerModel({ id: 'ocr', instancesMax: 2, runner: workerThreadRunner({ module: new URL('./ocr.js', import.meta.url) }) })
 */
export function workerThreadRunner(init: WorkerThreadInit, ports: WorkerThreadPorts = {}): Runner {
  const { module, options, resourceLimits, graceMs = 500 } = init
  const start = { module: String(module), options }
  const settings = { graceMs, clock: ports.clock ?? systemClock, logger: ports.logger ?? silentLogger, ...(resourceLimits === undefined ? {} : { resourceLimits }) }
  return { kind: 'worker-thread', load: ({ signal }) => WorkerThread.start(start, settings, signal) }
}
