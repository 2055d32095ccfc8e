import { SymphonyError, toErrorData } from '@symphony/interface'
import type { ArtifactRef, CommandLog, DagTracker, Json, RunId, RunProgress, RunReport, RunRow, StreamEvent, StreamOptions, Transition, WorkflowHandle } from '@symphony/interface'
import { checkedAtOnce, checkedSignal } from './check-output.ts'
import type { ConductorPorts } from './conductor-ports.ts'

/** What handles ask of the conductor. */
export interface RunsInHand {
  /** The report of its end, once that is durable. */
  whenEnded(handle: RunHandle): Promise<RunReport>
  /** A report, once all that was logged is durable. */
  durably(report: RunReport): Promise<RunReport>
  /** A run was started past `orchestrate`. */
  started(id: RunId): void
  handle(id: RunId): WorkflowHandle
}

/** A run in somebody's hand. Answers only what is durable: what it tells survives a crash. */
export class RunHandle implements WorkflowHandle {
  readonly id: RunId
  /** Where the run was when this was made. */
  readonly row: RunRow
  readonly #ports: ConductorPorts
  readonly #log: CommandLog
  readonly #runs: RunsInHand
  /** How the run ended when somebody waited for it, or when it was forgotten, with the run that undid it. */
  #seen: RunReport | undefined
  #seenUndoing: RunId | undefined

  constructor(id: RunId, row: RunRow, ports: ConductorPorts, log: CommandLog, runs: RunsInHand) {
    this.id = id
    this.row = row
    this.#ports = ports
    this.#log = log
    this.#runs = runs
  }

  /** The run ended, or is about to be forgotten. */
  runEnded(report: RunReport): void {
    this.#seen = report
    this.#seenUndoing = this.#ports.dag.undoingOf(this.id)
  }

  ended(): Promise<RunReport> {
    const left = this.#left()
    return left === undefined ? this.#runs.whenEnded(this) : this.#runs.durably(left)
  }

  /** What is known of a run that has been forgotten; there may be another one of its name by now. */
  #left(): RunReport | undefined {
    if (this.#seen === undefined) return undefined
    const { row, startedAtMs } = this.#seen
    const { dag } = this.#ports
    return dag.findRun(this.id) === row && dag.columns.runStartedAtMs[row] === startedAtMs ? undefined : this.#seen
  }

  async outputs(): Promise<Readonly<Record<string, ArtifactRef>>> {
    return this.#outputsOf(await this.ended())
  }

  #outputsOf(report: RunReport): RunReport['outputs'] {
    if (report.state === 'succeeded') return report.outputs
    if (report.state === 'cancelled') {
      throw new SymphonyError({ code: 'RUN_CANCELLED', component: 'conductor', message: `Run "${this.id}" was cancelled: ${report.reason ?? 'no reason given'}.` })
    }
    const [first] = report.failures
    throw new SymphonyError({
      code: 'WORKFLOW_FAILED',
      component: 'conductor',
      message: `Run "${this.id}" failed: ${report.failures.length} task(s), the first "${first?.task}": ${first?.error.message ?? report.reason}. See state().failures for all.`,
      details: { failures: report.failures.map((failure) => ({ task: failure.task, code: failure.error.code, message: failure.error.message })) },
    })
  }

  async result(): Promise<Json | Uint8Array | undefined> {
    const report = await this.ended()
    const outputs = this.#outputsOf(report)
    const spec = this.#ports.dag.template(report.workflow, report.version)?.spec
    if (spec?.output !== undefined) {
      const ref = outputs[spec.output]
      return ref === undefined ? undefined : this.#ports.artifacts.getValue(ref)
    }
    return Object.fromEntries(Object.entries(outputs).map(([task, ref]) => [task, this.#ports.artifacts.getValue(ref)])) as Json
  }

  state(): RunReport {
    return this.#left() ?? this.#ports.dag.getWorkflowState(this.id)
  }

  progress(): RunProgress {
    return this.#left()?.progress ?? this.#ports.dag.progress(this.id)
  }

  cancel(reason?: string): boolean {
    return this.#ports.dag.cancelWorkflow(this.id, reason)
  }

  stream(options?: StreamOptions): AsyncIterable<StreamEvent> {
    return this.#ports.dag.stream(this.id, options)
  }

  fork({ outputs, ...options }: Parameters<WorkflowHandle['fork']>[0]): WorkflowHandle {
    const edited = Object.entries(outputs ?? {}).map(([task, value]) => {
      const { outputSchema } = this.#ports.dag.task(this.#ports.dag.taskRow(this.id, task)).type
      const taken = outputSchema === undefined ? value : (checkedAtOnce(outputSchema, task, value) as Json | Uint8Array)
      return [task, taken instanceof Uint8Array ? this.#ports.artifacts.put(taken, { madeBy: 'edit' }) : this.#ports.artifacts.putJson(taken, { madeBy: 'edit', text: false })] as const
    })
    const id = this.#ports.dag.forkRun(this.id, { ...options, ...(outputs === undefined ? {} : { outputs: Object.fromEntries(edited) }) })
    this.#runs.started(id)
    return this.#runs.handle(id)
  }

  compensation(): WorkflowHandle | undefined {
    const id = this.#left() === undefined ? this.#ports.dag.undoingOf(this.id) : this.#seenUndoing
    return id === undefined || this.#ports.dag.findRun(id) === undefined ? undefined : this.#runs.handle(id)
  }

  pause(): boolean {
    return this.#ports.dag.pauseWorkflow(this.id)
  }

  resume(): boolean {
    return this.#ports.dag.resumeWorkflow(this.id)
  }

  signal(name: string, value?: Json): boolean {
    const { tasks, types = [] } = this.#ports.dag.runTemplate(this.#ports.dag.runRow(this.id)).spec
    const taken = checkedSignal([...tasks, ...types].filter(({ waitFor }) => waitFor === name), name, value) as Json | undefined
    // The value and what it ends are one record.
    return this.#log.transact(() => this.#ports.dag.signalWorkflow(this.id, name, taken === undefined ? undefined : this.#ports.artifacts.putJson(taken, { madeBy: 'signal', text: false })))
  }

  reject(name: string, reason: string = `"${name}" was rejected.`, details: { readonly [key: string]: Json } = {}): boolean {
    const error = new SymphonyError({ code: 'REJECTED', component: 'conductor', message: reason, details: { signal: name, ...details } })
    return this.#ports.dag.rejectSignal(this.id, name, toErrorData(error, 'conductor', 'REJECTED'))
  }

  watch(options?: Parameters<DagTracker['watch']>[1]): AsyncIterable<Transition> {
    return this.#ports.dag.watch(this.id, options)
  }
}
