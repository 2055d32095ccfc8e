// A model for the pool's worker threads, and the same task for piscina: answers with what it gets.
import type { WorkerModel } from '@symphony/interface'

export function load(): WorkerModel {
  return { invoke: echo }
}

export function echo(input: unknown): unknown {
  return input
}
