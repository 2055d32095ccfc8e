import { SymphonyError } from '@symphony/interface'
import type { ArtifactRef, CommandLog, DagTracker, Json, RunId, RunProgress, RunReport, StreamEvent, StreamOptions, Transition, WorkflowHandle } from '@symphony/interface'
import { undoRunId } from './compensation.ts'
import type { ConductorPorts } from './conductor-ports.ts'

/** A run in somebody's hand. Answers only what is durable: what it tells survives a crash. */
export class RunHandle implements WorkflowHandle {
  readonly id: RunId
  readonly #ports: ConductorPorts
  readonly #dag: ConductorPorts['dag']
  readonly #artifacts: ConductorPorts['artifacts']
  readonly #log: CommandLog
  readonly #whenEnded: (id: RunId) => Promise<RunReport>

  constructor(id: RunId, ports: ConductorPorts, log: CommandLog, whenEnded: (id: RunId) => Promise<RunReport>) {
    this.id = id
    this.#ports = ports
    this.#dag = ports.dag
    this.#artifacts = ports.artifacts
    this.#log = log
    this.#whenEnded = whenEnded
  }

  ended(): Promise<RunReport> {
    // In memory there is nothing to wait for but the end itself.
    return this.#ports.log === undefined ? this.#whenEnded(this.id) : this.#durablyEnded()
  }

  async #durablyEnded(): Promise<RunReport> {
    const report = await this.#whenEnded(this.id)
    if (this.#log.durableLsn < this.#log.lastLsn) await this.#log.durable(this.#log.lastLsn)
    return report
  }

  async outputs(): Promise<Readonly<Record<string, ArtifactRef>>> {
    const report = await this.ended()
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
    const outputs = await this.outputs()
    const { workflow, version } = await this.#whenEnded(this.id)
    const spec = this.#dag.template(workflow, version)?.spec
    if (spec?.output !== undefined) {
      const ref = outputs[spec.output]
      return ref === undefined ? undefined : (this.#artifacts.getValue(ref) as Json | Uint8Array)
    }
    return Object.fromEntries(Object.entries(outputs).map(([task, ref]) => [task, this.#artifacts.getValue(ref)])) as Json
  }

  state(): RunReport {
    return this.#dag.getWorkflowState(this.id)
  }

  progress(): RunProgress {
    return this.#dag.progress(this.id)
  }

  cancel(reason?: string): boolean {
    return this.#dag.cancelWorkflow(this.id, reason)
  }

  stream(options?: StreamOptions): AsyncIterable<StreamEvent> {
    return this.#dag.stream(this.id, options)
  }

  compensation(): WorkflowHandle | undefined {
    const id = undoRunId(this.id)
    return this.#dag.findRun(id) === undefined ? undefined : new RunHandle(id, this.#ports, this.#log, this.#whenEnded)
  }

  pause(): boolean {
    return this.#dag.pauseWorkflow(this.id)
  }

  resume(): boolean {
    return this.#dag.resumeWorkflow(this.id)
  }

  signal(name: string, value?: Json): boolean {
    // The value and what it ends are one record.
    return this.#log.transact(() => this.#dag.signalWorkflow(this.id, name, value === undefined ? undefined : this.#artifacts.putJson(value, { madeBy: 'signal', text: false })))
  }

  watch(options?: Parameters<DagTracker['watch']>[1]): AsyncIterable<Transition> {
    return this.#dag.watch(this.id, options)
  }
}
