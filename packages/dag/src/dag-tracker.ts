import { createHash } from 'node:crypto'
import { INTERFACE_VERSION, RUN_STATES } from '@symphony/interface'
import type {
  ArtifactRef, Clock, CommandDescription, ComponentHealth, DagColumns, DagTracker, ErrorData, Expansion, FencingToken, Lsn, ReplicaSource, RunId, RunRow,
  Supports, TaskResult, TaskRow, Template, WorkflowGraph, WorkflowSpec,
} from '@symphony/interface'
import { nullEvents, randomSeed, seededRandom, silentLogger, systemClock } from '@symphony/ports'
import { Announcer } from './announcer.ts'
import { makeRoomForExpansion } from './capacity.ts'
import { isRef, replayCommand } from './commands.ts'
import { dataOfTask } from './dag-reads.ts'
import { describeCommand } from './describe.ts'
import type { ResolvedExpansion } from './expansion.ts'
import { toGraph } from './definition/graph.ts'
import { FLAGS, NOT_QUEUED, TAKEN } from './layout.ts'
import { KEPT_SIGNALS_MAX } from './limits.ts'
import { checkInit } from './options.ts'
import type { DagInit, DagPorts } from './options.ts'
import { enqueue } from './ready-queue.ts'
import { rebuild, releaseQuarantined } from './recovery.ts'
import { Registry } from './registry.ts'
import { resolveExpansion } from './resolve-expansion.ts'
import { resolveRoutes, untakenOf } from './routing.ts'
import { isAwaitingChild, isNeeded } from './runs/family.ts'
import { KeptHistory } from './runs/kept-history.ts'
import { SupervisedRuns } from './runs/supervised-runs.ts'
import { rejectSignal } from './runs/signals.ts'
import { RunIds } from './runs/start-options.ts'
import { readSnapshot, writeSnapshot } from './snapshot.ts'
import { DagState } from './state.ts'
import type { RunData } from './state.ts'
import type { DagTables } from './tables.ts'
import { FIRST_FINAL, READY, RUNNING } from './transitions.ts'
import { invalid, notARef, signalsFull, taskState } from './tracker-errors.ts'
import { DagWriter } from './writer.ts'

const COMPONENT = '@symphony/dag'
const REPLICA = new URL(import.meta.url.endsWith('.ts') ? './replica-entry.ts' : './replica-entry.js', import.meta.url).href
const EMPTY: Readonly<Record<string, never>> = Object.freeze({})

/** The tracker with what only this implementation offers. */
export class RegionDagTracker extends SupervisedRuns implements DagTracker {
  readonly componentName = 'dag' as const
  readonly interfaceVersion: string = INTERFACE_VERSION
  readonly supports: Supports = Object.freeze({
    sharedRegion: true,
    replayable: true,
    multiThreaded: false,
    features: Object.freeze({
      expansion: true, graph: true, signals: true, retryFrom: true, quarantine: true, learnedDurations: true,
      joins: true, conditions: true, routes: true, timers: true, ranges: true,
      subWorkflows: true, search: true, fork: true, schedules: true, migration: true, streams: true, descriptions: true,
      replica: true, supervision: true,
    }),
  })
  readonly columns: DagColumns
  readonly replica: ReplicaSource
  /** The region's bytes, for other threads to attach to. */
  readonly buffer: SharedArrayBuffer
  readonly #state: DagState
  readonly #registry: Registry
  readonly #announcer: Announcer
  readonly #writer: DagWriter
  readonly #history: KeptHistory
  readonly #clock: Clock
  readonly #tables: DagTables

