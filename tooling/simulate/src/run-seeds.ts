import { Worker } from 'node:worker_threads'
import type { Batch, BatchReport, SeedFailure } from './seeds-thread.ts'
import { THREAD, urlOf } from './suites.ts'
import type { SuitePlace } from './suites.ts'

export interface RunOptions {
  readonly suites: readonly SuitePlace[]
  readonly firstSeed: number
  /** Of each suite. */
  readonly seeds: number
  readonly threads: number
  /** Seeds handed to a thread at once. */
  readonly batchSeeds: number
  /** No further seeds are begun once it says so. */
  readonly isTimeUp: () => boolean
  /** Called with every failing seed when it fails. */
  readonly onFailure: (failure: SeedFailure) => void
}

/** What has come of the seeds of one suite so far. */
export interface SuiteProgress {
  seeds: number
  failures: number
  readonly counts: Record<string, number>
}

export interface SeedRun {
  readonly progress: ReadonlyMap<string, SuiteProgress>
  readonly done: Promise<void>
  /** Ends threads that have not got on with their seed since the last call of it but so many, and reports those seeds. */
  endStuck(calls: number): void
}

/** Begins to run seeds on threads of their own, a batch of each suite in turn. */
export function runSeeds(options: RunOptions): SeedRun {
  const progress = new Map(options.suites.map(({ name }) => [name, { seeds: 0, failures: 0, counts: {} } as SuiteProgress]))
  const batches = batchesOf(options)
  const fail = (failure: SeedFailure): void => {
    const suite = progress.get(failure.suite)
    if (suite !== undefined) suite.failures++
    options.onFailure(failure)
  }
  const add = ({ batch, counts, failures }: BatchReport): void => {
    const suite = progress.get(batch.suite) as SuiteProgress
    suite.seeds += batch.seeds
    for (const [kind, count] of Object.entries(counts)) suite.counts[kind] = (suite.counts[kind] ?? 0) + count
    failures.forEach(fail)
  }
  const next = (): Batch | undefined => (options.isTimeUp() ? undefined : batches.next().value)
  const lanes = Array.from({ length: options.threads }, () => new Lane(next, add, fail))
  return {
    progress,
    done: Promise.all(lanes.map((lane) => lane.done)).then(() => {}),
    endStuck: (calls) => lanes.forEach((lane) => lane.endIfStuck(calls)),
  }
}

function* batchesOf({ suites, firstSeed, seeds, batchSeeds }: RunOptions): Generator<Batch, undefined> {
  for (let from = 0; from < seeds; from += batchSeeds) {
    for (const suite of suites) yield { suite: suite.name, module: urlOf(suite), from: firstSeed + from, seeds: Math.min(batchSeeds, seeds - from), isInFull: seeds === 1 }
  }
}

/** The thread is still being loaded. */
const NO_SEED = -1

/** One thread, or the one after it when it did not get on. */
class Lane {
  readonly done: Promise<void>
  readonly #next: () => Batch | undefined
  readonly #add: (report: BatchReport) => void
  readonly #fail: (failure: SeedFailure) => void
  readonly #at: Float64Array = new Float64Array(new SharedArrayBuffer(8))
  readonly #finish: () => void
  #batch: Batch | undefined
  #worker: Worker | undefined
  #seedSeen = NO_SEED
  #callsSeen = 0

  constructor(next: () => Batch | undefined, add: (report: BatchReport) => void, fail: (failure: SeedFailure) => void) {
    this.#next = next
    this.#add = add
    this.#fail = fail
    const { promise, resolve } = Promise.withResolvers<void>()
    this.done = promise
    this.#finish = resolve
    this.#start()
  }

  endIfStuck(calls: number): void {
    const seed = this.#at[0] as number
    this.#callsSeen = seed === this.#seedSeen ? this.#callsSeen + 1 : 0
    this.#seedSeen = seed
    if (this.#batch === undefined || seed === NO_SEED || this.#callsSeen < calls) return
    this.#give('it does not come to an end')
  }

  #start(): void {
    this.#at[0] = NO_SEED
    const worker = new Worker(THREAD, { workerData: this.#at, execArgv: ['--conditions=@symphony/source'] })
    this.#worker = worker
    worker.on('message', (report: BatchReport) => {
      this.#add(report)
      this.#go()
    })
    worker.on('error', (error) => this.#give(`the thread failed: ${error.message}`))
    this.#go()
  }

  #go(): void {
    this.#batch = this.#next()
    if (this.#batch !== undefined) return this.#worker?.postMessage(this.#batch)
    void this.#worker?.terminate()
    this.#finish()
  }

  /** The seed the thread is at has failed, and so has the thread. What came before in its batch is not counted. */
  #give(message: string): void {
    const worker = this.#worker
    this.#fail({ suite: this.#batch?.suite ?? '', seed: this.#at[0] as number, message })
    worker?.removeAllListeners('message')
    worker?.removeAllListeners('error')
    // A thread that ends late may still throw.
    worker?.on('error', () => {})
    void worker?.terminate()
    this.#callsSeen = 0
    this.#start()
  }
}
