import { RUN_STATES, SymphonyError } from '@symphony/interface'
import type {
  ChildRun, Clock, OrphanedWait, ParentTask, Random, RunAttributes, RunId, RunManagement, RunPage, RunQuery, StartOptions, TaskRow,
  Template, WorkflowSpec,
} from '@symphony/interface'
import type { Announcer } from '../announcer.ts'
import { forgetOldest, makeRoomForRun } from '../capacity.ts'
import { DagReads } from '../dag-reads.ts'
import { FORGET_LOOK_MAX } from '../limits.ts'
import type { Registry } from '../registry.ts'
import { checkStart } from '../start-options.ts'
import type { Binding, DagState, RunData, StoredTemplate } from '../state.ts'
import { READY, RUNNING } from '../transitions.ts'
import { taskState } from '../writer.ts'
import type { DagWriter } from '../writer.ts'
import { changedAttributes, NO_ATTRIBUTES, setAttributes } from './attributes.ts'
import { awaitChild, checkParent, childId, childrenOf, orphanedWaits, parentOf } from './family.ts'
import { findRuns } from './search.ts'
import { startWith } from './start.ts'
import type { StartExtras } from './start.ts'

const COMPONENT = '@symphony/dag'

/** What the tracker is made of, as far as its parts work on runs as wholes. */
export interface TrackerParts {
  readonly state: DagState
  readonly clock: Clock
  readonly random: Random
  readonly registry: Registry
  readonly announcer: Announcer
  readonly writer: DagWriter
  readonly keepEndedRuns: number
}

/** Everything of the tracker that starts runs, finds them, and changes them as wholes. */
export class ManagedRuns extends DagReads implements RunManagement {
  readonly #parts: TrackerParts
  readonly #state: DagState
  readonly #writer: DagWriter
  readonly #endedCount: Int32Array
  #isClosed = false

  constructor(parts: TrackerParts) {
    super(parts.state, parts.clock)
    this.#parts = parts
    this.#state = parts.state
    this.#writer = parts.writer
    this.#endedCount = parts.state.tables.region.words.endedCount
  }

  startWorkflow(workflow: string | Template | WorkflowSpec, options: StartOptions = {}): RunId {
    this.assertOpen()
    const { registry, clock, random } = this.#parts
    const binding = registry.resolve(workflow)
    const nowMs = clock.nowMs()
    const parent = options.parent === undefined ? undefined : checkParent(this.#state, options.parent)
    const id = options.id ?? (parent === undefined ? undefined : childId(this.#state, parent))
    const command = checkStart(id === undefined ? options : { ...options, id }, nowMs, random)
    const existing = this.#state.runRows.get(command.id)
    if (existing !== undefined) return this.#existing(this.#state.run(existing), binding.template.name)
    const extras: StartExtras = {
      ...(parent === undefined ? undefined : { parent: parent.task }),
      ...(options.attributes === undefined ? undefined : { attributes: changedAttributes(NO_ATTRIBUTES, options.attributes) }),
    }
    const stored = this.#store(binding)
    if (Object.keys(extras).length === 0) this.#writer.start(stored, binding, command)
    else {
      const started = (data: RunData): void => this.#parts.announcer.runStarted(data)
      this.#writer.commit(startWith(binding), { template: stored.number, ...command, ...extras }, started)
    }
    this.prune()
    return command.id as RunId
  }

  awaitChild(task: TaskRow): void {
    const t = this.#state.tables
    const from = t.taskState[task] as number
    if (from !== READY && from !== RUNNING) throw taskState(task, from, 'have it wait for a child', 'ready or running')
    const { nowMs } = this.#writer
    const isRunning = from === RUNNING
    const attempt = (t.taskAttempt[task] as number) + (isRunning ? 0 : 1)
    this.#writer.commit(awaitChild, { task, attempt, startedAtMs: isRunning ? (t.taskStartedAtMs[task] as number) : nowMs, nowMs })
  }

  childrenOf(id: string): readonly ChildRun[] {
    return childrenOf(this.#state, this.#state.runById(id).row)
  }

  parentOf(id: string): ParentTask | undefined {
    return parentOf(this.#state, this.#state.runById(id).row)
  }

  orphanedWaits(): readonly OrphanedWait[] {
    return orphanedWaits(this.#state)
  }

  setAttributes(id: string, attributes: Readonly<Record<string, string | number | boolean | null>>): void {
    const { row } = this.#state.runById(id)
    const changed = changedAttributes(this.attributes(id), attributes)
    this.#writer.commit(setAttributes, { run: row, attributes: changed, nowMs: this.#writer.nowMs })
  }

  attributes(id: string): RunAttributes {
    return this.#state.managed.attributes.get(this.#state.runById(id).row) ?? NO_ATTRIBUTES
  }

  findRuns(query: RunQuery = {}): RunPage {
    return findRuns(this.#state, query)
  }

  /** Forgets what is more than should be kept. */
  protected prune(): void {
    while ((this.#endedCount[0] as number) > this.#parts.keepEndedRuns) {
      if (!forgetOldest(this.#state, this.#writer, FORGET_LOOK_MAX)) return
    }
  }

  protected hasEnded(run: number): boolean {
    return (this.#state.tables.runDurableState[run] as number) >= RUN_STATES.SUCCEEDED
  }

  protected get isClosed(): boolean {
    return this.#isClosed
  }

  protected markClosed(): void {
    this.#isClosed = true
  }

  protected assertOpen(): void {
    if (!this.#isClosed) return
    throw new SymphonyError({ code: 'CLOSED', component: COMPONENT, message: 'The dag tracker was closed; create another one.' })
  }

  /** The stored definition, with room for one more run of it. */
  #store(binding: Binding): StoredTemplate {
    const { compiled, template: { hash } } = binding
    makeRoomForRun(this.#state, this.#writer, compiled, this.#state.templatesByHash.has(hash))
    // Making room may have dropped the stored definition itself.
    return this.#state.templatesByHash.get(hash) ?? this.#writer.define(binding)
  }

  #existing(data: RunData, workflow: string): RunId {
    if (data.template.compiled.name === workflow) return data.id
    throw new SymphonyError({
      code: 'ALREADY_EXISTS',
      component: COMPONENT,
      message: `Run "${data.id}" runs workflow "${data.template.compiled.name}", not "${workflow}". Choose another id.`,
      details: { run: data.id, workflow: data.template.compiled.name },
    })
  }
}
