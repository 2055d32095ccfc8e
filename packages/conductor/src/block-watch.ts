import { EVENTS } from '@symphony/interface'
import type { BlockedTask, Clock, EventSink, Heartbeat, Logger, Turns } from '@symphony/interface'
import type { Execution } from './execution.ts'
import { BLOCKS_KEPT, HEARTBEAT_MS, TIMED_AT_FIRST, TIMED_EVERY } from './limits.ts'
import type { TaskPlan } from './task-plans.ts'

/**
 * Finds tasks that hold the thread: while one computes, nothing else begins, ends or answers.
 *
 * Reading the clock costs as much as a short task, so a type is timed at its first calls, and then now and then. A slice of the
 * loop that took too long although no timed call did is told by the types that were called in it, and those are timed at every
 * call for a while: the next one is told by its name.
 *
 * What a function does after it has awaited something is called by nobody here. While functions run, a heartbeat of the event loop
 * tells that it was held: by the one that runs, or by one of several.
 */
export class BlockWatch {
  readonly #limitMs: number
  readonly #clock: Clock
  readonly #turns: Turns
  readonly #events: EventSink
  readonly #logger: Logger
  /** Types whose functions were called in this slice without being timed: the first so many places. */
  readonly #untimed: TaskPlan[] = []
  #untimedCount = 0
  readonly #blocks: BlockedTask[] = []
  #found = false
  #heartbeat: Heartbeat | undefined
  #running: readonly Execution[] = []
  /** When the thread was free last, in the clock's `monotonicMs`; Infinity while nobody looks. */
  #freeAtMs = Infinity

  constructor(limitMs: number, clock: Clock, turns: Turns, events: EventSink, logger: Logger) {
    this.#limitMs = limitMs
    this.#clock = clock
    this.#turns = turns
    this.#events = events
    this.#logger = logger
  }

  /** What was found last, newest last. */
  get blocks(): readonly BlockedTask[] {
    return this.#blocks
  }

  /** Attempts run from now on. @param running those that do, kept up to date by the caller */
  watch(running: readonly Execution[]): void {
    if (this.#heartbeat !== undefined || this.#turns.every === undefined) return
    this.#running = running
    this.#freeAtMs = this.#clock.monotonicMs()
    this.#heartbeat = this.#turns.every(HEARTBEAT_MS, () => this.#beat())
  }

  /** Attempts are about to end: was the thread held until now? It may have been one of them. */
  look(nowMs: number): void {
    if (nowMs - this.#freeAtMs < this.#limitMs) return
    // The clock of a test may jump; the event loop's own time is what counts.
    const lateMs = this.#heartbeat?.lateMs() ?? 0
    if (lateMs >= this.#limitMs) this.#held(lateMs)
    this.#freeAtMs = nowMs
  }

  stop(): void {
    this.#heartbeat?.stop()
    this.#heartbeat = undefined
    this.#freeAtMs = Infinity
  }

  #beat(): void {
    const nowMs = this.#clock.monotonicMs()
    this.look(nowMs)
    this.#freeAtMs = nowMs
    if (this.#running.length === 0) this.stop()
  }

  #held(tookMs: number): void {
    const [only, ...more] = this.#running.filter(({ plan }) => plan.isInline)
    if (only === undefined) return
    if (more.length === 0) this.#tell({ runId: only.runId, task: only.taskId, types: [only.plan.type.name], tookMs, isSuspected: true }, only.row)
    else this.#tell({ runId: undefined, task: undefined, types: [...new Set([only, ...more].map(({ plan }) => plan.type.name))], tookMs, isSuspected: true }, -1)
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
      if (tookMs >= this.#limitMs) this.#tell({ runId: execution.runId, task: execution.taskId, types: [plan.type.name], tookMs, isSuspected: false }, execution.row)
    }
  }

  /** A slice of the loop is over. @param tookMs how long it held the thread */
  sliceEnded(tookMs: number): void {
    const isUnseen = tookMs >= this.#limitMs && !this.#found
    if (isUnseen && this.#untimedCount > 0) {
      const plans = [...new Set(this.#untimed.slice(0, this.#untimedCount))]
      for (const plan of plans) plan.callsTimed = plan.callsUntilTimed = 0
      this.#tell({ runId: undefined, task: undefined, types: plans.map((plan) => plan.type.name), tookMs, isSuspected: false }, -1)
    }
    this.#found = false
    this.#untimedCount = 0
  }

  #tell(found: Omit<BlockedTask, 'atMs'>, row: number): void {
    this.#found = true
    this.#freeAtMs = this.#heartbeat === undefined ? Infinity : this.#clock.monotonicMs()
    if (this.#blocks.length === BLOCKS_KEPT) this.#blocks.shift()
    this.#blocks.push({ ...found, atMs: this.#clock.nowMs() })
    this.#events.publish(EVENTS.LOOP_BLOCKED, row, found.tookMs, 0)
    const types = found.types.join(' or ')
    const who = found.task === undefined ? `a task of type ${types}` : `task "${found.task}" of run "${found.runId}"`
    const whoever = found.isSuspected ? `${who}, or other code of this process,` : who
    this.#logger.warn(`${whoever} held the thread for ${Math.round(found.tookMs)} ms: nothing else ran meanwhile. Run it as a model in a worker thread, or let it await in between.`, { ...found })
  }
}
