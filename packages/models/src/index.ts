/**
 * Runners: how a pooled model is loaded and invoked. A function of this thread, or a module in a worker thread of its own.
 *
 * @packageDocumentation
 */
export { functionRunner } from './function-runner.ts'
export type { FunctionModel, ModelFunction } from './function-runner.ts'
export { workerThreadRunner } from './worker-thread-runner.ts'
export type { WorkerThreadInit, WorkerThreadPorts } from './worker-thread-runner.ts'
