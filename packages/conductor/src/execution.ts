import { assert, SymphonyError } from '@symphony/interface'
import type {
  DynamicRange, DynamicTask, Expansion, FencingToken, Grant, InvokeContext, Json, Lease, RunId, RunRow, TaskContext, TaskInputs, TaskRow, TaskView,
} from '@symphony/interface'
import type { ConductorPorts } from './conductor-ports.ts'
import { isStorageFailure } from './storage-failure.ts'
import { NeedInputs } from './task-inputs.ts'
import type { TaskPlan } from './task-plans.ts'

/**
 * One attempt at one task: what its function sees, and what the loop needs to end it. What most tasks never ask for (a signal,
 * the inputs) is made when asked for.
 */
export class Execution implements TaskContext, InvokeContext {
  readonly row: TaskRow
  readonly run: RunRow
  readonly plan: TaskPlan
  readonly runId: RunId
  readonly taskId: string
  readonly params: Json
  readonly attempt: number
  readonly startedAtMs: number
  /** Under which the result is remembered, if it is to be. */
  readonly cacheKey: string | undefined
  token: FencingToken | undefined
  grant: Grant | undefined
  lease: Lease | undefined
  cancelTimeout: (() => void) | undefined
  /** True while a model works on it. */
  isInvoking = false
  /** What the disk answered when the task stored something, if it refused. */
  storageFailure: SymphonyError | undefined
  readonly #ports: ConductorPorts
  #controller: AbortController | undefined
  #inputs: TaskInputs | undefined
  #added: { readonly tasks: readonly DynamicTask[]; readonly ranges: readonly DynamicRange[] } | undefined
  #abortReason: unknown
  #isAborted = false

  constructor(view: TaskView, plan: TaskPlan, cacheKey: string | undefined, startedAtMs: number, ports: ConductorPorts) {
    this.row = view.row
    this.run = view.run
    this.plan = plan
    this.runId = view.runId
    this.taskId = view.id
    this.params = view.params
    this.attempt = view.attempt
    this.cacheKey = cacheKey
    this.startedAtMs = startedAtMs
    this.#ports = ports
  }

  get runInput(): Json {
    if (this.plan.type.cache === 'without-run-input') {
      throw new SymphonyError({
        code: 'NOT_SUPPORTED',
        component: 'conductor',
        message: `Task type "${this.plan.type.name}" is remembered without the run's input, so it may not read it. Pass what it needs in params, or set cache: true.`,
      })
    }
    return this.#ports.dag.runInput(this.run)
  }

  get idempotencyKey(): string {
    return `${this.runId}/${this.taskId}`
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#isAborted) this.#controller.abort(this.#abortReason)
    }
    return this.#controller.signal
  }

  get inputs(): TaskInputs {
    this.#inputs ??= new NeedInputs(this.#ports.dag.needs(this.row), this.#ports.artifacts)
    return this.#inputs
  }

  /** What the task asked to add to its run, if anything. */
  get expansion(): Expansion | undefined {
    const added = this.#added
    return added === undefined ? undefined : added.ranges.length === 0 ? { tasks: added.tasks } : added
  }

  get isAborted(): boolean {
    return this.#isAborted
  }

  // Functions of the context are made when they are asked for: so they can be taken apart (`({ expand }) => …`), and cost nothing
  // to those who do not.

  get read(): TaskContext['read'] {
    return (ref) => this.#ports.artifacts.get(ref)
  }

  get readJson(): TaskContext['readJson'] {
    return (ref) => this.#ports.artifacts.getJson(ref)
  }

  get store(): TaskContext['store'] {
    return (content, mediaType) => {
      const init = { madeBy: this.plan.type.name, text: false, ...(mediaType === undefined ? {} : { mediaType }) } as const
      try {
        if (content instanceof Uint8Array || typeof content === 'string') return this.#ports.artifacts.put(content, init)
        return this.#ports.artifacts.putJson(content, init)
      } catch (error) {
        if (isStorageFailure(error)) this.storageFailure = error
        throw error
      }
    }
  }

  get expand(): TaskContext['expand'] {
    return ({ tasks, ranges = [] }) => {
      const { tasks: former = [], ranges: formerRanges = [] } = this.#added ?? {}
      this.#added = { tasks: former.concat(tasks), ranges: formerRanges.concat(ranges) }
    }
  }

  get progress(): TaskContext['progress'] {
    return (fraction) => this.#ports.dag.progressTask(this.row, fraction)
  }

  abort(reason: unknown): void {
    if (this.#isAborted) return
    this.#isAborted = true
    this.#abortReason = reason
    this.#controller?.abort(reason)
  }

  /** Gives back what the attempt held. The lease may only go once nothing runs on it any more. */
  releaseLease(): void {
    assert(this.lease !== undefined, 'an execution has a lease until it is released')
    this.cancelTimeout?.()
    this.lease.release()
    this.lease = undefined
  }
}

/** What the model behind plain functions does with its input: runs the task's own function. */
export function invokeInline(execution: unknown): unknown {
  assert(execution instanceof Execution, 'the inline model is invoked by the conductor only')
  return execution.plan.type.run?.(execution)
}
