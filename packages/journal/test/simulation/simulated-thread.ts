import type { CheckpointSection, SymphonyError } from '@symphony/interface'
import { asStorageError } from '../../src/journal-error.ts'
import type { RecordRing } from '../../src/record-ring.ts'
import type { WriterPosition } from '../../src/recovery.ts'
import type { SegmentWriter } from '../../src/segment-writer.ts'
import type { LateThread, OnProgress, WriterFigures } from '../../src/writer-host.ts'
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
export class SimulatedThread implements LateThread {
  readonly ring: RecordRing
  readonly started: Promise<void>
  readonly #dice: Dice
  readonly #onProgress: OnProgress
  readonly #openWriter: (position: WriterPosition) => SegmentWriter
  readonly #start: () => void
  #hasStarted = false
  /** Handed to it, and not yet looked at. */
  #position: WriterPosition | undefined
  #writer: SegmentWriter | undefined
  readonly #jobs: Job[] = []
  #durableLsn = 0
  #isWatched = false
  #mayPrepare = false
  #isOver = false
  #failure: SymphonyError | undefined

  constructor(ring: RecordRing, dice: Dice, openWriter: (position: WriterPosition) => SegmentWriter, onProgress: OnProgress) {
    this.ring = ring
    this.#dice = dice
    this.#openWriter = openWriter
    this.#onProgress = onProgress
    const { promise, resolve } = Promise.withResolvers<void>()
    this.started = promise
    this.#start = resolve
  }

  hasStarted(): boolean {
    return this.#hasStarted
  }

  begin(position: WriterPosition): void {
    this.#position = position
    this.#durableLsn = position.nextLsn - 1
  }

  abandon(): Promise<void> {
    this.#isOver = true
    return Promise.resolve()
  }

  /** One round of the loop; the other thread may hear of it now or later. */
  step(): void {
    if (this.#isOver) return
    if (this.#position === undefined) return this.#comeUp()
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
    return { bytes: this.#writer?.bytesWritten ?? 0, commits: this.#writer?.commits ?? 0, segments: this.#writer?.segments ?? 0 }
  }

  close(): Promise<void> {
    while (this.#failure === undefined && (this.#jobs.length > 0 || this.ring.waitingBytes > 0)) this.#attempt(() => this.#round())
    this.#attempt(() => this.#opened().close())
    this.#isOver = true
    return Promise.resolve()
  }

  /** It is there from some moment on; whether the other thread hears of it at once, or looks first, is chance. */
  #comeUp(): void {
    this.#hasStarted ||= this.#dice.chance(0.3)
    if (this.#hasStarted && this.#dice.chance(0.5)) this.#start()
  }

  #opened(): SegmentWriter {
    return (this.#writer ??= this.#openWriter(this.#position as WriterPosition))
  }

  #round(): void {
    const records = this.#commit()
    const job = this.#jobs[0]
    if (records > 0) this.#mayPrepare = true
    if (job !== undefined) this.#stepJob(job)
    // Only the real thread knows whether a moment is a quiet one.
    else if (records === 0 && this.#mayPrepare && this.#dice.chance(0.5)) this.#mayPrepare = this.#opened().prepareStep()
  }

  #commit(): number {
    const writer = this.#opened()
    const records = writer.commit(this.ring)
    this.#durableLsn = writer.lastLsn
    return records
  }

  #commitTo(lsn: number): void {
    while (this.#opened().lastLsn < lsn) this.#commit()
  }

  #stepJob(job: Job): void {
    if (job.steps === undefined) {
      this.#commitTo(job.lsn)
      job.steps = this.#opened().checkpoint(job.lsn, job.sections)
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
        this.#writer?.abandon()
      } catch {
        // Dead already.
      }
      this.#onProgress()
    }
  }
}