  constructor(init: DagInit, ports: DagPorts) {
    const limits = checkInit(init)
    const state = new DagState(limits)
    const clock = ports.clock ?? systemClock
    const registry = new Registry(state)
    const logger = ports.logger ?? silentLogger
    const announcer = new Announcer(state, ports.events ?? nullEvents, logger, clock)
    const writer = new DagWriter(state, announcer, clock, ports.log)
    const history = new KeptHistory(state, limits.keepEndedBytes)
    const ids = new RunIds(ports.random ?? seededRandom(randomSeed()))
    super({ state, clock, ids, logger, registry, announcer, writer, keepEndedRuns: limits.keepEndedRuns, history })
    const { tasksMax, edgesMax, runsMax } = limits
    this.replica = Object.freeze({ module: REPLICA, factory: 'createReplica', init: { tasksMax, edgesMax, runsMax } })
    this.#clock = clock
    this.#state = state
    this.#registry = registry
    this.#announcer = announcer
    this.#writer = writer
    this.#history = history
    const { tables } = this.#state
    this.#tables = tables
    const runs = tables.region.tables.runs.columns
    this.buffer = tables.region.buffer
    this.columns = Object.freeze({
      taskState: tables.taskState,
      taskRun: tables.taskRun,
      taskType: tables.taskType,
      taskAttempt: tables.taskAttempt,
      taskPending: tables.taskPending,
      taskRankMs: tables.taskRankMs,
      taskReadyAtMs: tables.taskReadyAtMs,
      runState: tables.runState,
      runPriority: runs.priority,
      runTenant: runs.tenant,
      runTasksOpen: tables.runTasksOpen,
      runStartedAtMs: runs.startedAtMs,
    })
    for (const workflow of init.workflows ?? []) this.#registry.define(workflow)
  }

  get [Symbol.toStringTag](): string {
    return COMPONENT
  }

  defineWorkflow(definition: WorkflowSpec | WorkflowGraph): Template {
    const binding = this.#registry.define(definition)
    const nowMs = this.#clock.nowMs()
    const readyBefore = this.#tables.readyCount[0] as number
    this.#state.managed.unparkSchedules()
    // What is rebuilt finds its functions by itself.
    const released = this.#state.guard.panic !== undefined ? [] : this.#state.guard.run(() => releaseQuarantined(this.#state, binding))
    for (const run of released) this.#announcer.runChanged(this.#state.run(run), nowMs)
    if (released.length > 0) this.#announcer.announce(nowMs, readyBefore)
    this.#announcer.workflowDefined(binding.template)
    return binding.template
  }

  template(name: string, version?: string): Template | undefined {
    return this.#registry.find(name, version)?.template
  }

  exportGraph(template: Template): ReturnType<typeof toGraph> {
    return toGraph(template)
  }

