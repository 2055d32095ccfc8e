import { EVENTS, isSymphonyError, RUN_STATES, SymphonyError, TASK_STATES } from '@symphony/interface'
import type { Clock, CommandLog, EventSink, FencingToken, Grant, Lease, RunRow, Settlement, TaskResult, TaskRow } from '@symphony/interface'
import type { AttemptSurroundings } from './attempt-surroundings.ts'
import type { BlockWatch } from './block-watch.ts'
import type { ConcurrencyGates } from './concurrency-gates.ts'
import type { ConductorPorts } from './conductor-ports.ts'
import { DurableRest } from './durable-rest.ts'
import { EndBatch } from './end-batch.ts'
import { checkedOutput } from './check-output.ts'
import { Execution } from './execution.ts'
import type { ExecutionHost } from './execution.ts'
import { Following } from './following.ts'
import type { Next } from './following.ts'
import { FreedSlots } from './freed-slots.ts'
import { PANICS_MAX } from './limits.ts'
import { rememberResult } from './result-memory.ts'
import { resumeGrants } from './resume-grants.ts'
import { settleAttempt } from './settle-attempt.ts'
import { giveBack, isPanic, isStorageFailure } from './storage-failure.ts'
import { storeOutput } from './store-output.ts'
import type { TaskFailures } from './task-failures.ts'
import type { TaskPlan } from './task-plans.ts'
import { TimeLimits } from './time-limits.ts'

/** The attempts that run now: begun on a slot that is theirs, ended exactly once, whatever the task does. */
export class TaskAttempts {
  readonly #ports: ConductorPorts
  readonly #clock: Clock
  readonly #log: CommandLog
  readonly #events: EventSink
  readonly #failures: TaskFailures
  readonly #blocks: BlockWatch
  readonly host: ExecutionHost
  readonly #gates: ConcurrencyGates
  readonly #isAccepting: () => boolean
  readonly #whenFree: () => void
  readonly #halt: (error: SymphonyError) => void
  readonly #holds: AttemptSurroundings['holds']
  readonly #defers: AttemptSurroundings['defers']
  readonly #isHeldUp: () => boolean
  // By place, not by task: an attempt that was disowned still runs beside the next one, and has a slot to give back.
  readonly #executions: Execution[] = []
  readonly #ends: EndBatch
  /** What attempts held that have ended in this step. */
  readonly freed: FreedSlots
  readonly #following: Following
  readonly #limits: TimeLimits
  readonly #rest: DurableRest
  #begun = 0
  #late = 0

