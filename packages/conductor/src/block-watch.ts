import { EVENTS } from '@symphony/interface'
import type { BlockedTask, Clock, EventSink, Logger } from '@symphony/interface'
import type { Execution } from './execution.ts'
import { BLOCKS_KEPT, TIMED_AT_FIRST, TIMED_EVERY } from './limits.ts'
import type { TaskPlan } from './task-plans.ts'

/**
 * Finds tasks that hold the thread: while one computes, nothing else begins, ends or answers.
 *
 * Reading the clock costs as much as a short task, so a type is timed at its first calls, and then now and then. A slice of the
 * loop that took too long although no timed call did is told by the types that were called in it, and those are timed at every
 * call for a while: the next one is told by its name.
 */
export class BlockWatch {
  readonly #limitMs: number
  readonly #clock: Clock
  readonly #events: EventSink
  readonly #logger: Logger
  /** Types whose functions were called in this slice without being timed: the first so many places. */
  readonly #untimed: TaskPlan[] = []
  #untimedCount = 0
  readonly #blocks: BlockedTask[] = []
  #found = false

  constructor(limitMs: number, clock: Clock, events: EventSink, logger: Logger) {
    this.#limitMs = limitMs
    this.#clock = clock
    this.#events = events
    this.#logger = logger
  }

  /** What was found last, newest last. */
  get blocks(): readonly BlockedTask[] {
    return this.#blocks
  }

  /** Calls the function of a task of this thread. */
  call(execution: Execution): unknown {
    const { plan } = execution
    const { run } = plan.type
    if (run === undefined) return undefined
    if (--plan.callsUntilTimed > 0) {
      if (this.#untimedCount === 0 || plan !== this.#untimed[this.#untimedCount - 1]) this.#untimed[this.#untimedCount++] = plan
      return run(execution)
    }
    plan.callsUntilTimed = ++plan.callsTimed < TIMED_AT_FIRST ? 1 : TIMED_EVERY
    const startedMs = this.#clock.monotonicMs()
    try {
      return run(execution)
    } finally {
      const tookMs = this.#clock.monotonicMs() - startedMs
      if (tookMs >= this.#limitMs) this.#tell({ runId: execution.runId, task: execution.taskId, types: [plan.type.name], tookMs }, execution.row)
    }
  }

  /** A slice of the loop is over. @param tookMs how long it held the thread */
  sliceEnded(tookMs: number): void {
    const isUnseen = tookMs >= this.#limitMs && !this.#found
    if (isUnseen && this.#untimedCount > 0) {
      const plans = [...new Set(this.#untimed.slice(0, this.#untimedCount))]
      for (const plan of plans) plan.callsTimed = plan.callsUntilTimed = 0
      this.#tell({ runId: undefined, task: undefined, types: plans.map((plan) => plan.type.name), tookMs }, -1)
    }
    this.#found = false
    this.#untimedCount = 0
  }

  #tell(found: Omit<BlockedTask, 'atMs'>, row: number): void {
    this.#found = true
    if (this.#blocks.length === BLOCKS_KEPT) this.#blocks.shift()
    this.#blocks.push({ ...found, atMs: this.#clock.nowMs() })
    this.#events.publish(EVENTS.LOOP_BLOCKED, row, found.tookMs, 0)
    const who = found.task === undefined ? `a task of type ${found.types.join(' or ')}` : `task "${found.task}" of run "${found.runId}"`
    this.#logger.warn(`${who} held the thread for ${Math.round(found.tookMs)} ms: nothing else ran meanwhile. Run it as a model in a worker thread, or let it await in between.`, { ...found })
  }
}
