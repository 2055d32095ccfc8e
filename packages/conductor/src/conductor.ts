import { isSymphonyError, INTERFACE_VERSION, RUN_STATES, SymphonyError, TASK_STATES, toErrorData } from '@symphony/interface'
import type {
  Clock, CommandLog, ComponentHealth, Conductor, ConductorMetrics, DecisionRecord, Grant, Json, Logger, ModelNumber, OrchestrateOptions,
  Policy, PolicyBatch, RunId, RunReport, RunRow, StartArguments, Supports, TaskRow, Template, Ticket, Turns, TypedWorkflowSpec, WorkflowHandle,
  WorkflowSpec,
} from '@symphony/interface'
import { nullEvents, nullLog, silentLogger, systemClock, systemTurns } from '@symphony/ports'
import { cacheKey } from './cache-key.ts'
import { TaskAttempts } from './attempts.ts'
import type { ConductorPorts } from './conductor-ports.ts'
import { DecisionRing } from './decision-ring.ts'
import { EndWaiters } from './end-waiters.ts'
import { INLINE_MODEL, READY_BATCH, SLICE_MS, SUBMITTED_MAX, TASKS_PER_CLOCK_READ } from './limits.ts'
import { ModelWarmer } from './model-warmer.ts'
import { policyByName, scoreSafely } from './policies.ts'
import { recallResult } from './result-memory.ts'
import { isStorageFailure } from './storage-failure.ts'
import { TaskPlans } from './task-plans.ts'
import { RunHandle } from './workflow-handle.ts'

/** What a user of the conductor sets. */
export interface ConductorInit {
  /** Order of the READY tasks. Default `critical-path`. */
  readonly policy?: Policy | 'fifo' | 'critical-path' | 'shortest' | 'fair'
}

/** A task that stands in the arbitration engine's line. */
interface Submission {
  readonly ticket: Ticket
  readonly cacheKey: string | undefined
}

const supports: Supports = { sharedRegion: false, replayable: false, multiThreaded: false, features: { policies: true, resultReuse: true } }

/**
 * One loop for all runs: READY tasks are scored by the policy, admitted by the arbitration engine, given a lease, invoked and
 * completed. A step costs no promise beyond the task's own; everything a step changes is one record of the log.
 */
export class LoopConductor implements Conductor {
  readonly [Symbol.toStringTag] = '@symphony/conductor'
  readonly componentName = 'conductor'
  readonly interfaceVersion: string = INTERFACE_VERSION
  readonly supports: Supports = supports

  readonly #ports: ConductorPorts
  readonly #clock: Clock
  readonly #turns: Turns
  readonly #log: CommandLog
  readonly #logger: Logger
  readonly #plans: TaskPlans
  readonly #decisions = new DecisionRing()
  readonly #ready = new Int32Array(READY_BATCH)
  readonly #scores = new Float64Array(READY_BATCH)
  readonly #submissions = new Map<number, Submission>()
  readonly #attempts: TaskAttempts
  /** Models somebody waits for, with their ids. */
  readonly #models = new Map<ModelNumber, string>()
  readonly #warmer: ModelWarmer
  readonly #endWaiters = new EndWaiters()
  readonly #unsubscribe: (() => void)[]
  #policy: Policy
  #isScheduled = false
  #isOpen = true
  #isAccepting = true
  #turnStartedMs = 0
  #cancelWake: (() => void) | undefined
  #lastFailure: string | undefined
  #halted: { readonly error: unknown } | undefined
  #recalled = 0

