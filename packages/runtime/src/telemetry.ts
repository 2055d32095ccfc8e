import type { DagTracker, ErrorData, Json, RunId, RunReport, TaskReport } from '@symphony/interface'
import { AttemptLog } from './attempt-log.ts'
import { contextOf, traceTime } from './tracer.ts'
import type { TraceAttributes, TraceContext, Tracer, TraceSpan } from './tracer.ts'

/** Where runs are told of: a runtime fits. */
export interface TraceSource {
  readonly dag: Pick<DagTracker, 'onRunEnded' | 'onReady' | 'getWorkflowState' | 'findRun' | 'tasks' | 'taskRow'>
  /** The ring of events. Without it, of tasks that were tried more than once only the last attempt is known. */
  readonly events?: { readonly region: { readonly buffer: SharedArrayBuffer } }
}

export interface TraceOptions {
  /** In which context the span of a run is started, for instance that of the request that asked for it. Default: a trace of its own. */
  readonly contextOf?: (run: RunReport) => TraceContext | undefined
  /** Attributes of a run's span beyond ours. */
  readonly attributesOf?: (run: RunReport) => TraceAttributes | undefined
}

/** The parent of a run that was started for a task of another run, where the tracker tells it. */
interface MaybeChild {
  readonly parent?: { readonly runId: string; readonly task: string } | undefined
}

const STATUS = { OK: 1, ERROR: 2 } as const

/**
 * Writes a trace of every run that ends from now on: a span for the run, under it one for every task with the times it really had, its
 * attempts as events, and its error. A run that was started for a task of another one is told under that task, once that other one
 * has ended. Nothing is done while runs are going on but to read the ring of events; without this call nothing is done at all.
 *
 * @returns a function that ends it
 * @example
 * import { trace } from '@opentelemetry/api'
 *
 * const symphony = await createRuntime({ folder: './state' })
 * traceRuns(symphony, trace.getTracer('my-service'))
 */
export function traceRuns(source: TraceSource, tracer: Tracer, options: TraceOptions = {}): () => void {
  const traces = new RunTraces(source, tracer, options)
  const ends = [source.dag.onRunEnded((_row, id) => traces.ended(id)), source.dag.onReady(() => traces.listen())]
  return () => ends.forEach((end) => end())
}

class RunTraces {
  readonly #dag: TraceSource['dag']
  readonly #tracer: Tracer
  readonly #options: TraceOptions
  readonly #attempts: AttemptLog | undefined
  /** Ended runs whose parent has not ended, by its id. */
  readonly #waiting = new Map<string, RunId[]>()

  constructor({ dag, events }: TraceSource, tracer: Tracer, options: TraceOptions) {
    this.#dag = dag
    this.#tracer = tracer
    this.#options = options
    this.#attempts = events === undefined ? undefined : new AttemptLog(events.region.buffer)
  }

  listen(): void {
    this.#attempts?.read()
  }

  ended(id: RunId): void {
    this.listen()
    const run = this.#dag.getWorkflowState(id)
    const parent = (run as MaybeChild).parent
    if (parent !== undefined && this.#isOpen(parent.runId)) {
      const siblings = this.#waiting.get(parent.runId)
      if (siblings === undefined) this.#waiting.set(parent.runId, [id])
      else siblings.push(id)
      return
    }
    this.#tell(run, this.#options.contextOf?.(run))
  }

