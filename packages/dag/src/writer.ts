import { COMPONENT_IDS, SymphonyError, TASK_STATE_NAMES } from '@symphony/interface'
import type { ArtifactRef, Clock, CommandLog, ErrorData } from '@symphony/interface'
import { ByteWriter } from '@symphony/shared-memory'
import type { Announcer } from './announcer.ts'
import {
  applyCancel, applyComplete, applyExpand, applyFail, applyForget, applyPause, applyResume, applySkip, applyStart, applyWait, applyWake,
} from './apply.ts'
import type { StartCommand } from './apply.ts'
import { beginTask } from './backend.ts'
import { COMMANDS, writeComplete, writeExpansion, writeOptional, writeRef, writeStart } from './commands.ts'
import { writeDefinition } from './definition/definition-codec.ts'
import { tasksIn } from './expansion.ts'
import type { ResolvedExpansion } from './expansion.ts'
import { applyMerging } from './merging.ts'
import { PART_BYTES, TOKENS_PER_EPOCH } from './limits.ts'
import { applyRetry } from './runs/retry.ts'
import { beginDueRuns } from './runs/delays.ts'
import { keepSignal } from './runs/signals.ts'
import type { RunCommand } from './runs/run-command.ts'
import type { Binding, DagState, RunData, StoredTemplate } from './state.ts'
import { addTemplate, applyUndefine } from './templates.ts'
import { READY, RUNNING } from './transitions.ts'

const { dag: DAG } = COMPONENT_IDS

/**
 * Makes durable changes: encodes a command, logs it, applies it, and has it announced, in this order. Arguments are checked by
 * the caller: what comes here cannot be refused any more.
 */
export class DagWriter {
  readonly #state: DagState
  readonly #announcer: Announcer
  readonly #clock: Clock
  readonly #log: CommandLog | undefined
  readonly #body = new ByteWriter(4096)
  /** First token of this epoch, and attempts begun in it; no epoch is open while the count is 0. */
  #tokenBase = 0
  #tokens = 0
  readonly #large = new ByteWriter(4096)
  readonly #part = new ByteWriter(4096)
  /** Number of the parts that were logged last. */
  #parts = 0
  /** An expansion whose parts were logged ahead. */
  #staged: { readonly bytes: Uint8Array; readonly parts: number } | undefined
  /** Time of the batch that is going on, or 0. */
  #batchMs = 0

  constructor(state: DagState, announcer: Announcer, clock: Clock, log: CommandLog | undefined) {
    this.#state = state
    this.#announcer = announcer
    this.#clock = clock
    this.#log = log
  }

