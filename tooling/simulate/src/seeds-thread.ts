// Runs seeds as they are handed to it, and tells what came of them.
import { parentPort, workerData } from 'node:worker_threads'
import type { SimulationSuite } from './suites.ts'

/** Some seeds of one suite, one after the other. */
export interface Batch {
  readonly suite: string
  /** URL of the module. */
  readonly module: string
  readonly from: number
  readonly seeds: number
  /** One seed is looked at: where it fails matters. Errors are part of the stories, so it would cost too much otherwise. */
  readonly isInFull: boolean
}

export interface SeedFailure {
  readonly suite: string
  readonly seed: number
  readonly message: string
}

export interface BatchReport {
  readonly batch: Batch
  readonly counts: Readonly<Record<string, number>>
  readonly failures: readonly SeedFailure[]
}

/** Shared with whoever watches the thread: the seed it is at. */
const at = workerData as Float64Array

async function run(batch: Batch): Promise<BatchReport> {
  const { runSeed } = (await import(batch.module)) as SimulationSuite
  const counts: Record<string, number> = {}
  const failures: SeedFailure[] = []
  Error.stackTraceLimit = batch.isInFull ? 20 : 0
  for (let seed = batch.from; seed < batch.from + batch.seeds; seed++) {
    at[0] = seed
    try {
      for (const [kind, count] of Object.entries(await runSeed(seed))) counts[kind] = (counts[kind] ?? 0) + count
    } catch (error) {
      failures.push({ suite: batch.suite, seed, message: batch.isInFull ? inFull(error) : (error as Error).message })
    }
  }
  return { batch, counts, failures }
}

function inFull(error: unknown): string {
  const { stack, cause } = error as Error
  return cause === undefined ? `${stack}` : `${stack}\n${inFull(cause)}`
}

parentPort?.on('message', (batch: Batch) => void run(batch).then((report) => parentPort?.postMessage(report)))
