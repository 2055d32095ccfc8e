import { assert, SymphonyError } from '@symphony/interface'
import type {
  Clock, DynamicRange, DynamicTask, Expansion, FencingToken, Grant, InvokeContext, Json, Lease, RunId, RunRow, TaskContext, TaskInputs, TaskRow, TaskView,
} from '@symphony/interface'
import type { ConductorPorts } from './conductor-ports.ts'
import { isItem } from './item-lists.ts'
import type { ItemLists } from './item-lists.ts'
import { isStorageFailure } from './storage-failure.ts'
import { StoredContent } from './store-output.ts'
import { NeedInputs } from './task-inputs.ts'
import type { TaskPlan } from './task-plans.ts'

/** What all attempts share. */
export interface ExecutionHost {
  readonly ports: ConductorPorts
  readonly clock: Clock
  readonly lists: ItemLists
}

/**
 * One attempt at one task: what its function sees, and what the loop needs to end it. What most tasks never ask for (a signal,
 * the inputs) is made when asked for.
 */
export class Execution implements TaskContext, InvokeContext {
  readonly row: TaskRow
  readonly run: RunRow
  readonly plan: TaskPlan
  readonly startedAtMs: number
  /** Under which the result is remembered, if it is to be. */
  readonly cacheKey: string | undefined
  /** Another one after the tracker was restored: it is the same attempt. */
  token: FencingToken
  /** Of an attempt that was admitted in a batch and runs on a slot of this thread; the slot is -1 for one that has a lease. */
  ticket = 0
  slot = -1
  word = 0
  /** Of an attempt that stood in line. */
  grant: Grant | undefined
  lease: Lease | undefined
  cancelTimeout: (() => void) | undefined
  /** Number of the attempt, as the tracker counted when it began. */
  begunAs = 0
  /** Its place among the executions that run; -1 once it has ended. */
  place = -1
  /** When it last told that it is alive, in the clock's `monotonicMs`. */
  progressedAtMs = 0
  /** True while a model works on it. */
  isInvoking = false
  /** It has had another token since it began, and was not called yet. */
  isRenewed = false
  /** Admission has been settled. */
  isSettled = false
  /** What it came to is written down, but the engine failed inside when it was to be settled. */
  isHalfWritten = false
  /** What the disk answered when the task stored something, if it refused. */
  storageFailure: SymphonyError | undefined
  readonly #host: ExecutionHost
  #view: TaskView | undefined
  #controller: AbortController | undefined
  #inputs: TaskInputs | undefined
  #added: { readonly tasks: readonly DynamicTask[]; readonly ranges: readonly DynamicRange[] } | undefined
  #routes: string[] | undefined
  #abortReason: unknown
  #isAborted = false
  /** The run it may be asked about, of one that has no attempt whose end would tell. */
  #boundTo: RunId | undefined

  constructor(row: TaskRow, run: RunRow, plan: TaskPlan, cacheKey: string | undefined, token: FencingToken, startedAtMs: number, host: ExecutionHost) {
    this.row = row
    this.run = run
    this.plan = plan
    this.cacheKey = cacheKey
    this.token = token
    this.startedAtMs = startedAtMs
    this.#host = host
  }

  /** Lets it be asked as long as its run is the same: rows are used again. */
  bind(): this {
    this.place = 0
    this.#boundTo = this.#host.ports.dag.runId(this.run)
    return this
  }

