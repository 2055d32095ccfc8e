import type { ArtifactRef, Clock, CommandLog, SymphonyError } from '@symphony/interface'
import type { ConductorPorts } from './conductor-ports.ts'
import type { Execution } from './execution.ts'
import type { FreedSlots } from './freed-slots.ts'
import { END_BATCH, ENDS_PER_RECORD } from './limits.ts'
import { isNoFaultOfTask, isStorageFailure } from './storage-failure.ts'
import { storeOutput } from './store-output.ts'

/** Whom the batch tells. */
interface EndListener {
  failed(execution: Execution, error: unknown): void
  ended(execution: Execution): void
  whenFree(): void
  /** Attempts are about to be ended: whoever listens calls `end`, goes on with what that has made ready, and has `freed` given back. */
  ending(end: () => void): void
  halt(error: SymphonyError): void
  /** Whether it is a failure of a neighbour that is being restored; without an error, whether one is. */
  awaitsNeighbour(error?: unknown): boolean
}

/**
 * Attempts that succeeded on a slot of this thread, ended together: outputs stored and tasks done in few records, the clock read
 * once, and what they held given back, or passed on, together. What ends within one run of microtasks shares a batch, so
 * nothing waits for company that is not already there.
 */
export class EndBatch {
  readonly #ports: Pick<ConductorPorts, 'dag' | 'artifacts'>
  readonly #clock: Clock
  readonly #log: CommandLog
  readonly #listener: EndListener
  /** What they held. */
  readonly freed: FreedSlots
  readonly #executions: Execution[] = []
  /** Those of the chunk that could be stored. */
  readonly #chunk: Execution[] = []
  readonly #values: unknown[] = []
  #count = 0
  #isScheduled = false
  readonly #outputs: (ArtifactRef | undefined)[] = new Array<ArtifactRef | undefined>(ENDS_PER_RECORD).fill(undefined)
  readonly #tasks = new Int32Array(ENDS_PER_RECORD)
  readonly #tokens = new Float64Array(ENDS_PER_RECORD)
  readonly #accepted = new Uint8Array(ENDS_PER_RECORD)
  /** The chunk that is being ended: from, to, and how many of it could be stored. */
  #from = 0
  #to = 0
  #stored = 0
  #nowMs = 0
  readonly #broken: { readonly execution: Execution; readonly error: unknown }[] = []
  readonly #endChunk = (): void => this.#writeChunk()
  readonly #endNow = (): void => this.#end()
  readonly #endScheduled = (): void => {
    this.#isScheduled = false
    if (this.#count > 0) this.#listener.ending(this.#endNow)
  }

  constructor(ports: Pick<ConductorPorts, 'dag' | 'artifacts'>, freed: FreedSlots, clock: Clock, log: CommandLog, listener: EndListener) {
    this.#ports = ports
    this.freed = freed
    this.#clock = clock
    this.#log = log
    this.#listener = listener
  }

  add(execution: Execution, value: unknown): void {
    this.#executions[this.#count] = execution
    this.#values[this.#count] = value
    this.#count++
    if (this.#count >= END_BATCH) this.flush()
  }

  /** Sees that what was added ends: at once if that is all that runs, for then no more company can come. */
  endIfAll(running: number): void {
    if (this.#count === running && running > 0) this.#listener.ending(this.#endNow)
    else this.endSoon()
  }

  /** Sees that what was added ends when the microtasks at hand are through. */
  endSoon(): void {
    if (this.#count === 0 || this.#isScheduled) return
    this.#isScheduled = true
    queueMicrotask(this.#endScheduled)
  }

  /** Ends what there is, and gives back what it held. */
  flush(): void {
    this.#end()
    this.freed.giveBack()
  }

  #end(): void {
    if (this.#count === 0 || this.#listener.awaitsNeighbour()) return
    const count = this.#count
    this.#count = 0
    this.#nowMs = this.#clock.monotonicMs()
    for (this.#from = 0; this.#from < count; this.#from = this.#to) {
      this.#to = Math.min(count, this.#from + ENDS_PER_RECORD)
      const brokenBefore = this.#broken.length
      try {
        this.#log.transact(this.#endChunk)
      } catch (error) {
        if (this.#listener.awaitsNeighbour(error)) {
          this.#broken.length = brokenBefore
          this.#keep(count)
          break
        }
        if (!isStorageFailure(error)) throw error
        this.#listener.halt(error)
        return this.#letGo(count)
      }
      this.#leave()
    }
    // What could not be stored is a failure of its own task, after those it stood among.
    if (this.#broken.length > 0) for (const { execution, error } of this.#broken.splice(0)) this.#listener.failed(execution, error)
    this.#listener.whenFree()
  }

  /** What has not been ended waits for the next flush. What of it was written down before the neighbour failed will be late then. */
  #keep(count: number): void {
    const rest = count - this.#from
    this.#executions.copyWithin(0, this.#from, count)
    this.#values.copyWithin(0, this.#from, count)
    this.#values.fill(undefined, rest, count)
    this.#count = rest
  }

  /** The log or the disk refused: nothing more is written down, and what is held is given back. */
  #letGo(count: number): void {
    for (let index = this.#from; index < count; index++) {
      const execution = this.#executions[index] as Execution
      this.#values[index] = undefined
      if (execution.place < 0) continue
      execution.isSettled = true
      this.#listener.ended(execution)
      this.freed.releaseSlot(execution.slot, execution.word)
    }
    this.#listener.whenFree()
  }

  #writeChunk(): void {
    let stored = 0
    for (let index = this.#from; index < this.#to; index++) {
      const execution = this.#executions[index] as Execution
      const value = this.#values[index]
      // Aborted between its success and now: its run was cancelled, and its slot went back with that.
      if (execution.place < 0) continue
      let output: ArtifactRef | undefined
      if (value !== undefined) {
        try {
          output = storeOutput(this.#ports.artifacts, execution, value, this.#nowMs)
        } catch (error) {
          if (isNoFaultOfTask(error)) throw error
          this.#broken.push({ execution, error })
          continue
        }
      }
      this.#chunk[stored] = execution
      this.#outputs[stored] = output
      this.#tasks[stored] = execution.row
      this.#tokens[stored] = execution.token
      stored++
    }
    this.#stored = stored
    if (stored > 0) this.#ports.dag.completeTasks(this.#tasks, stored, this.#tokens, this.#outputs, this.#accepted)
  }

  #leave(): void {
    const stored = this.#stored
    this.#values.fill(undefined, this.#from, this.#to)
    for (let index = 0; index < stored; index++) {
      const execution = this.#chunk[index] as Execution
      // A listener of the tracker may have cancelled a run meanwhile.
      if (execution.place < 0) continue
      this.freed.add(execution.ticket, this.#nowMs - execution.startedAtMs, execution.slot, execution.word)
      execution.isSettled = true
      this.#listener.ended(execution)
    }
  }
}
