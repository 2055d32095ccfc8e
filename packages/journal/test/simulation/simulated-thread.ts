import type { CheckpointSection, SymphonyError } from '@symphony/interface'
import { asStorageError } from '../../src/journal-error.ts'
import type { RecordRing } from '../../src/record-ring.ts'
import type { SegmentWriter } from '../../src/segment-writer.ts'
import type { OnProgress, WriterFigures, WriterHost } from '../../src/writer-host.ts'
import type { Dice } from './dice.ts'

interface Job {
  readonly lsn: number
  readonly sections: readonly CheckpointSection[] | undefined
  /** Undefined until the thread has received the request. */
  steps: Generator<undefined, void> | undefined
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * The writer thread, with its steps taken one by one, whenever the story comes to one: what the loop of the real thread does, in the
 * same order, between any two calls of the thread that logs.
 */
export class SimulatedThread implements WriterHost {
  readonly ring: RecordRing
  readonly #writer: SegmentWriter
  readonly #dice: Dice
  readonly #onProgress: OnProgress
  readonly #jobs: Job[] = []
  #durableLsn: number
  #isWatched = false
  #mayPrepare = false
  #isOver = false
  #failure: SymphonyError | undefined

  constructor(writer: SegmentWriter, ring: RecordRing, dice: Dice, onProgress: OnProgress) {
    this.ring = ring
    this.#writer = writer
    this.#dice = dice
    this.#onProgress = onProgress
    this.#durableLsn = writer.lastLsn
  }

  /** One round of the loop; the other thread may hear of it now or later. */
  step(): void {
    if (this.#isOver) return
    this.#attempt(() => this.#round())
    if (this.#isWatched && this.#dice.chance(0.7)) this.#onProgress()
  }

  published(): void {}

  waitForProgress(): void {
    this.#attempt(() => this.#commit())
  }

  durableLsn(): number {
    return this.#durableLsn
  }

  watch(): void {
    this.#isWatched = true
  }

  unwatch(): void {
    this.#isWatched = false
  }

  failure(): SymphonyError | undefined {
    return this.#failure
  }

  sync(lsn: number): Promise<void> {
    this.#attempt(() => this.#commitTo(lsn))
    return this.#failure === undefined ? Promise.resolve() : Promise.reject(this.#failure)
  }

  checkpoint(lsn: number, sections: readonly CheckpointSection[] | undefined): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#jobs.push({ lsn, sections, steps: undefined, resolve, reject })
    return promise
  }

  figures(): WriterFigures {
    return { bytes: this.#writer.bytesWritten, commits: this.#writer.commits, segments: this.#writer.segments }
  }

  close(): Promise<void> {
    while (this.#failure === undefined && (this.#jobs.length > 0 || this.ring.waitingBytes > 0)) this.#attempt(() => this.#round())
    this.#attempt(() => this.#writer.close())
    this.#isOver = true
    return Promise.resolve()
  }

  #round(): void {
    const records = this.#commit()
    const job = this.#jobs[0]
    if (records > 0) this.#mayPrepare = true
    if (job !== undefined) this.#stepJob(job)
    // Only the real thread knows whether a moment is a quiet one.
    else if (records === 0 && this.#mayPrepare && this.#dice.chance(0.5)) this.#mayPrepare = this.#writer.prepareStep()
  }

  #commit(): number {
    const records = this.#writer.commit(this.ring)
    this.#durableLsn = this.#writer.lastLsn
    return records
  }

  #commitTo(lsn: number): void {
    while (this.#writer.lastLsn < lsn) this.#commit()
  }

  #stepJob(job: Job): void {
    if (job.steps === undefined) {
      this.#commitTo(job.lsn)
      job.steps = this.#writer.checkpoint(job.lsn, job.sections)
      return
    }
    try {
      if (job.steps.next().done !== true) return
      job.resolve()
    } catch (error) {
      job.reject(error)
    }
    this.#jobs.shift()
  }

  #attempt(work: () => void): void {
    if (this.#isOver) return
    try {
      work()
    } catch (thrown) {
      this.#failure = asStorageError(thrown)
      this.#isOver = true
      for (const { reject } of this.#jobs.splice(0)) reject(this.#failure)
      try {
        this.#writer.abandon()
      } catch {
        // Dead already.
      }
      this.#onProgress()
    }
  }
}
