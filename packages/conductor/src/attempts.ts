import { EVENTS, isSymphonyError, RUN_STATES, SymphonyError, toErrorData } from '@symphony/interface'
import type { ArtifactRef, Clock, CommandLog, EventSink, FencingToken, Grant, Json, Lease, RetryPolicy, RunRow, TaskResult, TaskRow } from '@symphony/interface'
import type { ConductorPorts } from './conductor-ports.ts'
import { Execution } from './execution.ts'
import { rememberResult } from './result-memory.ts'
import { retryDelayMs } from './retry.ts'
import { isStorageFailure } from './storage-failure.ts'
import type { TaskPlan } from './task-plans.ts'

/** What the attempts need beside the neighbours. */
export interface AttemptSurroundings {
  readonly clock: Clock
  readonly log: CommandLog
  readonly events: EventSink
  /** False while the conductor stops: what ends now is taken up again by the next process. */
  isAccepting(): boolean
  /** Something was given back: the loop may go on. */
  whenFree(): void
  /** The log or the disk refused a change: nothing more can be promised. */
  halt(error: SymphonyError): void
}

/** The attempts that run now: begun with a lease and a grant, ended exactly once, whatever the task does. */
export class TaskAttempts {
  readonly #ports: ConductorPorts
  readonly #clock: Clock
  readonly #log: CommandLog
  readonly #events: EventSink
  readonly #isAccepting: () => boolean
  readonly #whenFree: () => void
  readonly #halt: (error: SymphonyError) => void
  // A set, not a map by task: an attempt that was disowned still runs beside the next one, and has a slot to give back.
  readonly #executions = new Set<Execution>()
  #begun = 0
  #retried = 0

  constructor(ports: ConductorPorts, surroundings: AttemptSurroundings) {
    this.#ports = ports
    this.#clock = surroundings.clock
    this.#log = surroundings.log
    this.#events = surroundings.events
    this.#isAccepting = () => surroundings.isAccepting()
    this.#whenFree = () => surroundings.whenFree()
    this.#halt = (error) => surroundings.halt(error)
  }

  get running(): number {
    return this.#executions.size
  }

  get begun(): number {
    return this.#begun
  }

  get retried(): number {
    return this.#retried
  }

  /** Stops what runs of one run, or of all. A function of this thread is disowned, a model's runner ends the call. */
  abort(reason: SymphonyError, run?: RunRow): void {
    for (const execution of [...this.#executions]) {
      if (run !== undefined && execution.run !== run) continue
      execution.abort(reason)
      if (execution.isInvoking) continue
      this.#change(() => this.#settle(execution, 'cancelled'))
      this.#end(execution)
    }
  }

  begin(grant: Grant, lease: Lease, plan: TaskPlan, cacheKey: string | undefined, alternatives: number): void {
    const task = grant.tag as TaskRow
    const token = this.#ports.dag.beginTask(task)
    const execution = new Execution(this.#ports.dag.task(task), plan, cacheKey, this.#clock.monotonicMs(), this.#ports)
    execution.token = token
    execution.grant = grant
    execution.lease = lease
    this.#executions.add(execution)
    this.#begun++
    this.#events.publish(EVENTS.DECISION, task, this.#begun, alternatives)
    if (plan.type.timeoutMs !== undefined) execution.cancelTimeout = this.#clock.schedule(plan.type.timeoutMs, () => this.#timedOut(execution))
    // Nothing leaves the process before what it rests on is on the disk.
    if (plan.isOutside && this.#log.durableLsn < this.#log.lastLsn) {
      void this.#log.durable(this.#log.lastLsn).then(() => this.#invoke(execution), (error: unknown) => this.#failed(execution, error))
    } else this.#invoke(execution)
  }

  #invoke(execution: Execution): void {
    if (!this.#executions.has(execution)) return
    if (execution.isAborted) return this.#failed(execution, undefined)
    const { type, isInline } = execution.plan
    try {
      if (isInline) return this.#follow(execution, execution.lease!.invoke(execution), (answer) => this.#succeed(execution, answer))
      const input = type.input === undefined ? { params: execution.params, inputs: Object.fromEntries(execution.inputs.entries()) } : type.input(execution)
      this.#follow(execution, input, (ready) => this.#invokeModel(execution, ready))
    } catch (error) {
      this.#failed(execution, error)
    }
  }

  /** From here until it answers, the slot belongs to the model: only its runner can end the call. */
  #invokeModel(execution: Execution, input: unknown): void {
    if (!this.#executions.has(execution)) return
    execution.isInvoking = true
    this.#follow(execution, execution.lease!.invoke(input, execution), (answer) => {
      execution.isInvoking = false
      this.#answered(execution, answer)
    })
  }