  constructor(init: ConductorInit, ports: ConductorPorts) {
    this.#ports = ports
    this.#clock = ports.clock ?? systemClock
    this.#turns = ports.turns ?? systemTurns
    this.#log = ports.log ?? nullLog()
    this.#logger = ports.logger ?? silentLogger
    this.#plans = new TaskPlans(ports)
    this.#attempts = new TaskAttempts(ports, {
      clock: this.#clock,
      log: this.#log,
      events: ports.events ?? nullEvents,
      isAccepting: () => this.#isAccepting,
      whenFree: () => this.#schedule(),
      halt: (error) => this.#halt(error),
    })
    this.#warmer = new ModelWarmer(ports.pool, (model, error) => {
      if (!this.#isAccepting) return
      this.#guard(() => {
        if (ports.pool.freeSlots(model) === 0) this.#failWaiting(model, error)
      })
      this.#schedule()
    })
    this.#policy = typeof init.policy === 'object' ? init.policy : policyByName(init.policy ?? 'critical-path')
    this.#unsubscribe = [
      ports.dag.onReady(() => this.#schedule()),
      ports.dag.onRunEnded((run, id) => this.#runEnded(run, id)),
      ports.pool.onSlotFree(() => this.#schedule()),
    ]
  }

  get policy(): Policy {
    return this.#policy
  }

  setPolicy(policy: Policy): void {
    this.#policy = policy
  }

  orchestrate<Input, Output>(workflow: TypedWorkflowSpec<Input, Output>, ...start: StartArguments<Input, OrchestrateOptions>): Promise<WorkflowHandle<Output>>
  orchestrate(workflow: string | WorkflowSpec | Template, input?: Json, options?: OrchestrateOptions): Promise<WorkflowHandle>
  async orchestrate(workflow: string | WorkflowSpec | Template, input?: Json, options: OrchestrateOptions = {}): Promise<WorkflowHandle> {
    if (!this.#isOpen || !this.#isAccepting) {
      const why = this.#halted === undefined ? 'is closing' : `has halted (${this.#lastFailure})`
      throw new SymphonyError({ code: 'CLOSED', component: 'conductor', message: `The conductor ${why} and takes no new runs. Start them on a new runtime.` })
    }
    const { signal, ...start } = options
    signal?.throwIfAborted()
    const { dag } = this.#ports
    const template = typeof workflow === 'string' ? dag.template(workflow) : 'spec' in workflow ? workflow : dag.defineWorkflow(workflow)
    if (template !== undefined) this.#plans.checkModels(template)
    const id = dag.startWorkflow(template ?? (workflow as string), { ...start, ...(input === undefined ? {} : { input }) })
    const cancel = (): void => {
      if (this.#isOpen && this.#halted === undefined) this.#guard(() => dag.cancelWorkflow(id, String(signal?.reason ?? 'aborted')))
    }
    signal?.addEventListener('abort', cancel, { once: true })
    const forget = (): void => signal?.removeEventListener('abort', cancel)
    if (signal !== undefined) this.#whenEnded(id).then(forget, forget)
    this.#schedule()
    return this.handle(id)
  }

  handle(id: string): WorkflowHandle {
    this.#ports.dag.runRow(id)
    return new RunHandle(id as RunId, this.#ports, this.#log, (run) => this.#whenEnded(run))
  }

  decisions(limit = 100): readonly DecisionRecord[] {
    return this.#decisions.newest(limit)
  }

  metrics(): ConductorMetrics {
    return { decisions: this.#decisions.count, invoked: this.#attempts.begun, recalled: this.#recalled, retried: this.#attempts.retried, inFlight: this.#attempts.running }
  }

  health(): ComponentHealth {
    const status = !this.#isOpen ? 'closed' : this.#lastFailure === undefined ? 'healthy' : 'degraded'
    return { component: 'conductor', status, reasons: this.#lastFailure === undefined ? [] : [this.#lastFailure] }
  }

  afterStart(): void {
    this.#schedule()
  }

  /** Takes nothing new and aborts what runs; it stays open in the log and is taken up again by the next process. */
  async beforeStop(): Promise<void> {
    this.#isAccepting = false
    this.#cancelWake?.()
    const reason = new SymphonyError({ code: 'CLOSED', component: 'conductor', message: 'The runtime is closing; the task goes on when it is opened again.' })
    this.#attempts.abort(reason)
  }

  async close(): Promise<void> {
    await this.beforeStop()
    this.#isOpen = false
    const closed = new SymphonyError({ code: 'CLOSED', component: 'conductor', message: 'The runtime was closed before the run ended. Open it again and the run goes on.' })
    this.#endWaiters.rejectAll(closed)
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
  }

  // ---- the loop

  #schedule(): void {
    if (this.#isScheduled || !this.#isAccepting) return
    this.#isScheduled = true
    // A microtask is next to free, but a chain of them starves timers and sockets: after a slice the next step takes a turn.
    if (this.#clock.monotonicMs() - this.#turnStartedMs < SLICE_MS) queueMicrotask(() => this.#pump())
    else this.#turns.later(() => {
      this.#turnStartedMs = this.#clock.monotonicMs()
      this.#pump()
    })
  }

  #pump(): void {
    try {
      let isBusy = this.#isAccepting
      while (isBusy) {
        isBusy = this.#submitReady() + this.#grantAll() > 0
        if (isBusy && this.#clock.monotonicMs() - this.#turnStartedMs >= SLICE_MS) break
      }
      this.#isScheduled = false
      if (isBusy) this.#schedule()
      this.#armWake()
    } catch (error) {
      this.#isScheduled = false
      this.#halt(error)
    }
  }

  /**
   * Stops everything, at once: the log or the disk refused a change, or the loop itself is broken. Whoever waits for a run is told;
   * what was acknowledged is safe, and the next process goes on from there.
   */
  #halt(error: unknown): void {
    if (this.#halted !== undefined) return
    this.#halted = { error }
    this.#isAccepting = false
    this.#lastFailure = `halted: ${error instanceof Error ? error.message : String(error)}`
    this.#logger.error('the conductor halted', { error: String(error), stack: error instanceof Error ? error.stack : undefined })
    this.#endWaiters.rejectAll(error)
    this.#attempts.abort(new SymphonyError({ code: 'CLOSED', component: 'conductor', message: 'The conductor halted after a failure of the log or the disk.', cause: error }))
  }

  /** READY tasks: what is remembered is completed at once, the rest gets a score and stands in line. */
  #submitReady(): number {
    if (this.#submissions.size >= SUBMITTED_MAX) return 0
    const { dag } = this.#ports
    const count = dag.takeReady(this.#ready)
    if (count === 0) return 0
    const batch: PolicyBatch = { count, tasks: this.#ready, scores: this.#scores, columns: dag.columns, nowMs: this.#clock.nowMs() }
    scoreSafely(this.#policy, batch, (error) => {
      this.#lastFailure = `policy "${this.#policy.name}" threw: ${String(error)}`
      this.#logger.warn('the policy threw; this batch goes first come, first served', { policy: this.#policy.name, error: String(error) })
    })
    for (let index = 0; index < count; index++) {
      const task = this.#ready[index] as TaskRow
      try {
        const key = this.#cacheKeyOf(task)
        if (key !== undefined && this.#completeFromMemory(task, key)) continue
        this.#submit(task, key, this.#scores[index] as number)
        this.#decisions.record(task, this.#policy.name, this.#scores[index] as number, count, batch.nowMs)
      } catch (error) {
        this.#refuse(task, error)
      }
    }
    return count
  }

  #cacheKeyOf(task: TaskRow): string | undefined {
    const { dag } = this.#ports
    const plan = this.#plans.of(dag.columns.taskType[task] as number)
    if (!plan.isCached) return undefined
    const view = dag.task(task)
    const runInput = plan.type.cache === 'without-run-input' ? null : dag.runInput(view.run)
    return cacheKey(view.workflow, plan.type, plan.modelVersion, view.params, runInput, dag.needs(task))
  }

  #completeFromMemory(task: TaskRow, key: string): boolean {
    try {
      const result = recallResult(this.#ports.artifacts, key)
      if (result === undefined) return false
      this.#ports.dag.completeTask(task, result)
      this.#recalled++
      return true
    } catch (error) {
      if (isStorageFailure(error)) throw error
      // What was remembered no longer fits, e.g. it added tasks of a type that is gone: computed anew, it will.
      this.#logger.warn('a remembered result could not be used; the task runs', { error: String(error) })
      return false
    }
  }

  /** One task that cannot go on must not hold up the others: it fails, with the reason. */
  #refuse(task: TaskRow, error: unknown): void {
    if (isStorageFailure(error)) throw error
    const { dag } = this.#ports
    dag.failTask(task, toErrorData(error, 'conductor', 'REQUEST_REFUSED'), { token: dag.beginTask(task) })
  }

  #submit(task: TaskRow, key: string | undefined, score: number): void {
    const { dag, arbitration } = this.#ports
    const { columns } = dag
    const run = columns.taskRun[task] as RunRow
    const plan = this.#plans.of(columns.taskType[task] as number)
    try {
      const ticket = arbitration.submit({
        model: plan.model,
        tenant: dag.tenantName(columns.runTenant[run] as number),
        priority: (columns.runPriority[run] as number) + (plan.type.priority ?? 0),
        score,
        costUsd: plan.type.costUsd ?? 0,
        memoryBytes: plan.type.memoryBytes ?? 0,
        tag: task,
      })
      this.#submissions.set(task, { ticket, cacheKey: key })
      this.#models.set(plan.model, plan.type.model ?? INLINE_MODEL)
    } catch (error) {
      if (isSymphonyError(error, 'CAPACITY_EXCEEDED')) return dag.returnReady(task)
      throw error
    }
  }

  #grantAll(): number {
    let granted = 0
    for (const model of this.#models.keys()) {
      granted += this.#grantModel(model)
      if (this.#ports.arbitration.waiting(model) > 0) continue
      this.#models.delete(model)
      this.#warmer.withdraw(model)
    }
    return granted
  }

  #grantModel(model: ModelNumber): number {
    const { arbitration, pool } = this.#ports
    for (let granted = 0; ; ) {
      if (arbitration.waiting(model) === 0 || !this.#isAccepting) return granted
      if (pool.freeSlots(model) === 0) {
        this.#warmer.warm(model, this.#models.get(model) as string, arbitration.waiting(model))
        return granted
      }
      const grant = arbitration.next(model)
      if (grant === undefined) return granted
      this.#begin(grant)
      if (++granted % TASKS_PER_CLOCK_READ === 0 && this.#clock.monotonicMs() - this.#turnStartedMs >= SLICE_MS) return granted
    }
  }

  /** Runs what a timer or a promise brings; a refusal of the log or the disk there halts, as anywhere. */
  #guard(run: () => void): void {
    try {
      run()
    } catch (error) {
      this.#halt(error)
    }
  }

  #failWaiting(model: ModelNumber, error: unknown): void {
    const { arbitration, dag } = this.#ports
    for (let grant = arbitration.next(model); grant !== undefined; grant = arbitration.next(model)) {
      const task = grant.tag as TaskRow
      this.#submissions.delete(task)
      arbitration.settle(grant, { outcome: 'failed' })
      if (dag.columns.taskState[task] !== TASK_STATES.READY) continue
      const token = dag.beginTask(task)
      this.#attempts.failTask(task, dag.task(task).attempt, this.#plans.of(dag.columns.taskType[task] as number).type.retry, error, token)
    }
  }

  #begin(grant: Grant): void {
    const { arbitration, dag, pool } = this.#ports
    const task = grant.tag as TaskRow
    const submission = this.#submissions.get(task)
    this.#submissions.delete(task)
    const { taskState, taskRun, runState } = dag.columns
    const mayBegin = taskState[task] === TASK_STATES.READY && runState[taskRun[task] as number] === RUN_STATES.RUNNING
    const lease = mayBegin ? pool.tryAllocateModel(grant.model) : undefined
    if (lease !== undefined) {
      const plan = this.#plans.of(dag.columns.taskType[task] as number)
      return this.#attempts.begin(grant, lease, plan, submission?.cacheKey, this.#submissions.size)
    }
    // Cancelled or paused meanwhile, or another thread was faster to the slot.
    arbitration.settle(grant, { outcome: 'cancelled' })
    if (dag.columns.taskState[task] === TASK_STATES.READY) dag.returnReady(task)
  }

  // ---- runs

  #runEnded(run: RunRow, id: RunId): void {
    const { columns } = this.#ports.dag
    if (columns.runState[run] === RUN_STATES.CANCELLED) this.#abandon(run, id)
    if (this.#endWaiters.has(id)) this.#endWaiters.ended(id, this.#ports.dag.getWorkflowState(id))
  }

  /** Takes a cancelled run's tasks out of the line and stops those that run. */
  #abandon(run: RunRow, id: RunId): void {
    const { dag, arbitration } = this.#ports
    for (const [task, submission] of this.#submissions) {
      if (dag.columns.taskRun[task] !== run) continue
      arbitration.withdraw(submission.ticket)
      this.#submissions.delete(task)
    }
    const reason = new SymphonyError({ code: 'RUN_CANCELLED', component: 'conductor', message: `Run "${id}" was cancelled.` })
    this.#attempts.abort(reason, run)
  }

  #whenEnded(id: RunId): Promise<RunReport> {
    if (this.#endWaiters.has(id)) return this.#endWaiters.wait(id)
    const report = this.#ports.dag.getWorkflowState(id)
    if (report.endedAtMs !== undefined) return Promise.resolve(report)
    if (this.#halted !== undefined) return Promise.reject(this.#halted.error)
    return this.#endWaiters.wait(id)
  }

  /** One timer for whatever time alone will change: a retry that comes due, a budget that is full again. */
  #armWake(): void {
    this.#cancelWake?.()
    this.#cancelWake = undefined
    const { dag, arbitration } = this.#ports
    const dueMs = dag.nextDueMs()
    const changeMs = this.#submissions.size === 0 ? undefined : arbitration.nextChangeMs()
    if ((dueMs === undefined && changeMs === undefined) || !this.#isAccepting) return
    const untilDueMs = dueMs === undefined ? Infinity : dueMs - this.#clock.nowMs()
    const untilChangeMs = changeMs === undefined ? Infinity : changeMs - this.#clock.monotonicMs()
    this.#cancelWake = this.#clock.schedule(Math.max(0, Math.min(untilDueMs, untilChangeMs)), () => {
      this.#guard(() => dag.wakeDue(this.#clock.nowMs()))
      this.#schedule()
    })
  }
}