  constructor(ports: ConductorPorts, surroundings: AttemptSurroundings) {
    this.#ports = ports
    this.#clock = surroundings.clock
    this.#log = surroundings.log
    this.#events = surroundings.events
    this.#failures = surroundings.failures
    this.#blocks = surroundings.blocks
    this.host = { ports, clock: surroundings.clock, lists: surroundings.lists }
    this.#gates = surroundings.gates
    this.#isAccepting = () => surroundings.isAccepting()
    this.#whenFree = () => surroundings.whenFree()
    this.#halt = (error) => surroundings.halt(error)
    this.#holds = (error, again) => surroundings.holds(error, again)
    this.#defers = (run) => surroundings.defers(run)
    this.#isHeldUp = () => surroundings.awaitsNeighbour()
    this.freed = new FreedSlots(ports)
    this.#ends = new EndBatch(ports, this.freed, this.#clock, this.#log, {
      failed: (execution, error) => this.#failed(execution, error),
      ended: (execution) => this.#remove(execution),
      whenFree: this.#whenFree,
      ending: (end) => surroundings.ending(end),
      halt: this.#halt,
      awaitsNeighbour: (error) => surroundings.awaitsNeighbour(error),
    })
    this.#rest = new DurableRest(this.#log, (execution) => this.#invoke(execution), (execution, error) => this.#failed(execution, error))
    this.#limits = new TimeLimits(this.#clock, this.#defers, (execution, error) => this.#timedOut(execution, error))
    this.#following = new Following({
      settled: (execution, value, next) => {
        try {
          next(execution, value)
          this.#ends.endIfAll(this.#executions.length)
        } catch (error) {
          this.#failed(execution, error)
        }
      },
      failed: (execution, error) => {
        this.#blocks.look(this.#clock.monotonicMs())
        this.#failed(execution, error)
      },
    })
  }

  get running(): number {
    return this.#executions.length
  }

  get late(): number {
    return this.#late
  }

  get begun(): number {
    return this.#begun
  }

  /** Ends what has succeeded but waits for company: to be called before anything that looks at what runs. */
  flush(): void {
    this.#ends.flush()
  }

  /** Stops what runs of one run, or of all. A function of this thread is disowned, a model's runner ends the call. */
  abort(reason: SymphonyError, run?: RunRow): void {
    for (const execution of [...this.#executions]) {
      if (run !== undefined && execution.run !== run) continue
      execution.abort(reason)
      if (!execution.isInvoking && execution.place >= 0) this.#drop(execution)
    }
  }

  /** Gives back what an attempt holds whose task has ended without it. */
  #drop(execution: Execution): void {
    if (this.#change(execution, () => settleAttempt(execution, this.#ports, 'cancelled', this.#clock.monotonicMs()), () => this.#drop(execution))) this.#end(execution)
  }

  /** Begins an attempt that stood in line and has a lease. */
  begin(grant: Grant, lease: Lease, plan: TaskPlan, cacheKey: string | undefined, alternatives: number): void {
    const task = grant.tag as TaskRow
    const { dag } = this.#ports
    const execution = new Execution(task, dag.columns.taskRun[task] as RunRow, plan, cacheKey, this.#tokenFor(task, grant, lease), this.#clock.monotonicMs(), this.host)
    execution.grant = grant
    execution.lease = lease
    this.#add(execution, alternatives)
    this.start(execution)
  }

  #tokenFor(task: TaskRow, grant: Grant, lease: Lease): FencingToken {
    try {
      return this.#ports.dag.beginTask(task)
    } catch (error) {
      giveBack(() => this.#ports.arbitration.settle(grant, { outcome: 'cancelled' }))
      lease.release()
      throw error
    }
  }

  /**
   * The tracker was restored, and knows nothing of what runs: attempts that have not ended are taken up where they are, under another
   * token. What the log says has ended is late when it ends here.
   */
  restored(): void {
    const { taskState, taskRun, taskAttempt } = this.#ports.dag.columns
    for (const execution of this.#executions) {
      const { row, run, begunAs } = execution
      // A task that is READY for its next attempt has nothing to do with this one.
      const isOpen = taskState[row] === TASK_STATES.READY && taskRun[row] === run && taskAttempt[row] === begunAs - 1
      if (!isOpen) continue
      execution.token = this.#ports.dag.beginTask(row)
      execution.isRenewed = true
    }
  }

  /** The arbitration engine was restored. */
  resume(): void {
    resumeGrants(this.#executions, this.#ports)
  }

  /** Notes an attempt that was admitted in a batch, on a slot of this thread: `dag.beginTasks` has given it its token, and `start` follows. */
  beginOnSlot(task: TaskRow, plan: TaskPlan, token: FencingToken, ticket: number, slot: number, word: number, nowMs: number, alternatives: number): Execution {
    const execution = new Execution(task, this.#ports.dag.columns.taskRun[task] as RunRow, plan, undefined, token, nowMs, this.host)
    execution.ticket = ticket
    execution.slot = slot
    execution.word = word
    this.#add(execution, alternatives)
    return execution
  }

  #add(execution: Execution, alternatives: number): void {
    execution.place = this.#executions.push(execution) - 1
    execution.begunAs = this.#ports.dag.columns.taskAttempt[execution.row] as number
    this.#begun++
    this.#blocks.watch(this.#executions)
    this.#events.publish(EVENTS.DECISION, execution.row, this.#begun, alternatives)
  }

  /** Calls what the attempt is for, as soon as it may leave traces outside. */
  start(execution: Execution): void {
    if (execution.place < 0) return
    if (this.#isHeldUp() && this.#startsLater(execution)) return
    // Skipped by what began together with it, and was called before.
    if (this.#ports.dag.columns.taskState[execution.row] !== TASK_STATES.RUNNING) return this.#drop(execution)
    this.#limits.watch(execution)
    // Nothing leaves the process before what it rests on is on the disk.
    if (execution.plan.isOutside && this.#rest.isNeeded) this.#rest.add(execution)
    else this.#invoke(execution)
  }

  // Functions of their own: where a closure may be made, every call pays for what it would hold.

  #startsLater(execution: Execution): boolean {
    return this.#defers(() => this.start(execution))
  }

  #invokesLater(execution: Execution): boolean {
    return this.#defers(() => this.#invoke(execution))
  }

  /** The token it got when the tracker was restored has to be on the disk as well. */
  #restsAnew(execution: Execution): boolean {
    execution.isRenewed = false
    const isNeeded = execution.plan.isOutside && this.#rest.isNeeded
    if (isNeeded) this.#rest.add(execution)
    return isNeeded
  }

  #invoke(execution: Execution): void {
    if (execution.place < 0) return
    // What is called may ask its context, which may ask who is being restored.
    if (this.#isHeldUp() && this.#invokesLater(execution)) return
    if (execution.isRenewed && this.#restsAnew(execution)) return
    if (execution.isAborted) return this.#failed(execution, undefined)
    const { type, isInline } = execution.plan
    // What is called now may take its time.
    this.#clock.release?.()
    try {
      if (isInline) {
        const answer = execution.lease === undefined ? this.#blocks.call(execution) : execution.lease.invoke(execution)
        this.#follow(execution, answer, this.#succeed)
        return this.#ends.endSoon()
      }
      const input = type.input === undefined ? { params: execution.params, inputs: Object.fromEntries(execution.inputs.entries()) } : type.input(execution)
      this.#follow(execution, input, this.#invokeModel)
    } catch (error) {
      this.#failed(execution, error)
    }
  }

  /** From here until it answers, the slot belongs to the model: only its runner can end the call. */
  readonly #invokeModel = (execution: Execution, input: unknown): void => {
    if (execution.place < 0) return
    execution.isInvoking = true
    this.#follow(execution, execution.lease!.invoke(input, execution), this.#answered)
  }

  readonly #answered = (execution: Execution, answer: unknown): void => {
    execution.isInvoking = false
    const { output } = execution.plan.type
    if (output === undefined) this.#succeed(execution, answer)
    else this.#follow(execution, output(answer, execution), this.#succeed)
  }

  /** Goes on with a value that is there, or when it comes. Whatever throws on the way fails the attempt. */
  #follow(execution: Execution, value: unknown, next: Next): void {
    if (typeof (value as PromiseLike<unknown> | undefined)?.then !== 'function') return next(execution, value)
    this.#following.follow(execution, value as PromiseLike<unknown>, next)
  }

  readonly #succeed = (execution: Execution, value: unknown): void => {
    const { outputSchema } = execution.plan.type
    if (outputSchema === undefined || execution.isAborted || execution.place < 0) return this.#keep(execution, value)
    this.#follow(execution, checkedOutput(outputSchema, execution.taskId, value), this.#keep)
  }

  readonly #keep = (execution: Execution, value: unknown): void => {
    if (execution.isAborted) {
      this.#late++
      return this.#failed(execution, undefined)
    }
    if (execution.place < 0) return
    // What only succeeded ends together with its neighbours; what also adds tasks or is remembered has a record of its own.
    if (execution.slot >= 0 && execution.expansion === undefined && execution.routes === undefined && !execution.plan.isFallback) this.#ends.add(execution, value)
    else this.#keepAlone(execution, value)
  }

  #keepAlone(execution: Execution, value: unknown): void {
    this.#blocks.look(this.#clock.monotonicMs())
    const { dag, artifacts } = this.#ports
    const added = execution.expansion
    const again = (): void => this.#keepAgain(execution, value)
    // What a restored log says has ended adds nothing more.
    const isOpen = dag.columns.taskState[execution.row] === TASK_STATES.RUNNING
    if (added !== undefined && isOpen && !this.#guard(execution, () => dag.stageExpansion(execution.row, added), again)) return
    // Output stored, task done, result remembered, budget settled: one record, all of it or none.
    const isKept = this.#change(execution, () => this.#write(execution, 'succeeded', () => {
      const output = value === undefined ? undefined : storeOutput(artifacts, execution, value, this.#clock.monotonicMs())
      const { expansion, routes } = execution
      const result: TaskResult = {
        ...(output === undefined ? {} : { output }),
        ...(expansion === undefined ? {} : { expansion }),
        ...(routes === undefined ? {} : { routes }),
      }
      const isDone = dag.completeTask(execution.row, result, execution.token)
      if (isDone && execution.cacheKey !== undefined) rememberResult(artifacts, execution.cacheKey, result)
      this.#failures.succeeded(execution.row)
    }), again)
    if (isKept) this.#end(execution)
  }

  #keepAgain(execution: Execution, value: unknown): void {
    try {
      this.#keep(execution, value)
    } catch (error) {
      this.#failed(execution, error)
    }
  }

  /**
   * Makes one durable change. False when the log or the disk refused it: then nothing more is begun, and the attempt has been let go.
   * False as well when a neighbour failed inside: then `again` is called when it is restored.
   */
  #change(execution: Execution, change: () => void, again: () => void): boolean {
    return this.#guard(execution, () => this.#log.transact(change), again)
  }

  /** Writes down what an attempt came to, and settles its grant; of one that is written down already, only that. */
  #write(execution: Execution, outcome: Settlement['outcome'], write: () => void): void {
    if (!execution.isHalfWritten) write()
    execution.isHalfWritten = true
    settleAttempt(execution, this.#ports, outcome, this.#clock.monotonicMs())
    execution.isHalfWritten = false
  }

  #guard(execution: Execution, change: () => void, again: () => void): boolean {
    try {
      change()
      return true
    } catch (error) {
      if (this.#holds(error, again)) return false
      if (!isStorageFailure(error)) throw error
      this.#halt(error)
      this.#letGo(execution)
      return false
    }
  }

  /** What it came to cannot be written down any more: it gives back what it holds, and is made again by the next process. */
  #letGo(execution: Execution): void {
    execution.isSettled = true
    if (execution.place >= 0) this.#end(execution)
  }

  #failed(execution: Execution, error: unknown): void {
    if (execution.place < 0) return
    execution.isInvoking = false
    // The disk refused what the task stored: that is no failure of the task.
    if (execution.storageFailure !== undefined) {
      this.#halt(execution.storageFailure)
      return this.#letGo(execution)
    }
    const isCancelled = execution.isAborted && this.#ports.dag.columns.runState[execution.run] === RUN_STATES.CANCELLED
    const outcome = execution.isAborted ? 'cancelled' : 'failed'
    const isKept = this.#change(execution, () => this.#write(execution, outcome, () => {
      // What is stopped by closing stays open in the log, to be taken up by the next process.
      if (this.#isAccepting() && !isCancelled) {
        // A plain function's own error says more than that the model behind it failed.
        const cause = execution.plan.isInline && isSymphonyError(error, 'MODEL_FAILED') ? error.cause : error
        if (isPanic(cause) && execution.attempt < PANICS_MAX) this.#failures.again(execution.row, cause, execution.token)
        else this.#failures.end(execution.row, execution.attempt, execution.plan, cause, execution.token)
      }
    }), () => this.#failed(execution, error))
    if (isKept) this.#end(execution)
  }

  #timedOut(execution: Execution, error: SymphonyError): void {
    if (execution.place < 0) return
    execution.abort(error)
    const isKept = this.#change(execution, () => this.#write(execution, 'failed', () => {
      this.#failures.end(execution.row, execution.attempt, execution.plan, error, execution.token)
    }), () => this.#timedOut(execution, error))
    if (!isKept) return
    // What runs in this thread cannot be stopped, only disowned; a model's runner ends the call and answers.
    if (execution.isInvoking) this.#whenFree()
    else this.#end(execution)
  }

  #end(execution: Execution): void {
    this.#remove(execution)
    if (execution.lease !== undefined) execution.lease.release()
    else this.freed.releaseSlot(execution.slot, execution.word)
    this.#whenFree()
  }

  /** The last one takes the place of the one that goes. */
  #remove(execution: Execution): void {
    execution.cancelTimeout?.()
    this.#gates.ended(execution.row)
    const { place } = execution
    const last = this.#executions.pop() as Execution
    execution.place = -1
    if (last === execution) return
    this.#executions[place] = last
    last.place = place
  }
}
