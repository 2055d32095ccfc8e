import { RUN_STATES, SymphonyError, TASK_STATES } from '@symphony/interface'
import type { ArtifactRef, Json, RunId, RunReport, TaskRow } from '@symphony/interface'
import { checkedAtOnce } from './check-output.ts'
import type { ConductorPorts } from './conductor-ports.ts'
import type { Execution } from './execution.ts'
import type { TaskFailures } from './task-failures.ts'
import { isNoFaultOfTask } from './storage-failure.ts'
import type { TaskPlan } from './task-plans.ts'

type Dag = Pick<
  ConductorPorts['dag'],
  'awaitChild' | 'columns' | 'completeTask' | 'getWorkflowState' | 'orphanedWaits' | 'parentOf' | 'runTemplate' | 'runRow' | 'startWorkflow' | 'task' | 'tenantName'
>

/**
 * Tasks that are runs of another workflow: started with the task as their parent, and its outcome when they end. Between the two the
 * task waits and holds nothing. What a crash cuts in half is found and finished when the process opens again.
 */
export class ChildRuns {
  readonly #dag: Dag
  readonly #artifacts: ConductorPorts['artifacts']
  readonly #failures: TaskFailures

  constructor(dag: Dag, artifacts: ConductorPorts['artifacts'], failures: TaskFailures) {
    this.#dag = dag
    this.#artifacts = artifacts
    this.#failures = failures
  }

  /** Starts the run a READY task is, and lets the task wait for it. The input may come by a promise; `failed` hears what goes wrong. */
  start(task: TaskRow, plan: TaskPlan, context: Execution, failed: (error: unknown) => void): void {
    const { columns } = this.#dag
    const { run } = context
    const begin = (input: unknown): void => {
      // Cancelled or set back while its input was made, or even forgotten.
      if (!context.isCurrent || columns.taskState[task] !== TASK_STATES.READY || (columns.runState[run] as number) >= RUN_STATES.SUCCEEDED) return
      // Two records, as an input may be larger than one. After a crash between them the task finds the run that was started.
      this.#dag.startWorkflow(plan.type.workflow as string, {
        parent: task,
        input: (input ?? null) as Json,
        tenant: this.#dag.tenantName(columns.runTenant[run] as number),
        priority: (columns.runPriority[run] as number) + (plan.type.priority ?? 0),
      })
      this.#dag.awaitChild(task)
    }
    const input = plan.type.input === undefined ? { params: context.params, inputs: Object.fromEntries(context.inputs.entries()) } : plan.type.input(context)
    if (typeof (input as PromiseLike<unknown> | undefined)?.then !== 'function') return begin(input)
    ;(input as PromiseLike<unknown>).then(begin).then(undefined, failed)
  }

  /** Ends the task a run was started for, as the run has ended. */
  runEnded(id: RunId): void {
    const parent = this.#dag.parentOf(id)
    if (parent?.row !== undefined) this.#finish(parent.row, this.#dag.getWorkflowState(id))
  }

  /** Finishes what the last process left between a run's end and its task's. */
  recovered(): void {
    for (const { task, child } of this.#dag.orphanedWaits()) {
      if (child !== undefined) this.#finish(task, this.#dag.getWorkflowState(child))
      else this.#fail(task, new SymphonyError({ code: 'RUN_UNKNOWN', component: 'conductor', message: 'The run this task waited for was forgotten before it could tell how it ended.', retryable: true }))
    }
  }

  #finish(task: TaskRow, report: RunReport): void {
    if (report.state === 'succeeded') return this.#succeed(task, report)
    const [first] = report.failures
    const isCancelled = report.state === 'cancelled'
    this.#fail(task, new SymphonyError({
      code: isCancelled ? 'RUN_CANCELLED' : 'WORKFLOW_FAILED',
      component: 'conductor',
      message: isCancelled ? `Run "${report.id}" was cancelled: ${report.reason ?? 'no reason given'}.` : `Run "${report.id}" failed at "${first?.task}": ${first?.error.message ?? 'no reason given'}`,
      details: { run: report.id },
      // Another attempt is another run of it, and what failed there may work here.
      retryable: !isCancelled,
    }))
  }

  /** What the run left may be spoilt on the disk: then the task that should take it has failed, and nobody else. */
  #succeed(task: TaskRow, report: RunReport): void {
    const { type } = this.#failures.planOf(task)
    try {
      const output = this.#outputOf(report)
      if (type.outputSchema === undefined) return void this.#dag.completeTask(task, output === undefined ? {} : { output })
      const value = output === undefined ? undefined : this.#artifacts.getValue(output)
      const checked = checkedAtOnce(type.outputSchema, this.#dag.task(task).id, value)
      const kept = checked === undefined ? undefined : checked instanceof Uint8Array ? this.#artifacts.put(checked) : this.#artifacts.putJson(checked as Json, { madeBy: type.name, text: false })
      this.#dag.completeTask(task, kept === undefined ? {} : { output: kept })
    } catch (error) {
      if (isNoFaultOfTask(error)) throw error
      this.#fail(task, error)
    }
  }

  #fail(task: TaskRow, error: unknown): void {
    this.#failures.end(task, this.#dag.task(task).attempt, this.#failures.planOf(task), error, undefined)
  }

  /** The output the workflow names as it is; otherwise an object of what its last tasks left. */
  #outputOf(report: RunReport): ArtifactRef | undefined {
    const { output } = this.#dag.runTemplate(this.#dag.runRow(report.id)).spec
    if (output !== undefined) return report.outputs[output]
    const values = Object.entries(report.outputs).map(([task, ref]) => [task, this.#artifacts.getValue(ref)])
    return values.length === 0 ? undefined : this.#artifacts.putJson(Object.fromEntries(values) as Json, { madeBy: report.workflow, text: false })
  }
}
