import { toErrorData } from '@symphony/interface'
import type { Clock, FencingToken, Random, RunId, RunRow, TaskRow, Template } from '@symphony/interface'
import type { ConductorPorts } from './conductor-ports.ts'
import { retryDelayMs } from './retry.ts'
import type { TaskPlan, TaskPlans } from './task-plans.ts'

/** Whether there is a wait is asked, not how long it is. */
const NO_JITTER: Random = { next: () => 0 }

/**
 * What becomes of a task whose attempt failed: another attempt after a wait, another way, a default in its place, or a failure.
 * Which tasks are on their other way is not written down: their last failure tells, which no retry would follow.
 */
export class TaskFailures {
  readonly #ports: Pick<ConductorPorts, 'dag' | 'artifacts'>
  readonly #plans: TaskPlans
  readonly #clock: Clock
  readonly #random: Random
  /** Tasks on their other way, with the run each belongs to. */
  readonly #otherWay = new Map<TaskRow, RunRow>()
  /** Retries by run, of runs that limit them. */
  readonly #retries = new Map<RunRow, number>()
  #retried = 0

  constructor(ports: Pick<ConductorPorts, 'dag' | 'artifacts'>, plans: TaskPlans, clock: Clock, random: Random) {
    this.#ports = ports
    this.#plans = plans
    this.#clock = clock
    this.#random = random
  }

  get retried(): number {
    return this.#retried
  }

  /** Of an open run out of the log: how many retries it has had, and which tasks were on their other way, as far as its functions are known. */
  recovered(id: RunId, { spec }: Template): void {
    if (spec.retriesMax !== undefined) this.#retries.set(this.#ports.dag.runRow(id), this.#retriesOf(id))
    if (![...spec.tasks, ...(spec.types ?? [])].some(({ fallback }) => fallback !== undefined)) return
    const { dag } = this.#ports
    for (const { id: name, state, attempt, error } of dag.tasks(id)) {
      if (error === undefined || (state !== 'ready' && state !== 'waiting')) continue
      const task = dag.taskRow(id, name)
      const { fallback, retry } = dag.taskType(dag.columns.taskType[task] as number)
      if (fallback !== undefined && retryDelayMs(retry, attempt, error, NO_JITTER) === undefined) this.#otherWay.set(task, dag.runRow(id))
    }
  }

  /** The plan a task is run by now. */
  planOf(task: TaskRow): TaskPlan {
    const type = this.#ports.dag.columns.taskType[task] as number
    if (this.#otherWay.size > 0 && this.#otherWay.has(task)) return this.#plans.fallbackOf(type)
    return this.#plans.of(type)
  }

  /** Ends an attempt that failed, for now or for good. To be called inside of one change of the log. */
  end(task: TaskRow, attempt: number, plan: TaskPlan, error: unknown, token: FencingToken | undefined): void {
    const { dag, artifacts } = this.#ports
    const data = toErrorData(error, 'task', 'TASK_FAILED')
    const held = token === undefined ? {} : { token }
    const run = dag.columns.taskRun[task] as RunRow
    const delayMs = plan.isFallback ? undefined : retryDelayMs(plan.type.retry, attempt, data, this.#random)
    if (delayMs !== undefined && this.#mayRetry(run)) {
      this.#retried++
      dag.failTask(task, data, { ...held, retryAtMs: this.#clock.nowMs() + delayMs })
      return
    }
    if (plan.type.fallback !== undefined && !plan.isFallback) {
      if (dag.failTask(task, data, { ...held, retryAtMs: this.#clock.nowMs() })) this.#otherWay.set(task, run)
      return
    }
    this.#otherWay.delete(task)
    if (plan.type.default !== undefined) {
      const output = artifacts.putJson(plan.type.default, { madeBy: plan.type.name, text: false })
      dag.completeTask(task, { output, defaulted: true }, token)
      return
    }
    dag.failTask(task, data, held)
  }

  /** Ends an attempt that came upon a neighbour which had failed inside: no fault of its own, so it is made again at once. */
  again(task: TaskRow, error: unknown, token: FencingToken): void {
    this.#ports.dag.failTask(task, toErrorData(error, 'task', 'BACKEND_PANIC'), { token, retryAtMs: this.#clock.nowMs() })
  }

  succeeded(task: TaskRow): void {
    if (this.#otherWay.size > 0) this.#otherWay.delete(task)
  }

  runEnded(run: RunRow): void {
    if (this.#retries.size > 0) this.#retries.delete(run)
    if (this.#otherWay.size === 0) return
    for (const [task, of] of this.#otherWay) if (of === run) this.#otherWay.delete(task)
  }

  /** A task that has not ended will try again after each attempt it has had. Another way it was sent on counts as one, too. */
  #retriesOf(id: RunId): number {
    let retries = 0
    for (const { state, attempt } of this.#ports.dag.tasks(id)) retries += state === 'ready' || state === 'waiting' ? attempt : Math.max(0, attempt - 1)
    return retries
  }

  #mayRetry(run: RunRow): boolean {
    const { dag } = this.#ports
    const { retriesMax } = dag.runTemplate(run).spec
    if (retriesMax === undefined) return true
    const used = this.#retries.get(run) ?? 0
    if (used >= retriesMax) return false
    this.#retries.set(run, used + 1)
    return true
  }
}
