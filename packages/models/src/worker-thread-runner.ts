import { isAbsolute } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ResourceLimits } from 'node:worker_threads'
import { SymphonyError } from '@symphony/interface'
import type { Clock, Json, Logger, Runner } from '@symphony/interface'
import { AbortWatch, silentLogger, systemClock } from '@symphony/ports'
import { loadWorker } from './worker-thread.ts'
import type { WorkerSetup } from './worker-thread.ts'

/** What a worker-thread model is made of. */
export interface WorkerThreadInit {
  /** The module that exports `load`: a URL, `new URL('./model.js', import.meta.url)`, or an absolute path. */
  readonly module: URL | string
  /** Handed to the module's `load`; plain data, copied. */
  readonly options?: Json
  /** Limits of the thread's heap; beyond them the thread dies, not the process. */
  readonly resourceLimits?: ResourceLimits
  /**
   * Which large buffers are moved between threads instead of copied. What is moved is gone where it came from. Default
   * `answers`: whoever asks keeps its input, whoever answers is done with its answer.
   */
  readonly transfer?: 'none' | 'answers' | 'all'
  /** After an abort a model may tidy up for so long; a thread that does not even notice it by then is ended. Default 500. */
  readonly graceMs?: number
}

export interface WorkerThreadPorts {
  readonly clock?: Clock
  /** Where what the model prints goes: standard output as `info`, standard error as `warn`. Default: nowhere. */
  readonly logger?: Logger
}

const KEYS: readonly string[] = ['module', 'options', 'resourceLimits', 'transfer', 'graceMs']

/**
 * Runs a model on threads of its own, one an instance: for what computes, and for what may crash or hang. A call that is
 * aborted is told so; when it is too busy to hear it, its thread is ended and the pool loads another one.
 *
 * @throws SymphonyError `INVALID_ARGUMENT`, `UNKNOWN_KEY`
 * @example
 * const ocr = workerThreadRunner({ module: new URL('./ocr-model.js', import.meta.url), options: { language: 'eng' } })
 * pool.registerModel({ id: 'ocr', runner: ocr, instancesMax: 4 })
 */
export function workerThreadRunner(init: WorkerThreadInit, ports: WorkerThreadPorts = {}): Runner {
  const setup = checked(init, ports)
  return { kind: 'worker-thread', load: (context) => loadWorker(setup, context) }
}

function checked(init: WorkerThreadInit, ports: WorkerThreadPorts): WorkerSetup {
  const unknown = Object.keys(init).find((key) => !KEYS.includes(key))
  if (unknown !== undefined) throw invalid(`"${unknown}" is not a setting of a worker-thread model; it has ${KEYS.join(', ')}.`, 'UNKNOWN_KEY')
  const { transfer = 'answers', graceMs = 500 } = init
  if (!['none', 'answers', 'all'].includes(transfer)) throw invalid(`"transfer" is one of none, answers and all, not "${String(transfer)}".`)
  if (!(typeof graceMs === 'number' && graceMs >= 0 && graceMs <= 2 ** 31 - 1)) throw invalid(`"graceMs" is a number of milliseconds from 0, not ${String(graceMs)}.`)
  return {
    module: moduleUrl(init.module),
    options: init.options,
    resourceLimits: init.resourceLimits,
    transfer,
    graceMs,
    clock: ports.clock ?? systemClock,
    logger: ports.logger ?? silentLogger,
    aborts: new AbortWatch(),
  }
}

function moduleUrl(module: URL | string): string {
  if (module instanceof URL) return module.href
  if (typeof module === 'string' && /^(file|data|node):/.test(module)) return module
  if (typeof module === 'string' && isAbsolute(module)) return pathToFileURL(module).href
  throw invalid(`"module" is a URL or an absolute path, not "${String(module)}": a relative one would be looked up beside the runner. Write new URL('./model.js', import.meta.url).`)
}

function invalid(message: string, code: 'INVALID_ARGUMENT' | 'UNKNOWN_KEY' = 'INVALID_ARGUMENT'): SymphonyError {
  return new SymphonyError({ code, component: '@symphony/models', message })
}
