import { RUN_STATES, SymphonyError } from '@symphony/interface'
import type { ArtifactRef, Json, RunId, RunRow, TaskContext, TaskType, Template, WorkflowSpec } from '@symphony/interface'
import type { ConductorPorts } from './conductor-ports.ts'

type Dag = Pick<ConductorPorts['dag'], 'columns' | 'defineWorkflow' | 'findRun' | 'runInput' | 'runTemplate' | 'runs' | 'runRow' | 'startWorkflow' | 'task' | 'taskRow' | 'tasks' | 'template'>

/** A task that is to be undone, as the undoing run is told of it. */
interface Undo {
  readonly id: string
  readonly type: string
  readonly output: ArtifactRef | null
  readonly params: Json
  readonly runInput: Json
}

/** Id of the run that undoes what a run has done. */
export function undoRunId(id: string): RunId {
  return `${id}~undo` as RunId
}

/**
 * Undoes what a run has done that failed or was cancelled (sagas; Garcia-Molina and Salem, 1987): the tasks that succeeded and know
 * how, one after the other, last first. The undoing is a run of its own, with retries, records and a handle like any other.
 *
 * It is started when the run ends. A crash in between loses nothing: opening looks for runs that ended so and have no such run yet.
 */
export class Compensation {
  readonly #dag: Dag
  readonly #artifacts: ConductorPorts['artifacts']
  readonly #undoing = new WeakMap<Template, Template | 'nothing'>()

  constructor(dag: Dag, artifacts: ConductorPorts['artifacts']) {
    this.#dag = dag
    this.#artifacts = artifacts
  }

  /** @returns whether something is undone */
  runEnded(run: RunRow, id: RunId): boolean {
    const state = this.#dag.columns.runState[run]
    if (state !== RUN_STATES.FAILED && state !== RUN_STATES.CANCELLED) return false
    const template = this.#undoingOf(this.#definitionOf(run))
    if (template === undefined) return false
    const undos = this.#undosOf(run, id, template)
    if (undos.length === 0) return false
    this.#dag.startWorkflow(template, { id: undoRunId(id), input: undos as unknown as Json })
    return true
  }

  /** Defines what undoing runs need that come out of the log, and starts those a crash has kept from starting. */
  recovered(): void {
    for (const id of this.#dag.runs()) {
      const run = this.#dag.runRow(id)
      const isKnown = this.#undoingOf(this.#definitionOf(run)) !== undefined
      if (isKnown && this.#dag.findRun(undoRunId(id)) === undefined) this.runEnded(run, id)
    }
  }

  /** What a run was started with, with its functions: an ended run that came out of the log has none of its own. */
  #definitionOf(run: RunRow): Template {
    const started = this.#dag.runTemplate(run)
    const defined = this.#dag.template(started.name, started.version)
    return defined?.hash === started.hash ? defined : started
  }

  #undosOf(run: RunRow, id: RunId, template: Template): readonly Undo[] {
    const types = new Set(template.spec.types?.map((type) => type.name))
    const runInput = this.#dag.runInput(run)
    return this.#dag
      .tasks(id, { state: 'succeeded' })
      .filter((task) => types.has(task.type))
      .sort((a, b) => b.endedAtMs - a.endedAtMs || this.#dag.taskRow(id, b.id) - this.#dag.taskRow(id, a.id))
      .map((task) => ({ id: task.id, type: task.type, output: task.output ?? null, params: this.#dag.task(this.#dag.taskRow(id, task.id)).params, runInput }))
  }

  /** The workflow that undoes runs of a template; undefined when none of its tasks knows how. */
  #undoingOf(template: Template): Template | undefined {
    const known = this.#undoing.get(template)
    if (known !== undefined) return known === 'nothing' ? undefined : known
    const types = [...(template.spec.types ?? []), ...template.spec.tasks.map(({ id, ...type }): TaskType => ({ ...type, name: id }))]
    const undos = types.filter((type) => type.compensate !== undefined).map((type) => this.#undoType(type))
    const made = undos.length === 0 ? undefined : this.#dag.defineWorkflow(undoWorkflow(template, undos))
    this.#undoing.set(template, made ?? 'nothing')
    return made
  }

  #undoType({ name, version, retry, timeoutMs, compensate }: TaskType): TaskType {
    return {
      name,
      effect: 'outside',
      ...(version === undefined ? {} : { version }),
      ...(retry === undefined ? {} : { retry }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      run: (context) => {
        const undo = context.params as unknown as Undo
        const output = undo.output === null ? undefined : this.#artifacts.getValue(undo.output)
        return compensate?.(output, asOriginal(context, undo))
      },
    }
  }
}

/** The context of an undoing task, with the params and the input its task had. */
function asOriginal(context: TaskContext, undo: Undo): TaskContext {
  return Object.create(context, {
    params: { value: undo.params },
    runInput: { value: undo.runInput },
    taskId: { value: undo.id },
    runId: { get: () => context.runId },
    signal: { get: () => context.signal },
    attempt: { get: () => context.attempt },
    idempotencyKey: { get: () => context.idempotencyKey },
    deadlineMs: { get: () => context.deadlineMs },
    inputs: { get: () => context.inputs },
    item: { value: undefined },
    index: { value: undefined },
    read: { get: () => context.read },
    readJson: { get: () => context.readJson },
    open: { get: () => context.open },
    store: { get: () => context.store },
    storeStream: { get: () => context.storeStream },
    output: { get: () => context.output },
    expand: { value: noExpansion },
    route: { value: noExpansion },
    progress: { get: () => context.progress },
    emit: { get: () => context.emit },
  }) as TaskContext
}

function noExpansion(): never {
  throw new SymphonyError({ code: 'NOT_SUPPORTED', component: 'conductor', message: 'A compensation neither adds tasks nor routes. Do what has to be undone in it, or call a workflow from it.' })
}

function undoWorkflow(template: Template, types: readonly TaskType[]): WorkflowSpec {
  return {
    name: `${template.name}~undo`,
    version: `${template.version} ${template.hash.slice(0, 16)}`,
    types,
    tasks: [{
      id: 'undo',
      run: ({ runInput, expand }) => {
        const undos = runInput as unknown as readonly Undo[]
        // One that cannot be undone does not keep the others from it.
        const tasks = undos.map((undo, place) => ({
          id: `undo ${undo.id}`,
          type: undo.type,
          params: undo as unknown as Json,
          needs: place === 0 ? [] : [{ task: `undo ${(undos[place - 1] as Undo).id}`, kind: 'soft' as const }],
        }))
        expand({ tasks })
      },
    }],
  }
}
