import { RUN_STATES, SymphonyError } from '@symphony/interface'
import type { ArtifactRef, Json, RunId, RunRow, TaskContext, TaskType, Template, WorkflowSpec } from '@symphony/interface'
import type { ConductorPorts } from './conductor-ports.ts'
import { UNDOING_BYTES_AT_ONCE } from './limits.ts'

type Dag = Pick<ConductorPorts['dag'], 'columns' | 'defineWorkflow' | 'findRun' | 'runInput' | 'runTemplate' | 'runs' | 'runRow' | 'startWorkflow' | 'task' | 'taskRow' | 'tasks' | 'template'>

/** A task that is to be undone, as the undoing run is told of it. */
interface Undo {
  readonly id: string
  readonly type: string
  readonly output: ArtifactRef | null
  readonly params: Json
}

/** The input of an undoing run. */
interface UndoInput {
  /** The input the run had. */
  readonly runInput: Json
  readonly undos: readonly Undo[]
}

/**
 * Undoes what a run has done that failed or was cancelled (sagas; Garcia-Molina and Salem, 1987): the tasks that succeeded and know
 * how, one after the other, last first. The undoing is a run of its own, with retries, records and a handle like any other.
 *
 * It is started when the run ends, and the tasks are marked as undone by the same command. So it happens once, whatever is forgotten
 * or crashes; and a run that is retried and fails again is undone again as far as it has done something since. What a crash has kept
 * from starting is found at the next opening, or as soon as the workflow is defined.
 */
export class Compensation {
  readonly #dag: Dag
  readonly #artifacts: ConductorPorts['artifacts']
  readonly #soon: (start: () => void) => void
  readonly #undoing = new WeakMap<Template, Template | 'nothing'>()
  /** Runs whose workflow nobody has defined yet in this process, by its hash. */
  readonly #unknown = new Map<string, Set<RunId>>()

  /** @param soon calls outside of the record that is being written, unless nothing may be started any more */
  constructor(dag: Dag, artifacts: ConductorPorts['artifacts'], soon: (start: () => void) => void) {
    this.#dag = dag
    this.#artifacts = artifacts
    this.#soon = soon
  }

  runEnded(run: RunRow, id: RunId): void {
    const state = this.#dag.columns.runState[run]
    if (state !== RUN_STATES.FAILED && state !== RUN_STATES.CANCELLED) return
    const definition = this.#definitionOf(run)
    if (definition === undefined) return this.#waitForDefinition(run, id)
    const template = this.#undoingOf(definition)
    const undos = template === undefined ? [] : this.#undosOf(id, template)
    if (template === undefined || undos.length === 0) return
    const input: UndoInput = { runInput: this.#dag.runInput(run), undos }
    const start = (): void => {
      const undoes = { run: id, tasks: undos.map((undo) => undo.id) }
      this.#dag.startWorkflow(template, { input: input as unknown as Json, ...(this.#dag.findRun(id) === undefined ? {} : { undoes }) })
    }
    // A run ends within a record, and what is large does not fit into one. If a crash comes in between, the next opening finds it.
    if (Buffer.byteLength(JSON.stringify(input)) <= UNDOING_BYTES_AT_ONCE) start()
    else this.#soon(start)
  }

  /** Defines what undoing runs need that come out of the log, and starts those a crash has kept from starting. */
  recovered(): void {
    for (const id of this.#dag.runs()) this.#recover(id)
  }

  /** A workflow is known now: what waited for it to be undone is. */
  defined({ hash }: Template): void {
    const waiting = this.#unknown.get(hash)
    if (waiting === undefined) return
    this.#unknown.delete(hash)
    for (const id of waiting) if (this.#dag.findRun(id) !== undefined) this.#recover(id)
  }

  #recover(id: RunId): void {
    const run = this.#dag.runRow(id)
    const definition = this.#definitionOf(run)
    if (definition === undefined) return this.#waitForDefinition(run, id)
    // The run that undoes it may be in the log, and waits for its own definition.
    if (this.#undoingOf(definition) !== undefined) this.runEnded(run, id)
  }

  #waitForDefinition(run: RunRow, id: RunId): void {
    const { hash } = this.#dag.runTemplate(run)
    const waiting = this.#unknown.get(hash)
    if (waiting === undefined) this.#unknown.set(hash, new Set([id]))
    else waiting.add(id)
  }

  /** What a run was started with, with its functions: one that came out of the log has none of its own. */
  #definitionOf(run: RunRow): Template | undefined {
    const started = this.#dag.runTemplate(run)
    const defined = this.#dag.template(started.name, started.version)
    return defined?.hash === started.hash ? defined : undefined
  }

  #undosOf(id: RunId, template: Template): readonly Undo[] {
    const types = new Set(template.spec.types?.map((type) => type.name))
    return this.#dag
      .tasks(id, { state: 'succeeded' })
      .filter((task) => types.has(task.type) && !task.undone)
      .sort((a, b) => b.endedAtMs - a.endedAtMs || this.#dag.taskRow(id, b.id) - this.#dag.taskRow(id, a.id))
      .map((task) => ({ id: task.id, type: task.type, output: task.output ?? null, params: this.#dag.task(this.#dag.taskRow(id, task.id)).params }))
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
    runInput: { get: () => (context.runInput as unknown as UndoInput).runInput },
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
        const { undos } = runInput as unknown as UndoInput
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
