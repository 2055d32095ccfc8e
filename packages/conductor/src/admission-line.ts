import { isSymphonyError, RUN_STATES, SymphonyError, TASK_STATES } from '@symphony/interface'
import type { Clock, Grant, ModelNumber, RunId, RunRow, TaskRow, Ticket } from '@symphony/interface'
import type { TaskAttempts } from './attempts.ts'
import type { ConcurrencyGates } from './concurrency-gates.ts'
import type { ConductorPorts } from './conductor-ports.ts'
import { INLINE_MODEL, SLICE_MS, TASKS_PER_CLOCK_READ } from './limits.ts'
import { ModelWarmer } from './model-warmer.ts'
import { giveBack, isPanic } from './storage-failure.ts'
import type { TaskFailures } from './task-failures.ts'

/** A task that stands in the arbitration engine's line. */
interface Submission {
  readonly ticket: Ticket
  readonly cacheKey: string | undefined
}

/** What the line needs of the loop. */
export interface LineSurroundings {
  readonly clock: Clock
  readonly attempts: TaskAttempts
  readonly failures: TaskFailures
  readonly gates: ConcurrencyGates
  mayBegin(): boolean
  schedule(): void
  /** Makes a change that a refusal of the log or the disk halts. */
  guard(run: () => void): void
}

/** Tasks that wait for their turn at a model: in the arbitration engine's line until it grants them, then on a lease. */
export class AdmissionLine {
  readonly #ports: ConductorPorts
  readonly #surroundings: LineSurroundings
  readonly #submissions = new Map<number, Submission>()
  /** Models somebody waits for, with their ids. */
  readonly #models = new Map<ModelNumber, string>()
  readonly #warmer: ModelWarmer

  constructor(ports: ConductorPorts, surroundings: LineSurroundings) {
    this.#ports = ports
    this.#surroundings = surroundings
    this.#warmer = new ModelWarmer(ports.pool, (model, error) => {
      if (!surroundings.mayBegin()) return
      surroundings.guard(() => {
        if (ports.pool.freeSlots(model) === 0) this.#failWaiting(model, error)
      })
      surroundings.schedule()
    })
  }

  /** Tasks that stand in line. */
  get size(): number {
    return this.#submissions.size
  }

  submit(task: TaskRow, key: string | undefined, score: number): void {
    const { dag, arbitration } = this.#ports
    const { columns } = dag
    const run = columns.taskRun[task] as RunRow
    const plan = this.#surroundings.failures.planOf(task)
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
      // It is taken up when there is room again, or the engine works again.
      if (isSymphonyError(error, 'CAPACITY_EXCEEDED') || isPanic(error)) return dag.returnReady(task)
      throw error
    }
  }

  /** Begins whatever fits now. @param turnStartedMs when this turn of the event loop began */
  grantAll(turnStartedMs: number): number {
    if (this.#models.size === 0) return 0
    let granted = 0
    for (const model of this.#models.keys()) {
      granted += this.#grantModel(model, turnStartedMs)
      if (this.#ports.arbitration.waiting(model) > 0) continue
      this.#models.delete(model)
      this.#warmer.withdraw(model)
    }
    return granted
  }

  /** Takes everybody out of the line: the tracker was restored, and hands them out anew. */
  clear(): void {
    for (const { ticket } of this.#submissions.values()) giveBack(() => this.#ports.arbitration.withdraw(ticket))
    this.#leave()
  }

  /** Gives everybody who stood in line back to the tracker: the engine was restored, and knows of none of them. */
  handBack(): void {
    for (const task of this.#submissions.keys()) this.#ports.dag.returnReady(task as TaskRow)
    this.#leave()
  }

  #leave(): void {
    this.#submissions.clear()
    for (const model of this.#models.keys()) this.#warmer.withdraw(model)
    this.#models.clear()
  }

  #grantModel(model: ModelNumber, turnStartedMs: number): number {
    const { arbitration, pool } = this.#ports
    for (let granted = 0; ; ) {
      if (arbitration.waiting(model) === 0 || !this.#surroundings.mayBegin()) return granted
      if (pool.freeSlots(model) === 0) {
        this.#warmer.warm(model, this.#models.get(model) as string, arbitration.waiting(model))
        return granted
      }
      const grant = arbitration.next(model)
      if (grant === undefined) return granted
      this.#begin(grant)
      if (++granted % TASKS_PER_CLOCK_READ === 0 && this.#surroundings.clock.monotonicMs() - turnStartedMs >= SLICE_MS) return granted
    }
  }

  #failWaiting(model: ModelNumber, error: unknown): void {
    const { arbitration, dag } = this.#ports
    for (let grant = arbitration.next(model); grant !== undefined; grant = arbitration.next(model)) {
      const task = grant.tag as TaskRow
      this.#submissions.delete(task)
      giveBack(() => arbitration.settle(grant, { outcome: 'failed' }))
      if (dag.columns.taskState[task] !== TASK_STATES.READY) continue
      const token = dag.beginTask(task)
      this.#surroundings.gates.ended(task)
      this.#surroundings.failures.end(task, dag.task(task).attempt, this.#surroundings.failures.planOf(task), error, token)
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
      const plan = this.#surroundings.failures.planOf(task)
      return this.#surroundings.attempts.begin(grant, lease, plan, submission?.cacheKey, this.#submissions.size)
    }
    // Cancelled or paused meanwhile, or another thread was faster to the slot.
    giveBack(() => arbitration.settle(grant, { outcome: 'cancelled' }))
    if (dag.columns.taskState[task] === TASK_STATES.READY) dag.returnReady(task)
  }

  /** Takes a cancelled run's tasks out of the line and stops those that run. */
  abandon(run: RunRow, id: RunId): void {
    const { dag, arbitration } = this.#ports
    for (const [task, submission] of this.#submissions) {
      if (dag.columns.taskRun[task] !== run) continue
      giveBack(() => arbitration.withdraw(submission.ticket))
      this.#submissions.delete(task)
    }
    const reason = new SymphonyError({ code: 'RUN_CANCELLED', component: 'conductor', message: `Run "${id}" was cancelled.` })
    this.#surroundings.attempts.abort(reason, run)
  }
}
