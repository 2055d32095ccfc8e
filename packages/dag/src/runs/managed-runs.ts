import { RUN_STATES, SymphonyError } from '@symphony/interface'
import type {
  ChildRun, ForkOptions, Json, MigrationHook, OrphanedWait, ParentTask, RunAttributes, RunId, RunManagement, RunPage, RunQuery, RunUpgrade,
  ScheduleReport, ScheduleSpec, StartOptions, StreamEvent, StreamOptions, TaskRow, Template, Transition, UpgradePlan, WorkflowSpec,
} from '@symphony/interface'
import type { StartCommand } from '../apply.ts'
import { forgetOldest, makeRoomForCopy } from '../capacity.ts'
import { checkRunInput } from '../definition/schemas.ts'
import { DagReads, dataOfTask } from '../dag-reads.ts'
import { canonical } from '../definition/definition-codec.ts'
import { firstDue } from './due-heap.ts'
import { FORGET_LOOK_MAX } from '../limits.ts'
import { quarantine, rebindIfKnown } from '../recovery.ts'
import { checkStart } from './start-options.ts'
import type { DagState, RunData } from '../state.ts'
import { taskId } from '../definition/task-id.ts'
import { READY, RUNNING } from '../transitions.ts'
import { taskState } from '../tracker-errors.ts'
import type { DagWriter } from '../writer.ts'
import { changedAttributes, NO_ATTRIBUTES, setAttributes } from './attributes.ts'
import { delayOf, postpone } from './delays.ts'
import { awaitChild, checkParent, childId, childrenOf, orphanedWaits, parentOf } from './family.ts'
import type { Follower, Numbered } from './follow-log.ts'
import { fork } from './fork.ts'
import { forkStart, linkCount, planFork } from './fork-plan.ts'
import type { Delay } from './managed-state.ts'
import { migrate } from './migrate.ts'
import { startRunOf } from './parts.ts'
import type { TrackerParts } from './parts.ts'
import { firstTime, fireSchedules, schedulesOf, setSchedule, unsetSchedule } from './schedules.ts'
import { findRuns } from './search.ts'
import { endedAfter, endedAfterTask, refuseBlocked, refuseGoingOn, rowsToDoAgain, setBack } from './set-back.ts'
import { Streams } from './streams.ts'
import { addedSingly } from './transplant.ts'
import { checkUndoing } from './undoing.ts'
import { planMove } from './upgrade-plan.ts'

const COMPONENT = '@symphony/dag'

/** Everything of the tracker that starts runs, finds them, and changes them as wholes. */
export class ManagedRuns extends DagReads implements RunManagement {
  readonly #parts: TrackerParts
  readonly #state: DagState
  readonly #writer: DagWriter
  readonly #endedCount: Int32Array
  readonly #streams = new Streams()
  #isClosed = false

  constructor(parts: TrackerParts) {
    super(parts.state, parts.clock)
    this.#parts = parts
    this.#state = parts.state
    this.#writer = parts.writer
    this.#endedCount = parts.state.tables.region.words.endedCount
    parts.announcer.runEnded.add((run) => {
      this.#streams.ended(parts.state.run(run))
      parts.history.ended(run)
    })
    parts.announcer.forgotten.add((data) => {
      this.#streams.forget(data)
      parts.history.forget(data.row)
    })
  }