  /** Everything `change` does happens at one time: the clock is asked once. */
  batch<T>(change: () => T): T {
    if (this.#batchMs !== 0) return change()
    this.#batchMs = this.#clock.nowMs()
    this.#announcer.hold()
    try {
      return change()
    } finally {
      this.#batchMs = 0
      this.#announcer.show()
    }
  }

  /** The next attempt gets a token above all that were handed out before. */
  endEpoch(): void {
    this.#tokens = 0
  }

  /** Stores a definition for its first run. */
  define(binding: Binding): StoredTemplate {
    // The body is kept with the template for snapshots, so it needs bytes of its own.
    const body = writeDefinition(new ByteWriter(4096), binding.compiled).copy()
    if (this.#log !== undefined && body.length > PART_BYTES) this.#appendWhole(COMMANDS.DEFINE_PARTS, this.#body.reset().u32(this.#appendParts(body)).view())
    else this.#append(COMMANDS.DEFINE, body)
    return addTemplate(this.#state, binding.compiled, binding.template.hash, binding, body)
  }

  /** Has freed ranges of rows merged from here on. Once in the life of a log, before its first change that needs room. */
  mergeRanges(): void {
    if (this.#log !== undefined) this.#append(COMMANDS.MERGING, this.#body.reset().view())
    applyMerging(this.#state)
  }

  undefine(number: number): void {
    if (this.#log !== undefined) this.#append(COMMANDS.UNDEFINE, this.#body.reset().u32(number).view())
    applyUndefine(this.#state, number)
  }

  start(template: StoredTemplate, binding: Binding, command: StartCommand): RunData {
    const readyBefore = this.#readyCount()
    if (this.#log !== undefined) this.#append(COMMANDS.START, writeStart(this.#body, template.number, command))
    const data = applyStart(this.#state, template, binding, command)
    this.#announcer.announceStart(data, command.nowMs, readyBefore)
    return data
  }

  /** @returns the token of the new attempt */
  begin(task: number): number {
    const t = this.#state.tables
    const from = t.taskState[task] as number
    if (from !== READY) throw taskState(task, from, 'begin it', 'ready')
    if (this.#tokens === 0) this.#openEpoch()
    const token = this.#tokenBase + ++this.#tokens
    const nowMs = this.#now()
    beginTask(t, task, token, nowMs)
    this.#announcer.begun(task, READY * 16 + RUNNING, nowMs)
    return token
  }

  /** As `begin` for many READY tasks at one time. Tokens of what cannot begin any more are 0. @returns how many began */
  beginMany(tasks: Int32Array, count: number, tokens: Float64Array): number {
    const t = this.#state.tables
    const nowMs = this.#now()
    let begun = 0
    for (let index = 0; index < count; index++) {
      const task = tasks[index] as number
      tokens[index] = 0
      if (t.taskState[task] !== READY) continue
      if (this.#tokens === 0) this.#openEpoch()
      const token = this.#tokenBase + ++this.#tokens
      tokens[index] = token
      beginTask(t, task, token, nowMs)
      begun++
    }
    this.#announcer.announce(nowMs, 1)
    return begun
  }

  /**
   * As `complete` for many attempts at one time, told to others together. Late ones are refused and counted.
   * @param accepted set to 1 for what was taken, else 0
   * @returns how many were taken
   */
  completeMany(tasks: Int32Array, count: number, tokens: Float64Array, outputs: readonly (ArtifactRef | undefined)[], accepted: Uint8Array): number {
    const t = this.#state.tables
    const readyBefore = this.#readyCount()
    const nowMs = this.#now()
    let taken = 0
    for (let index = 0; index < count; index++) {
      const task = tasks[index] as number
      const isOurs = t.taskState[task] === RUNNING && t.taskToken[task] === tokens[index]
      accepted[index] = isOurs ? 1 : 0
      if (!isOurs) continue
      const attempt = t.taskAttempt[task] as number
      const startedAtMs = t.taskStartedAtMs[task] as number
      const output = outputs[index]
      if (this.#log !== undefined) this.#append(COMMANDS.COMPLETE, writeComplete(this.#body, task, attempt, startedAtMs, nowMs, 0, output, undefined, undefined, 0))
      applyComplete(this.#state, task, attempt, startedAtMs, nowMs, 0, output, undefined, undefined)
      taken++
    }
    this.#announcer.announce(nowMs, readyBefore)
    return taken
  }

  /**
   * @param marks RECALLED, DEFAULTED
   * @param taken rows of the dependents it goes on to; undefined for all
   */
  complete(
    task: number,
    marks: number,
    output: ArtifactRef | undefined,
    taken: readonly number[] | undefined,
    expansion: ResolvedExpansion | undefined,
  ): void {
    const t = this.#state.tables
    const readyBefore = this.#readyCount()
    const nowMs = this.#now()
    const attempt = t.taskAttempt[task] as number
    // A recalled result was never started.
    const startedAtMs = t.taskState[task] === READY ? 0 : (t.taskStartedAtMs[task] as number)
    if (this.#log !== undefined) {
      const bytes = expansion === undefined ? undefined : this.#encode(expansion)
      const parts = bytes === undefined ? 0 : this.#partsOf(bytes)
      this.#append(COMMANDS.COMPLETE, writeComplete(this.#body, task, attempt, startedAtMs, nowMs, marks, output, taken, bytes, parts))
    }
    applyComplete(this.#state, task, attempt, startedAtMs, nowMs, marks, output, taken, expansion)
    if (expansion !== undefined) this.#announcer.runExpanded(this.#state.run(t.taskRun[task] as number), tasksIn(expansion), nowMs)
    this.#announcer.announce(nowMs, readyBefore)
  }

  /** @param retryAtMs 0 for a failure that stays one */
  fail(task: number, error: ErrorData, retryAtMs: number): void {
    const t = this.#state.tables
    const readyBefore = this.#readyCount()
    const nowMs = this.#now()
    const attempt = t.taskAttempt[task] as number
    const startedAtMs = t.taskState[task] === READY ? 0 : (t.taskStartedAtMs[task] as number)
    if (this.#log !== undefined) {
      this.#append(COMMANDS.FAIL, this.#body.reset().u32(task).u32(attempt).f64(startedAtMs).f64(nowMs).f64(retryAtMs).json(error).view())
    }
    applyFail(this.#state, task, attempt, startedAtMs, nowMs, retryAtMs, error)
    this.#announcer.announce(nowMs, readyBefore)
  }

  skip(task: number, reason: string | undefined): void {
    const readyBefore = this.#readyCount()
    const nowMs = this.#now()
    if (this.#log !== undefined) this.#append(COMMANDS.SKIP, writeOptional(this.#body.reset().u32(task).f64(nowMs), reason).view())
    applySkip(this.#state, task, nowMs, reason)
    this.#announcer.announce(nowMs, readyBefore)
  }

  expand(task: number, expansion: ResolvedExpansion): number {
    const readyBefore = this.#readyCount()
    const nowMs = this.#now()
    if (this.#log !== undefined) {
      const bytes = this.#encode(expansion)
      const parts = this.#partsOf(bytes)
      this.#body.reset().u32(task).f64(nowMs)
      if (parts > 0) this.#append(COMMANDS.EXPAND_PARTS, this.#body.u32(parts).view())
      else this.#append(COMMANDS.EXPAND, this.#body.raw(bytes).view())
    }
    const added = applyExpand(this.#state, task, expansion, nowMs)
    this.#announcer.runExpanded(this.#state.run(this.#state.tables.taskRun[task] as number), added, nowMs)
    this.#announcer.announce(nowMs, readyBefore)
    return added
  }

  cancel(run: number, reason: string | undefined): void {
    const nowMs = this.#now()
    if (this.#log !== undefined) this.#append(COMMANDS.CANCEL, writeOptional(this.#body.reset().u32(run).f64(nowMs), reason).view())
    applyCancel(this.#state, run, reason, nowMs)
    this.#announcer.announce(nowMs, 1)
  }

  pause(run: number): void {
    if (this.#log !== undefined) this.#append(COMMANDS.PAUSE, this.#body.reset().u32(run).view())
    const nowMs = this.#now()
    for (const paused of applyPause(this.#state, run)) this.#announcer.runChanged(this.#state.run(paused), nowMs)
  }

  resume(run: number): void {
    const readyBefore = this.#readyCount()
    const nowMs = this.#now()
    if (this.#log !== undefined) this.#append(COMMANDS.RESUME, this.#body.reset().u32(run).view())
    for (const resumed of applyResume(this.#state, run)) this.#announcer.runChanged(this.#state.run(resumed), nowMs)
    this.#announcer.announce(nowMs, readyBefore)
  }

  signal(run: number, name: string, payload: ArtifactRef | undefined): void {
    const readyBefore = this.#readyCount()
    const nowMs = this.#now()
    if (this.#log !== undefined) {
      this.#body.reset().u32(run).f64(nowMs).string(name).u8(payload === undefined ? 0 : 1)
      if (payload !== undefined) writeRef(this.#body, payload)
      this.#append(COMMANDS.SIGNAL, this.#body.view())
    }
    keepSignal(this.#state, run, { name, payload, error: undefined }, nowMs)
    this.#announcer.announce(nowMs, readyBefore)
  }

  wait(task: number, untilMs: number): void {
    const readyBefore = this.#readyCount()
    if (this.#log !== undefined) this.#append(COMMANDS.WAIT, this.#body.reset().u32(task).f64(untilMs).view())
    applyWait(this.#state, task, untilMs)
    this.#announcer.announce(this.#now(), readyBefore)
  }

  wake(nowMs: number): number {
    const readyBefore = this.#readyCount()
    if (this.#log !== undefined) this.#append(COMMANDS.WAKE, this.#body.reset().f64(nowMs).view())
    const woken = applyWake(this.#state, nowMs) + beginDueRuns(this.#state, nowMs)
    this.#announcer.announce(nowMs, readyBefore)
    return woken
  }

  retry(run: number, task: number): number {
    const readyBefore = this.#readyCount()
    const nowMs = this.#now()
    if (this.#log !== undefined) this.#append(COMMANDS.RETRY, this.#body.reset().u32(run).u32(task).f64(nowMs).view())
    const count = applyRetry(this.#state, run, [task], nowMs)
    this.#announcer.runChanged(this.#state.run(run), nowMs)
    this.#announcer.announce(nowMs, readyBefore)
    return count
  }

  forget(run: number): void {
    const data = this.#state.run(run)
    this.#announcer.runForgetting(data)
    if (this.#log !== undefined) this.#append(COMMANDS.FORGET, this.#body.reset().u32(run).view())
    applyForget(this.#state, run)
    this.#announcer.runForgotten(data)
  }

  /** Any other command: encoded only when there is a log, then applied and announced. Its time is the caller's, from `nowMs`. */
  commit<F extends { readonly nowMs: number }, R>(command: RunCommand<F, R>, fields: F, tell?: (result: R) => void): R {
    const readyBefore = this.#readyCount()
    if (this.#log !== undefined) {
      command.write(this.#body.reset(), fields)
      this.#append(command.type, this.#body.view())
    }
    const result = command.apply(this.#state, fields)
    tell?.(result)
    this.#announcer.announce(fields.nowMs, readyBefore)
    return result
  }

  /** The time of a command. */
  get nowMs(): number {
    return this.#now()
  }

  /** Logs the parts of an expansion that is too large for one command; whatever adds it then only refers to them. */
  stage(expansion: ResolvedExpansion): void {
    const bytes = this.#encode(expansion)
    if (bytes.length > PART_BYTES) this.#staged = { bytes: bytes.slice(), parts: this.#appendParts(bytes) }
  }

  get isLogged(): boolean {
    return this.#log !== undefined
  }

  #encode(expansion: ResolvedExpansion): Uint8Array {
    writeExpansion(this.#large.reset(), expansion)
    return this.#large.view()
  }

  /** @returns the number of the parts the bytes were logged in, or 0 when they are small enough to be logged whole */
  #partsOf(bytes: Uint8Array): number {
    if (bytes.length <= PART_BYTES) return 0
    const staged = this.#staged
    this.#staged = undefined
    return staged !== undefined && Buffer.compare(staged.bytes, bytes) === 0 ? staged.parts : this.#appendParts(bytes)
  }

  /**
   * A part alone changes nothing: parts are collected by replay until a command refers to them, and what a crash has left
   * without such a command is dropped. So they may stand in any records before it, and the change itself stays one small
   * command that can share a record with whatever has to happen together with it. A checkpoint must not come in between,
   * which it cannot, as all of this happens in one synchronous turn.
   */
  #appendParts(bytes: Uint8Array): number {
    this.#parts++
    for (let at = 0; at < bytes.length; at += PART_BYTES) {
      const piece = bytes.subarray(at, at + PART_BYTES)
      this.#appendWhole(COMMANDS.PART, this.#part.reset().u32(this.#parts).u8(at === 0 ? 1 : 0).raw(piece).view())
    }
    return this.#parts
  }

  #now(): number {
    return this.#batchMs === 0 ? this.#clock.nowMs() : this.#batchMs
  }

  /** A command of any size: one that is too large for a record goes ahead in parts, and what is left of it names them. */
  #append(type: number, body: Uint8Array): void {
    if (this.#log === undefined) return
    if (body.length <= PART_BYTES) return this.#appendWhole(type, body)
    const parts = this.#appendParts(body)
    this.#appendWhole(COMMANDS.IN_PARTS, this.#part.reset().u32(parts).u32(type).view())
  }

  #appendWhole(type: number, body: Uint8Array): void {
    if (this.#log !== undefined) this.#state.tables.region.appliedLsn[0] = this.#log.append(DAG, type, body)
  }

  #readyCount(): number {
    return this.#state.tables.readyCount[0] as number
  }

  #openEpoch(): void {
    const { epoch } = this.#state.tables.region.words
    const next = (epoch[0] as number) + 1
    if (this.#log !== undefined) this.#append(COMMANDS.OPENED, this.#body.reset().f64(next).view())
    epoch[0] = next
    this.#tokenBase = next * TOKENS_PER_EPOCH
  }
}

/** The error of a call that a task's state does not allow. */
export function taskState(task: number, state: number, wish: string, needed: string): SymphonyError {
  return new SymphonyError({
    code: 'TASK_STATE',
    component: '@symphony/dag',
    message: `Task row ${task} is ${TASK_STATE_NAMES[state] ?? 'not in use'}; to ${wish} it must be ${needed}. Ask for its state before.`,
    details: { task, state: TASK_STATE_NAMES[state] ?? null },
  })
}