  get isCurrent(): boolean {
    return this.place >= 0 && (this.#boundTo === undefined || this.#host.ports.dag.findRun(this.#boundTo) === this.run)
  }

  get runId(): RunId {
    return this.view.runId
  }

  get taskId(): string {
    return this.view.id
  }

  get params(): Json {
    const { params } = this.view
    return isItem(params) ? params.of.params : params
  }

  get item(): unknown {
    const { params } = this.view
    return isItem(params) ? this.#host.lists.itemOf(params) : undefined
  }

  get index(): number | undefined {
    const { params } = this.view
    return isItem(params) ? params.index : undefined
  }

  get attempt(): number {
    return this.view.attempt
  }

  /** Names and params are looked up when somebody asks. Whoever asks for the first time after the end gets no answer: the row may be another task's. */
  get view(): TaskView {
    if (this.#view === undefined) {
      this.#assertCurrent()
      this.#view = this.#host.ports.dag.task(this.row)
    }
    return this.#view
  }

  get runInput(): Json {
    if (this.plan.type.cache === 'without-run-input') {
      throw new SymphonyError({
        code: 'NOT_SUPPORTED',
        component: 'conductor',
        message: `Task type "${this.plan.type.name}" is remembered without the run's input, so it may not read it. Pass what it needs in params, or set cache: true.`,
      })
    }
    this.#assertCurrent()
    return this.#host.ports.dag.runInput(this.run)
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

  get deadlineMs(): number | undefined {
    const { dag } = this.#host.ports
    const { timeoutMs } = this.plan.type
    const nowMs = this.#host.clock.nowMs()
    const attemptMs = timeoutMs === undefined ? Infinity : nowMs + timeoutMs - (this.#host.clock.monotonicMs() - this.startedAtMs)
    const limitMs = !this.isCurrent ? undefined : dag.runTemplate(this.run).spec.timeoutMs
    const runMs = limitMs === undefined ? Infinity : (dag.columns.runStartedAtMs[this.run] as number) + limitMs
    const deadlineMs = Math.min(attemptMs, runMs)
    return deadlineMs === Infinity ? undefined : deadlineMs
  }

  get inputs(): TaskInputs {
    if (this.#inputs === undefined) {
      this.#assertCurrent()
      this.#inputs = new NeedInputs(this.#host.ports.dag.needs(this.row), this.#host.ports.artifacts)
    }
    return this.#inputs
  }

  /** What the task asked to add to its run, if anything. */
  get expansion(): Expansion | undefined {
    const added = this.#added
    return added === undefined ? undefined : added.ranges.length === 0 ? { tasks: added.tasks } : added
  }

  /** The dependents it named, if it named any. */
  get routes(): readonly string[] | undefined {
    return this.#routes
  }

  get isAborted(): boolean {
    return this.#isAborted
  }

  // Functions of the context are made when they are asked for: so they can be taken apart (`({ expand }) => ...`), and cost nothing
  // to those who do not.

  get read(): TaskContext['read'] {
    return (ref) => this.#host.ports.artifacts.get(ref)
  }

  get readJson(): TaskContext['readJson'] {
    return (ref) => this.#host.ports.artifacts.getJson(ref)
  }

  get store(): TaskContext['store'] {
    return (content, mediaType) => {
      const init = { madeBy: this.plan.type.name, text: false, ...(mediaType === undefined ? {} : { mediaType }) } as const
      try {
        if (content instanceof Uint8Array || typeof content === 'string') return this.#host.ports.artifacts.put(content, init)
        return this.#host.ports.artifacts.putJson(content, init)
      } catch (error) {
        if (isStorageFailure(error)) this.storageFailure = error
        throw error
      }
    }
  }

  get open(): TaskContext['open'] {
    return (ref) => this.#host.ports.artifacts.open(ref)
  }

  get storeStream(): TaskContext['storeStream'] {
    return async (content, mediaType) => {
      const init = { madeBy: this.plan.type.name, text: false, ...(mediaType === undefined ? {} : { mediaType }) } as const
      try {
        return await this.#host.ports.artifacts.putStream(this.#whileWanted(content), init)
      } catch (error) {
        if (isStorageFailure(error)) this.storageFailure = error
        throw error
      }
    }
  }

  /** Nobody wants the rest of what an attempt stores that was given up. */
  async *#whileWanted(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of content) {
      if (this.#isAborted) throw this.#abortReason
      yield chunk
    }
  }

  get output(): TaskContext['output'] {
    return (ref) => {
      if (this.#host.ports.artifacts.has(ref)) return new StoredContent(ref)
      throw new SymphonyError({
        code: 'ARTIFACT_UNKNOWN',
        component: 'conductor',
        message: `There is no artifact ${ref} to be the output of task "${this.taskId}". Pass an address that store() or storeStream() returned.`,
        details: { ref },
      })
    }
  }

  get expand(): TaskContext['expand'] {
    return ({ tasks, ranges = [] }) => {
      const { tasks: former = [], ranges: formerRanges = [] } = this.#added ?? {}
      this.#added = { tasks: former.concat(tasks), ranges: formerRanges.concat(ranges) }
    }
  }

  get route(): TaskContext['route'] {
    return (...tasks) => {
      this.#routes = (this.#routes ?? []).concat(tasks)
    }
  }

  get emit(): TaskContext['emit'] {
    return (value) => {
      if (this.place < 0) return false
      this.progressedAtMs = this.#host.clock.monotonicMs()
      return this.#host.ports.dag.emitChunk(this.row, value)
    }
  }

  get progress(): TaskContext['progress'] {
    return (fraction) => {
      if (this.place < 0) return
      this.progressedAtMs = this.#host.clock.monotonicMs()
      this.#host.ports.dag.progressTask(this.row, fraction)
    }
  }

  abort(reason: unknown): void {
    if (this.#isAborted) return
    // What is disowned may still run when its row is another task's: it keeps its own name.
    void this.view
    this.#isAborted = true
    this.#abortReason = reason
    this.#controller?.abort(reason)
  }

  #assertCurrent(): void {
    if (this.isCurrent) return
    throw new SymphonyError({
      code: 'TASK_STATE',
      component: 'conductor',
      message: 'A task asked for its context after it had ended. Await everything it starts, or read what is needed before it returns.',
    })
  }
}

/** What the model behind plain functions does with its input: runs the task's own function. */
export function invokeInline(execution: unknown): unknown {
  assert(execution instanceof Execution, 'the inline model is invoked by the conductor only')
  return execution.plan.type.run?.(execution)
}
