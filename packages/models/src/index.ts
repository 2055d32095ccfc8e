/**
 * Runners: how a pooled model is loaded and invoked. A function in this thread, or a module on worker threads of its own.
 *
 * @example
 * pool.registerModel({ id: 'shout', runner: functionRunner((text: string) => text.toUpperCase()) })
 * pool.registerModel({ id: 'ocr', runner: workerThreadRunner({ module: new URL('./ocr.js', import.meta.url) }), instancesMax: 4 })
 *
 * @packageDocumentation
 */
export { functionRunner } from './function-runner.ts'
export type { FunctionModel, ModelFunction } from './function-runner.ts'
export { workerThreadRunner } from './worker-thread-runner.ts'
export type { WorkerThreadInit, WorkerThreadPorts } from './worker-thread-runner.ts'