  startWorkflow(workflow: string | Template | WorkflowSpec, options: StartOptions = {}): RunId {
    this.assertOpen()
    const { registry, clock, ids } = this.#parts
    const binding = registry.resolve(workflow)
    const nowMs = clock.nowMs()
    const parent = options.parent === undefined ? undefined : checkParent(this.#state, options.parent)
    const undoes = options.undoes === undefined ? undefined : checkUndoing(this.#state, options.undoes)
    const id = options.id ?? (parent !== undefined ? childId(this.#state, parent) : undoes?.id)
    const start = checkStart(options, nowMs, ids, id)
    const { name, spec } = binding.template
    const delay = delayOf(name, options, nowMs)
    const joined = delay?.debounce === undefined ? undefined : this.#state.managed.debounced.get(delay.debounce)
    const existing = joined === undefined ? this.#state.runsById.get(start.id) : undefined
    // A run that exists is found whatever it is asked for with; everything else takes the input.
    if (existing !== undefined) return this.#existing(existing, name)
    const input = checkRunInput(spec, start.input)
    const command = input === start.input ? start : { ...start, input }
    if (joined !== undefined && delay !== undefined) return this.#join(joined, delay, command)
    const isPlain = parent === undefined && undoes === undefined && delay === undefined && options.attributes === undefined
    startRunOf(this.#parts, binding, command, isPlain ? undefined : {
      ...(parent === undefined ? undefined : { parent: parent.task }),
      ...(options.attributes === undefined ? undefined : { attributes: changedAttributes(NO_ATTRIBUTES, options.attributes) }),
      ...(delay === undefined ? undefined : { delay }),
      ...(undoes === undefined ? undefined : { undoes: { run: undoes.run, tasks: undoes.tasks, number: undoes.number } }),
    })
    if (delay !== undefined) this.#parts.announcer.nudge()
    this.prune()
    return command.id as RunId
  }

  /** Delayed and scheduled runs included. */
  wakeDue(nowMs: number): number {
    const taskMs = this.#taskDueMs()
    const beginMs = this.#state.managed.beginTimes.firstMs()
    const isDue = (taskMs !== undefined && taskMs <= nowMs) || (beginMs !== undefined && beginMs <= nowMs)
    const woken = (isDue ? this.#writer.wake(nowMs) : 0) + fireSchedules(this.#parts, nowMs)
    if (woken > 0) this.prune()
    return woken
  }

  nextDueMs(): number | undefined {
    const [taskMs, managedMs] = [this.#taskDueMs(), this.#state.managed.nextDueMs()]
    return taskMs === undefined || managedMs === undefined ? (taskMs ?? managedMs) : Math.min(taskMs, managedMs)
  }

  schedule(spec: ScheduleSpec): boolean {
    this.assertOpen()
    const { template } = this.#parts.registry.resolve(spec.workflow)
    const { nowMs } = this.#writer
    const plain = JSON.parse(JSON.stringify(spec)) as ScheduleSpec
    const nextMs = firstTime(this.#parts, spec, nowMs)
    checkRunInput(template.spec, plain.input ?? null)
    const known = this.#state.managed.schedules.get(spec.id)
    if (known !== undefined && JSON.stringify(canonical(known.spec as unknown as Json)) === JSON.stringify(canonical(plain as unknown as Json))) return false
    this.#writer.commit(setSchedule, { spec: plain, nextMs, nowMs })
    this.#parts.announcer.nudge()
    return true
  }

  unschedule(id: string): boolean {
    if (!this.#state.managed.schedules.has(id)) return false
    this.#writer.commit(unsetSchedule, { id, nowMs: this.#writer.nowMs })
    return true
  }

  schedules(): readonly ScheduleReport[] {
    return schedulesOf(this.#state)
  }

  retryFrom(id: string, tasks: string | readonly string[]): number {
    const data = this.#state.runById(id)
    const rows = rowsToDoAgain(this.#state, data, tasks)
    this.#refuseGoingOn(data, `setting "${[tasks].flat().join('", "')}" back`)
    refuseBlocked(this.#state, data, rows)
    const [only] = rows
    const count = rows.length === 1 ? this.#writer.retry(data.row, only as number) : this.#setBack(data, rows)
    this.prune()
    return count
  }

  rollback(id: string, to: { readonly toMs: number } | { readonly toTask: string }): number {
    const data = this.#state.runById(id)
    this.#refuseGoingOn(data, 'rolling it back')
    if (!('toTask' in to) && !Number.isFinite(to.toMs)) throw invalid('rollback needs a time in ms, `toMs`, or a task, `toTask`')
    const rows = 'toTask' in to ? endedAfterTask(this.#state, data, this.taskRow(id, to.toTask)) : endedAfter(this.#state, data, to.toMs)
    const count = rows.length === 0 ? 0 : this.#setBack(data, rows)
    this.prune()
    return count
  }

  forkRun(id: string, options: ForkOptions): RunId {
    this.assertOpen()
    const state = this.#state
    const source = state.runById(id)
    const start = forkStart(this.#parts, source, options)
    if (options.whenUndefined === 'quarantine') rebindIfKnown(state, source)
    else this.#refuseWithoutFunctions(source)
    const existing = state.findRun(start.id)
    if (existing !== undefined) return this.#existing(existing, source.template.compiled.name)
    const fields = planFork(this.#parts, source, options, start)
    const size = { compiled: source.template.compiled, isStored: true, added: addedSingly(state, source).length, links: linkCount(state, source), runs: 1 }
    makeRoomForCopy(state, this.#writer, source.row, size)
    this.#writer.commit(fork, fields, (data) => {
      if (!data.binding.isComplete) quarantine(state, data)
      this.#parts.announcer.runStarted(data)
    })
    this.prune()
    return start.id as RunId
  }

  planUpgrade(workflow: string | Template | WorkflowSpec, options: { readonly hook?: MigrationHook } = {}): UpgradePlan {
    const { compiled, hash } = this.#parts.registry.peek(workflow)
    const concerned = this.#state.runs.filter((data): data is RunData => data !== undefined && !this.hasEnded(data.row)
      && data.template.compiled.name === compiled.name && data.template.hash !== hash)
    const runs = concerned.map((data) => planMove(this.#state, data, compiled, options.hook).report)
    return { workflow: compiled.name, version: compiled.version, hash, runs }
  }

  migrateRun(id: string, workflow: string | Template | WorkflowSpec, hook?: MigrationHook): RunUpgrade {
    this.assertOpen()
    const state = this.#state
    const data = state.runById(id)
    if (this.hasEnded(data.row)) throw refused('RUN_ENDED', `Run "${id}" has ended; fork or retry it under its own version, or start a new one.`)
    const binding = this.#parts.registry.resolve(workflow)
    const { compiled, template: { hash, name } } = binding
    if (name !== data.template.compiled.name) throw invalid(`run "${id}" runs workflow "${data.template.compiled.name}", not "${name}"`)
    const { report, ...move } = planMove(state, data, compiled, hook)
    if (data.template.hash === hash) return report
    if (!report.canMove) {
      const [{ task, reason } = { task: '', reason: '' }] = report.blockers
      throw refused('TASK_STATE', `Run "${id}" cannot be moved now: "${task}" ${reason}.`, report.blockers)
    }
    const size = { compiled, isStored: state.templatesByHash.has(hash), added: move.added.length, links: 0, runs: 0 }
    makeRoomForCopy(state, this.#writer, data.row, size)
    const stored = state.templatesByHash.get(hash) ?? this.#writer.define(binding)
    const { nowMs } = this.#writer
    this.#writer.commit(migrate(binding), { run: data.row, template: stored.number, ...move, nowMs }, () => this.#parts.announcer.runChanged(data, nowMs))
    this.prune()
    return report
  }

  watch(id: string, options: { readonly signal?: AbortSignal; readonly fromSequence?: number } = {}): AsyncIterable<Transition> {
    const data = this.#state.runById(id)
    checkSequence(options.fromSequence)
    return this.#following(this.#parts.announcer.watch(data, options.fromSequence, this.#writer.nowMs), data, options.signal)
  }

  emitChunk(task: TaskRow, value: Json | Uint8Array): boolean {
    const t = this.#state.tables
    if (this.#state.guard.panic !== undefined || t.taskState[task] !== RUNNING) return false
    const data = dataOfTask(this.#state, task)
    this.#streams.emit(data, taskId(this.#state, data, task), t.taskAttempt[task] as number, value, this.#writer.nowMs)
    return true
  }

  stream(id: string, options: StreamOptions = {}): AsyncIterable<StreamEvent> {
    const data = this.#state.runById(id)
    checkSequence(options.fromSequence)
    return this.#following(this.#streams.follow(data, options.task, options.fromSequence ?? 0, this.#writer.nowMs), data, options.signal)
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

  undoingOf(id: string): RunId | undefined {
    const { row } = this.#state.runById(id)
    return this.#state.managed.has(row) ? (this.#state.managed.undoings.get(row)?.id as RunId | undefined) : undefined
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
    const { history, keepEndedRuns } = this.#parts
    while ((this.#endedCount[0] as number) > keepEndedRuns || history.isTooLarge) {
      if (!forgetOldest(this.#state, this.#writer, FORGET_LOOK_MAX)) return
    }
  }

  protected hasEnded(run: number): boolean {
    return (this.#state.tables.runDurableState[run] as number) >= RUN_STATES.SUCCEEDED
  }

  /** What tasks say goes on being said by the runs that are there now. */
  protected rebuiltStreams(): void {
    this.#streams.rebuilt(({ id }) => this.#state.runsById.get(id))
  }

  protected get isClosed(): boolean {
    return this.#isClosed
  }

  protected markClosed(): void {
    this.#isClosed = true
  }

  protected endFollowers(): void {
    for (const data of this.#state.runs) data?.watchers?.end()
    this.#streams.close()
  }

  protected assertOpen(): void {
    if (!this.#isClosed) return
    throw new SymphonyError({ code: 'CLOSED', component: COMPONENT, message: 'The dag tracker was closed; create another one.' })
  }

  #taskDueMs(): number | undefined {
    const task = firstDue(this.#state.tables)
    return task < 0 ? undefined : (this.#state.tables.taskDueAtMs[task] as number)
  }

  /** A start becomes part of one that has not begun. */
  #join(run: number, delay: Delay, { input, nowMs }: StartCommand): RunId {
    const { latestMs = Infinity } = this.#state.managed.delays.get(run) as Delay
    this.#writer.commit(postpone, { run, dueMs: Math.min(delay.dueMs, latestMs), input, nowMs })
    this.#parts.announcer.nudge()
    return this.#state.run(run).id
  }

  /** An ended run tells no more, but what is kept of it can be read. */
  #following<T extends Numbered>(follower: Follower<T>, data: RunData, signal: AbortSignal | undefined): Follower<T> {
    if (this.hasEnded(data.row) || this.#isClosed) follower.end()
    return follower.until(signal)
  }

  #setBack(data: RunData, tasks: readonly number[]): number {
    const { nowMs } = this.#writer
    return this.#writer.commit(setBack, { run: data.row, tasks, nowMs }, () => this.#parts.announcer.runChanged(data, nowMs))
  }

  #refuseGoingOn(data: RunData, wish: string): void {
    if (this.#state.managed.delays.has(data.row)) {
      throw new SymphonyError({ code: 'TASK_STATE', component: COMPONENT, message: `Run "${data.id}" has not begun, so there is nothing to do again.` })
    }
    refuseGoingOn(data, this.#state.tables.runDurableState[data.row] === RUN_STATES.RUNNING, wish)
    if (this.hasEnded(data.row)) this.#refuseWithoutFunctions(data)
  }

  /** @throws SymphonyError `WORKFLOW_UNKNOWN` */
  #refuseWithoutFunctions(data: RunData): void {
    if (rebindIfKnown(this.#state, data)) return
    const { name, version } = data.template.compiled
    throw new SymphonyError({
      code: 'WORKFLOW_UNKNOWN',
      component: COMPONENT,
      message: `Run "${data.id}" runs workflow "${name}" version ${version}, which is not defined in this process. Define it first.`,
      details: { run: data.id, workflow: name, version },
    })
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

function refused(code: 'RUN_ENDED' | 'TASK_STATE', message: string, blockers: RunUpgrade['blockers'] = []): SymphonyError {
  return new SymphonyError({ code, component: COMPONENT, message, details: { blockers: blockers.map(({ task, reason }) => ({ task, reason })) } })
}

function checkSequence(sequence: number | undefined): void {
  if (sequence === undefined || (Number.isInteger(sequence) && sequence >= 0)) return
  throw invalid(`fromSequence must be the number of the last one that is known, or 0, not ${sequence}`)
}

function invalid(problem: string): SymphonyError {
  return new SymphonyError({ code: 'INVALID_ARGUMENT', component: COMPONENT, message: `Wrong argument: ${problem}.` })
}
