import type { Json } from '@symphony/interface'

/**
 * What passes between the pool's thread and a worker: batches of triples in one flat array `[kind, call, value, ...]`. One
 * message a turn, however many calls there are, because a message costs some ten times what a small value in it does.
 */
export type Batch = unknown[]

/** To the worker. `value` is given beside each. */
export const TO_WORKER = {
  /** the input */
  CALL: 0,
  /** the message of the reason */
  ABORT: 1,
  /** nothing; answered by `WELL` */
  PING: 2,
  /** nothing; answered by `UNLOADED` */
  UNLOAD: 3,
} as const

/** From the worker. */
export const FROM_WORKER = {
  /** bytes in use */
  LOADED: 0,
  /** error data; the worker ends */
  LOAD_FAILED: 1,
  /** the answer */
  ANSWER: 2,
  /** error data */
  FAILURE: 3,
  /** fraction done */
  PROGRESS: 4,
  /** nothing: the abort of this call has been seen, so the thread is not stuck in a loop */
  ABORT_SEEN: 5,
  /** bytes in use */
  WELL: 6,
  /** undefined, or error data */
  UNLOADED: 7,
  /** a line the model printed; in place of the call 1 for standard output, 2 for standard error */
  PRINTED: 8,
} as const

/** What a worker thread is started with. */
export interface WorkerInit {
  readonly port: import('node:worker_threads').MessagePort
  readonly module: string
  readonly options: Json | undefined
  readonly graceMs: number
  readonly transfersAnswers: boolean
}
