import type { Clock, CommandLog, EventSink, SymphonyError } from '@symphony/interface'
import type { BlockWatch } from './block-watch.ts'
import type { ConcurrencyGates } from './concurrency-gates.ts'
import type { ItemLists } from './item-lists.ts'
import type { TaskFailures } from './task-failures.ts'

/** What the attempts need beside the neighbours. */
export interface AttemptSurroundings {
  readonly clock: Clock
  readonly log: CommandLog
  readonly events: EventSink
  readonly failures: TaskFailures
  readonly blocks: BlockWatch
  readonly lists: ItemLists
  readonly gates: ConcurrencyGates
  /** False while the conductor stops: what ends now is taken up again by the next process. */
  isAccepting(): boolean
  /** Something was given back: the loop may go on. */
  whenFree(): void
  /** See `EndBatch`. */
  ending(end: () => void): void
  /** The log or the disk refused a change: nothing more can be promised. */
  halt(error: SymphonyError): void
  /** Whether it is a failure of a neighbour that is being restored; without an error, whether one is. */
  awaitsNeighbour(error?: unknown): boolean
  /** See `LoopSurroundings`. */
  holds(error: unknown, again: () => void): boolean
  /** Whether `run` is called later, when a neighbour that failed has been restored. */
  defers(run: () => void): boolean
}