  takeReady(into: Int32Array): number {
    if (this.isClosed || this.#state.guard.panic !== undefined) return 0
    return this.#state.guard.run(() => this.#tables.backend.take(this.#tables, into))
  }

  returnReady(task: TaskRow): void {
    const t = this.#tables
    if (this.#state.guard.panic !== undefined || t.queuePrev[task] !== TAKEN || t.taskState[task] !== READY) return
    t.queuePrev[task] = NOT_QUEUED
    if (t.runState[t.taskRun[task] as number] !== RUN_STATES.RUNNING) return
    const readyBefore = t.readyCount[0] as number
    enqueue(t, task)
    this.#announcer.announce(this.#clock.nowMs(), readyBefore)
  }

  beginTask(task: TaskRow): FencingToken {
    return this.#writer.begin(task) as FencingToken
  }

  beginTasks(tasks: Int32Array, count: number, tokens: Float64Array): number {
    return this.#writer.beginMany(tasks, count, tokens)
  }

  completeTasks(tasks: Int32Array, count: number, tokens: Float64Array, outputs: readonly (ArtifactRef | undefined)[], accepted: Uint8Array): number {
    const taken = this.#writer.completeMany(tasks, count, tokens, outputs, accepted)
    for (let index = 0; taken < count && index < count; index++) if (accepted[index] === 0) this.#refuseLate(tasks[index] as number)
    this.prune()
    return taken
  }

  completeTask(task: TaskRow, result: TaskResult = EMPTY, token?: FencingToken): boolean {
    if (!this.#accepts(task, token, 'complete it')) return false
    const { output, recalled, defaulted, routes, expansion } = result
    if (output !== undefined && !isRef(output)) throw notARef(output)
    const marks = (recalled === true ? FLAGS.RECALLED : 0) | (defaulted === true ? FLAGS.DEFAULTED : 0)
    if (routes === undefined && expansion === undefined) this.#writer.complete(task, marks, output, undefined, undefined)
    else {
      const taken = routes === undefined ? undefined : resolveRoutes(this.#state, dataOfTask(this.#state, task), task, routes, expansion)
      const resolved = expansion === undefined ? undefined : this.#resolve(task, expansion)
      this.#makeRoom(task, resolved, taken)
      this.#writer.complete(task, marks, output, taken, resolved)
    }
    this.prune()
    return true
  }

  failTask(task: TaskRow, error: ErrorData, options: { readonly retryAtMs?: number; readonly token?: FencingToken } = EMPTY): boolean {
    if (!this.#accepts(task, options.token, 'fail it')) return false
    const retryAtMs = options.retryAtMs ?? 0
    if (!Number.isFinite(retryAtMs) || retryAtMs < 0) throw invalid(`retryAtMs must be a time in ms, not ${retryAtMs}`)
    this.#writer.fail(task, error, retryAtMs)
    this.prune()
    return true
  }

  skipTask(task: TaskRow, reason?: string): boolean {
    this.#state.guard.check()
    const t = this.#tables
    if ((t.taskRun[task] ?? -1) < 0 || (t.taskState[task] as number) >= FIRST_FINAL) return false
    this.#writer.skip(task, reason)
    this.prune()
    return true
  }

  expandTask(task: TaskRow, expansion: Expansion): number {
    this.#state.guard.check()
    const t = this.#tables
    const run = t.taskRun[task] ?? -1
    if (run < 0 || this.hasEnded(run)) throw taskState(task, t.taskState[task] ?? -1, 'expand it', 'in a run that has not ended')
    const resolved = this.#resolve(task, expansion)
    this.#makeRoom(task, resolved, undefined)
    const added = this.#writer.expand(task, resolved)
    this.prune()
    return added
  }

  stageExpansion(task: TaskRow, expansion: Expansion): void {
    this.#state.guard.check()
    const run = this.#tables.taskRun[task] ?? -1
    if (run >= 0 && !this.hasEnded(run) && this.#writer.isLogged) this.#writer.stage(this.#resolve(task, expansion))
  }

  progressTask(task: TaskRow, fraction: number): void {
    if (this.#state.guard.panic !== undefined || this.#tables.taskState[task] !== RUNNING) return
    this.#announcer.progressed(task, Math.round(Math.min(1, Math.max(0, fraction)) * 1000))
  }

  waitTask(task: TaskRow, untilMs: number): boolean {
    this.#state.guard.check()
    const from = this.#tables.taskState[task] as number
    if (from >= FIRST_FINAL) return false
    if (from !== READY) throw taskState(task, from, 'let it wait', 'ready')
    if (!Number.isFinite(untilMs)) throw invalid(`untilMs must be a time in ms, not ${untilMs}`)
    this.#writer.wait(task, untilMs)
    return true
  }

  cancelWorkflow(id: string, reason?: string): boolean {
    const { row } = this.#state.runById(id)
    if (this.hasEnded(row)) return false
    this.#writer.cancel(row, reason)
    this.prune()
    return true
  }

  pauseWorkflow(id: string): boolean {
    const { row } = this.#state.runById(id)
    if (this.#tables.runDurableState[row] !== RUN_STATES.RUNNING) return false
    this.#writer.pause(row)
    return true
  }

  resumeWorkflow(id: string): boolean {
    const { row } = this.#state.runById(id)
    if (this.#tables.runDurableState[row] !== RUN_STATES.PAUSED) return false
    this.#writer.resume(row)
    return true
  }

  signalWorkflow(id: string, name: string, payload?: ArtifactRef): boolean {
    const data = this.#state.runById(id)
    if (payload !== undefined && !isRef(payload)) throw notARef(payload)
    if (!this.#takesSignal(data, name)) return false
    this.#writer.signal(data.row, name, payload)
    this.prune()
    return true
  }

  rejectSignal(id: string, name: string, error: ErrorData): boolean {
    const data = this.#state.runById(id)
    if (!this.#takesSignal(data, name)) return false
    this.#writer.commit(rejectSignal, { run: data.row, name, error, nowMs: this.#writer.nowMs })
    this.prune()
    return true
  }

  forgetRun(id: string): boolean {
    const run = this.#state.findRun(id)
    if (run === undefined || !this.hasEnded(run.row) || isNeeded(this.#state, run.row)) return false
    this.#writer.forget(run.row)
    return true
  }

  onRunEnded(listener: (run: RunRow, id: RunId) => void): () => void {
    this.#announcer.runEnded.add(listener)
    return () => void this.#announcer.runEnded.delete(listener)
  }

  onRunForgotten(listener: (run: RunRow, id: RunId) => void): () => void {
    this.#announcer.forgetting.add(listener)
    return () => void this.#announcer.forgetting.delete(listener)
  }

  onDefined(listener: (template: Template) => void): () => void {
    this.#announcer.defined.add(listener)
    return () => void this.#announcer.defined.delete(listener)
  }

  onReady(listener: () => void): () => void {
    this.#announcer.ready.add(listener)
    return () => void this.#announcer.ready.delete(listener)
  }

  applyCommand(type: number, body: Uint8Array, lsn: Lsn): void {
    replayCommand(this.#state, type, body, lsn)
  }

  describeCommand(type: number, body: Uint8Array): CommandDescription | undefined {
    return describeCommand(this.#state, type, body)
  }

  snapshot(): Uint8Array {
    return writeSnapshot(this.#state)
  }

  restore(snapshot: Uint8Array): void {
    readSnapshot(this.#state, snapshot)
    this.#history.weighAll()
    this.#writer.endEpoch()
  }

  afterRecovery(): void {
    rebuild(this.#state)
    this.#history.weighAll()
    this.#writer.endEpoch()
    this.handBack()
  }

  /**
   * Runs a synchronous change whose commands all happen at the same time: the clock, which costs as much as a transition, is
   * asked once.
   * @example
   * tracker.batch(() => rows.forEach((row) => tracker.completeTask(row)))
   */
  batch<T>(change: () => T): T {
    return this.#writer.batch(change)
  }

  /** SHA-256 of the durable state: equal in two trackers that applied the same commands. */
  stateDigest(): string {
    return createHash('sha256').update(writeSnapshot(this.#state)).digest('hex')
  }

  health(): ComponentHealth {
    const reasons: string[] = []
    for (const data of this.#state.runs) {
      if (data === undefined || this.#tables.runState[data.row] !== RUN_STATES.QUARANTINED || reasons.length === 10) continue
      const { name, version } = data.template.compiled
      reasons.push(`run "${data.id}" waits for workflow "${name}" version ${version} to be defined as it was`)
    }
    for (const { spec } of this.#state.managed.parkedSchedules.slice(0, 10)) reasons.push(`schedule "${spec.id}" waits for workflow "${spec.workflow}" to be defined`)
    const { panic } = this.#state.guard
    if (panic !== undefined && !this.isClosed) return { component: COMPONENT, status: 'quarantined', reasons: [panic.message] }
    return { component: COMPONENT, status: this.isClosed ? 'closed' : reasons.length > 0 ? 'degraded' : 'healthy', reasons }
  }

  close(): Promise<void> {
    this.markClosed()
    this.endFollowers()
    return Promise.resolve()
  }

  /** Whether a result may be taken for this task. Late ones are counted and refused. */
  #accepts(task: number, token: number | undefined, wish: string): boolean {
    this.#state.guard.check()
    const t = this.#tables
    const from = t.taskState[task] as number
    if (token === undefined ? from === RUNNING || from === READY || isAwaitingChild(t, task) : from === RUNNING && t.taskToken[task] === token) return true
    if (token === undefined && !(from >= FIRST_FINAL)) throw taskState(task, from, wish, 'ready or running')
    this.#refuseLate(task)
    return false
  }

  #takesSignal(data: RunData, name: string): boolean {
    if (this.hasEnded(data.row)) return false
    if (data.signals.length >= KEPT_SIGNALS_MAX) throw signalsFull(data.id, name)
    return true
  }

  #refuseLate(task: number): void {
    const attempt = this.#tables.taskAttempt[task] ?? 0
    this.#announcer.lateResult(task, this.#tables.taskState[task] === RUNNING ? attempt - 1 : attempt)
  }

  #resolve(task: number, expansion: Expansion): ResolvedExpansion {
    return resolveExpansion(this.#state, dataOfTask(this.#state, task), expansion)
  }

  #makeRoom(task: number, expansion: ResolvedExpansion | undefined, taken: readonly number[] | undefined): void {
    const untaken = taken === undefined ? 0 : untakenOf(this.#tables, task, taken).size
    makeRoomForExpansion(this.#state, this.#writer, this.#tables.taskRun[task] as number, expansion, untaken)
  }
}