  #answered(execution: Execution, answer: unknown): void {
    const { output } = execution.plan.type
    if (output === undefined) this.#succeed(execution, answer)
    else this.#follow(execution, output(answer, execution), (value) => this.#succeed(execution, value))
  }

  /** Goes on with a value that is there, or when it comes. Whatever throws on the way fails the attempt. */
  #follow(execution: Execution, value: unknown, next: (value: unknown) => void): void {
    if (typeof (value as PromiseLike<unknown> | undefined)?.then !== 'function') return next(value)
    ;(value as PromiseLike<unknown>).then(
      (settled) => {
        try {
          next(settled)
        } catch (error) {
          this.#failed(execution, error)
        }
      },
      (error: unknown) => this.#failed(execution, error),
    )
  }

  #succeed(execution: Execution, value: unknown): void {
    if (!this.#executions.has(execution)) return
    if (execution.isAborted) return this.#failed(execution, undefined)
    const { dag, artifacts } = this.#ports
    const added = execution.expansion
    if (added !== undefined && !this.#guard(() => dag.stageExpansion(execution.row, added))) return
    // Output stored, task done, result remembered, budget settled: one record, all of it or none.
    const isKept = this.#change(() => {
      const output = value === undefined ? undefined : this.#store(execution, value)
      const { expansion } = execution
      const result: TaskResult = { ...(output === undefined ? {} : { output }), ...(expansion === undefined ? {} : { expansion }) }
      const isDone = dag.completeTask(execution.row, result, execution.token)
      if (isDone && execution.cacheKey !== undefined) rememberResult(artifacts, execution.cacheKey, result)
      this.#settle(execution, 'succeeded')
    })
    if (isKept) this.#end(execution)
  }

  /** Makes one durable change. False when the log or the disk refused it: then everything has been halted. */
  #change(change: () => void): boolean {
    return this.#guard(() => this.#log.transact(change))
  }

  #guard(change: () => void): boolean {
    try {
      change()
      return true
    } catch (error) {
      if (!isStorageFailure(error)) throw error
      this.#halt(error)
      return false
    }
  }

  #store(execution: Execution, value: unknown): ArtifactRef {
    const { type } = execution.plan
    const init = { madeBy: type.name, costMs: this.#clock.monotonicMs() - execution.startedAtMs, text: false } as const
    if (value instanceof Uint8Array) return this.#ports.artifacts.put(value, init)
    return this.#ports.artifacts.putJson(value as Json, init)
  }

  #failed(execution: Execution, error: unknown): void {
    if (!this.#executions.has(execution)) return
    execution.isInvoking = false
    // The disk refused what the task stored: that is no failure of the task.
    if (execution.storageFailure !== undefined) return this.#halt(execution.storageFailure)
    const isCancelled = execution.isAborted && this.#ports.dag.columns.runState[execution.run] === RUN_STATES.CANCELLED
    const isKept = this.#change(() => {
      // What is stopped by closing stays open in the log, to be taken up by the next process.
      if (this.#isAccepting() && !isCancelled) {
        // A plain function's own error says more than that the model behind it failed.
        const cause = execution.plan.isInline && isSymphonyError(error, 'MODEL_FAILED') ? error.cause : error
        this.failTask(execution.row, execution.attempt, execution.plan.type.retry, cause, execution.token)
      }
      this.#settle(execution, execution.isAborted ? 'cancelled' : 'failed')
    })
    if (isKept) this.#end(execution)
  }

  /** Ends an attempt that failed, for now or for good, as its retry policy says. */
  failTask(task: TaskRow, attempt: number, retry: RetryPolicy | undefined, error: unknown, token: FencingToken | undefined): void {
    const data = toErrorData(error, 'task', 'TASK_FAILED')
    const delayMs = retryDelayMs(retry, attempt, data)
    if (delayMs !== undefined) this.#retried++
    this.#ports.dag.failTask(task, data, {
      ...(token === undefined ? {} : { token }),
      ...(delayMs === undefined ? {} : { retryAtMs: this.#clock.nowMs() + delayMs }),
    })
  }

  #timedOut(execution: Execution): void {
    if (!this.#executions.has(execution)) return
    const { timeoutMs } = execution.plan.type
    const error = new SymphonyError({ code: 'TIMEOUT', component: 'conductor', message: `Task "${execution.taskId}" took longer than its ${timeoutMs} ms. Raise timeoutMs, or make it faster.` })
    const isKept = this.#change(() => {
      this.failTask(execution.row, execution.attempt, execution.plan.type.retry, error, execution.token)
      this.#settle(execution, 'failed')
    })
    execution.abort(error)
    if (!isKept) return
    // What runs in this thread cannot be stopped, only disowned; a model's runner ends the call and answers.
    if (execution.isInvoking) this.#whenFree()
    else this.#end(execution)
  }

  #settle(execution: Execution, outcome: 'succeeded' | 'failed' | 'cancelled'): void {
    const { grant } = execution
    if (grant === undefined) return
    execution.grant = undefined
    const { costUsd } = execution.plan.type
    this.#ports.arbitration.settle(grant, { outcome, durationMs: this.#clock.monotonicMs() - execution.startedAtMs, ...(costUsd === undefined ? {} : { costUsd }) })
  }

  #end(execution: Execution): void {
    this.#executions.delete(execution)
    execution.releaseLease()
    this.#whenFree()
  }
}