  #isOpen(id: string): boolean {
    return this.#dag.findRun(id) !== undefined && this.#dag.getWorkflowState(id).endedAtMs === undefined
  }

  #tell(run: RunReport, context: TraceContext | undefined): void {
    const { progress } = run
    const span = this.#tracer.startSpan(
      `run ${run.workflow}`,
      {
        startTime: traceTime(run.startedAtMs),
        ...(context === undefined ? { root: true } : {}),
        attributes: {
          'symphony.workflow': run.workflow,
          'symphony.version': run.version,
          'symphony.run.id': run.id,
          'symphony.run.state': run.state,
          'symphony.tenant': run.tenant,
          'symphony.tasks.total': progress.total,
          'symphony.tasks.recalled': progress.recalled,
          'symphony.tasks.failed': progress.failed,
          ...((this.#attempts?.lost ?? 0) > 0 ? { 'symphony.events.lost': this.#attempts?.lost ?? 0 } : {}),
          ...this.#options.attributesOf?.(run),
        },
      },
      context,
    )
    // A trace that nobody keeps is not worth a look at every task.
    if (span.isRecording()) this.#tellInside(run, span)
    this.#attempts?.forget(run.row)
    this.#waiting.delete(run.id)
    const [failure] = run.failures
    if (run.state === 'succeeded') span.setStatus({ code: STATUS.OK })
    else span.setStatus({ code: STATUS.ERROR, message: run.reason ?? (failure === undefined ? run.state : `${failure.task}: ${failure.error.message}`) })
    span.end(traceTime(run.endedAtMs ?? run.startedAtMs))
  }

  #tellInside(run: RunReport, span: TraceSpan): void {
    const within = contextOf(span)
    const children = this.#childrenByTask(run.id)
    for (const task of this.#dag.tasks(run.id)) {
      const taskSpan = this.#tellTask(run, task, within)
      for (const child of children.get(task.id) ?? []) this.#tell(child, contextOf(taskSpan))
      children.delete(task.id)
    }
    // A task that is there no more, as after a retry, still leaves its runs to the run it was in.
    for (const left of children.values()) for (const child of left) this.#tell(child, within)
  }

  #childrenByTask(id: string): Map<string, RunReport[]> {
    const found = new Map<string, RunReport[]>()
    for (const child of this.#waiting.get(id) ?? []) {
      if (this.#dag.findRun(child) === undefined) continue
      const run = this.#dag.getWorkflowState(child)
      const task = (run as MaybeChild).parent?.task ?? ''
      found.set(task, [...(found.get(task) ?? []), run])
    }
    return found
  }

  #tellTask(run: RunReport, task: TaskReport, context: TraceContext): TraceSpan {
    const former = task.attempt > 1 ? (this.#attempts?.of(run.row, this.#dag.taskRow(run.id, task.id)) ?? []) : []
    const endedAtMs = task.endedAtMs > 0 ? task.endedAtMs : (run.endedAtMs ?? run.startedAtMs)
    const ran = task.startedAtMs > 0 && !task.recalled
    // What was recalled, skipped or cancelled before it began took no time.
    const lastAtMs = ran ? Math.min(task.startedAtMs, endedAtMs) : endedAtMs
    const span = this.#tracer.startSpan(
      `task ${task.type}`,
      { startTime: traceTime(Math.min(lastAtMs, ...former.map((attempt) => attempt.startedAtMs ?? attempt.endedAtMs))), attributes: taskAttributes(run, task) },
      context,
    )
    const first = task.attempt - former.length
    former.forEach(({ startedAtMs, endedAtMs: failedAtMs }, index) => {
      const attributes = { 'symphony.task.attempt': first + index }
      if (startedAtMs !== undefined) span.addEvent('attempt', attributes, traceTime(startedAtMs))
      span.addEvent('attempt failed', attributes, traceTime(failedAtMs))
    })
    if (ran) span.addEvent('attempt', { 'symphony.task.attempt': task.attempt }, traceTime(lastAtMs))
    tellOutcome(span, task, traceTime(endedAtMs))
    return span
  }
}

function taskAttributes(run: RunReport, task: TaskReport): TraceAttributes {
  return {
    'symphony.workflow': run.workflow,
    'symphony.version': run.version,
    'symphony.run.id': run.id,
    'symphony.task.id': task.id,
    'symphony.task.type': task.type,
    'symphony.task.state': task.state,
    'symphony.task.attempts': task.attempt,
    'symphony.task.recalled': task.recalled,
    ...(task.readyAtMs > 0 && task.startedAtMs >= task.readyAtMs ? { 'symphony.task.wait_ms': task.startedAtMs - task.readyAtMs } : {}),
    ...(task.output === undefined ? {} : { 'symphony.task.output': task.output }),
  }
}

function tellOutcome(span: TraceSpan, { state, error }: TaskReport, time: ReturnType<typeof traceTime>): void {
  if (error !== undefined) span.recordException({ name: errorName(error), message: error.message, code: error.code }, time)
  if (state === 'succeeded') span.setStatus({ code: STATUS.OK })
  else if (state === 'failed') span.setStatus({ code: STATUS.ERROR, message: error?.message ?? state })
  span.end(time)
}

/** The error's own name where it kept one. */
function errorName({ code, details }: ErrorData): string {
  const name: Json | undefined = details['name']
  return typeof name === 'string' ? name : code
}
