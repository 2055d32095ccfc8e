import type { ArtifactRef, Clock, CommandLog, ErrorData } from '@symphony/interface'
import { ByteWriter } from '@symphony/shared-memory'
import type { ChangeGuard } from '@symphony/shared-memory'
import type { Announcer } from './announcer.ts'
import {
  applyCancel, applyComplete, applyExpand, applyFail, applyForget, applyPause, applyResume, applySkip, applyStart, applyWait, applyWake,
} from './apply.ts'
import type { StartCommand } from './apply.ts'
import { CommandParts } from './command-parts.ts'
import { CompletionBatch } from './completion-batch.ts'
import { COMMANDS, writeComplete, writeExpansion, writeOptional, writeRef, writeStart } from './commands.ts'
import { writeDefinition } from './definition/definition-codec.ts'
import { tasksIn } from './expansion.ts'
import type { ResolvedExpansion } from './expansion.ts'
import { applyMerging } from './merging.ts'
import { TOKENS_PER_EPOCH } from './limits.ts'
import { applyRetry } from './runs/retry.ts'
import { beginDueRuns } from './runs/delays.ts'
import { keepSignal } from './runs/signals.ts'
import type { RunCommand } from './runs/run-command.ts'
import type { Binding, DagState, RunData, StoredTemplate } from './state.ts'
import { addTemplate, applyUndefine } from './templates.ts'
import { taskState } from './tracker-errors.ts'
import { READY, RUNNING } from './transitions.ts'

/**
 * Makes durable changes: encodes a command, logs it, applies it, and has it announced, in this order. Arguments are checked by
 * the caller: what comes here cannot be refused any more.
 */
export class DagWriter {
  readonly #state: DagState
  readonly #guard: ChangeGuard
  readonly #announcer: Announcer
  readonly #clock: Clock
  /** Undefined without a log: then nothing is encoded. */
  readonly #log: CommandParts | undefined
  readonly #body = new ByteWriter(4096)
  /** First token of this epoch, and attempts begun in it; no epoch is open while the count is 0. */
  #tokenBase = 0
  #tokens = 0
  readonly #large = new ByteWriter(4096)
  readonly #completing: CompletionBatch
  /** Time of the batch that is going on, or 0. */
  #batchMs = 0

  constructor(state: DagState, announcer: Announcer, clock: Clock, log: CommandLog | undefined) {
    this.#state = state
    this.#guard = state.guard
    this.#completing = new CompletionBatch(state)
    this.#announcer = announcer
    this.#clock = clock
    this.#log = log === undefined ? undefined : new CommandParts(log, state)
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
    const parts = this.#log?.partsOf(body) ?? 0
    if (parts > 0) this.#log?.append(COMMANDS.DEFINE_PARTS, this.#body.reset().u32(parts).view())
    else this.#log?.append(COMMANDS.DEFINE, body)
    return this.#guard.run(() => addTemplate(this.#state, binding.compiled, binding.template.hash, binding, body))
  }

  /** Has freed ranges of rows merged from here on. Once in the life of a log, before its first change that needs room. */
  mergeRanges(): void {
    if (this.#log !== undefined) this.#log.append(COMMANDS.MERGING, this.#body.reset().view())
    this.#guard.run(() => applyMerging(this.#state))
  }

  undefine(number: number): void {
    if (this.#log !== undefined) this.#log.append(COMMANDS.UNDEFINE, this.#body.reset().u32(number).view())
    this.#guard.run(() => applyUndefine(this.#state, number))
  }

  start(template: StoredTemplate, binding: Binding, command: StartCommand): RunData {
    const readyBefore = this.#readyCount()
    if (this.#log !== undefined) this.#log.append(COMMANDS.START, writeStart(this.#body, template.number, command))
    const data = this.#guard.run(() => applyStart(this.#state, template, binding, command))
    this.#announcer.announceStart(data, command.nowMs, readyBefore)
    return data
  }

  /** @returns the token of the new attempt */
  begin(task: number): number {
    this.#guard.check()
    const t = this.#state.tables
    const from = t.taskState[task] as number
    if (from !== READY) throw taskState(task, from, 'begin it', 'ready')
    if (this.#tokens === 0) this.#openEpoch()
    const token = this.#tokenBase + ++this.#tokens
    const nowMs = this.#now()
    this.#guard.open()
    try {
      t.backend.begin(t, task, token, nowMs)
    } catch (error) {
      throw this.#guard.fail(error)
    }
    this.#guard.close()
    this.#announcer.begun(task, READY * 16 + RUNNING, nowMs)
    return token
  }

  /** As `begin` for many READY tasks at one time. Tokens of what cannot begin any more are 0. @returns how many began */
  beginMany(tasks: Int32Array, count: number, tokens: Float64Array): number {
    const t = this.#state.tables
    const nowMs = this.#now()
    let begun = 0
    this.#guard.check()
    if (this.#tokens === 0 && count > 0) this.#openEpoch()
    this.#guard.open()
    try {
      begun = t.backend.beginMany(t, tasks, count, tokens, this.#tokenBase + this.#tokens, nowMs)
    } catch (error) {
      throw this.#guard.fail(error)
    }
    this.#tokens += begun
    this.#guard.close()
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
    let isApplying = false
    this.#guard.open()
    try {
      for (let index = 0; index < count; index++) {
        const task = tasks[index] as number
        const isOurs = t.taskState[task] === RUNNING && t.taskToken[task] === tokens[index]
        accepted[index] = isOurs ? 1 : 0
        if (!isOurs) continue
        const attempt = t.taskAttempt[task] as number
        const startedAtMs = t.taskStartedAtMs[task] as number
        const output = outputs[index]
        isApplying = false
        if (this.#log !== undefined) this.#log.append(COMMANDS.COMPLETE, writeComplete(this.#body, task, attempt, startedAtMs, nowMs, 0, output, undefined, undefined, 0))
        isApplying = true
        this.#completing.add(task, attempt, startedAtMs, nowMs, output)
        taken++
      }
      isApplying = true
      this.#completing.flush(nowMs)
    } catch (error) {
      if (isApplying) throw this.#guard.fail(error)
      // The log refused one of them: it and those after it have not happened.
      try {
        this.#completing.flush(nowMs)
      } catch (failure) {
        throw this.#guard.fail(failure)
      }
      this.#guard.close()
      throw error
    }
    this.#guard.close()
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
      const parts = bytes === undefined ? 0 : this.#log.partsOf(bytes)
      this.#log.append(COMMANDS.COMPLETE, writeComplete(this.#body, task, attempt, startedAtMs, nowMs, marks, output, taken, bytes, parts))
    }
    this.#guard.open()
    try {
      applyComplete(this.#state, task, attempt, startedAtMs, nowMs, marks, output, taken, expansion)
    } catch (error) {
      throw this.#guard.fail(error)
    }
    this.#guard.close()
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
      this.#log.append(COMMANDS.FAIL, this.#body.reset().u32(task).u32(attempt).f64(startedAtMs).f64(nowMs).f64(retryAtMs).json(error).view())
    }
    this.#guard.run(() => applyFail(this.#state, task, attempt, startedAtMs, nowMs, retryAtMs, error))
    this.#announcer.announce(nowMs, readyBefore)
  }

  skip(task: number, reason: string | undefined): void {
    const readyBefore = this.#readyCount()
    const nowMs = this.#now()
    if (this.#log !== undefined) this.#log.append(COMMANDS.SKIP, writeOptional(this.#body.reset().u32(task).f64(nowMs), reason).view())
    this.#guard.run(() => applySkip(this.#state, task, nowMs, reason))
    this.#announcer.announce(nowMs, readyBefore)
  }

  expand(task: number, expansion: ResolvedExpansion): number {
    const readyBefore = this.#readyCount()
    const nowMs = this.#now()
    if (this.#log !== undefined) {
      const bytes = this.#encode(expansion)
      const parts = this.#log.partsOf(bytes)
      this.#body.reset().u32(task).f64(nowMs)
      if (parts > 0) this.#log.append(COMMANDS.EXPAND_PARTS, this.#body.u32(parts).view())
      else this.#log.append(COMMANDS.EXPAND, this.#body.raw(bytes).view())
    }
    const added = this.#guard.run(() => applyExpand(this.#state, task, expansion, nowMs))
    this.#announcer.runExpanded(this.#state.run(this.#state.tables.taskRun[task] as number), added, nowMs)
    this.#announcer.announce(nowMs, readyBefore)
    return added
  }

  cancel(run: number, reason: string | undefined): void {
    const nowMs = this.#now()
    if (this.#log !== undefined) this.#log.append(COMMANDS.CANCEL, writeOptional(this.#body.reset().u32(run).f64(nowMs), reason).view())
    this.#guard.run(() => applyCancel(this.#state, run, reason, nowMs))
    this.#announcer.announce(nowMs, 1)
  }

  pause(run: number): void {
    if (this.#log !== undefined) this.#log.append(COMMANDS.PAUSE, this.#body.reset().u32(run).view())
    const nowMs = this.#now()
    for (const paused of this.#guard.run(() => applyPause(this.#state, run))) this.#announcer.runChanged(this.#state.run(paused), nowMs)
  }

  resume(run: number): void {
    const readyBefore = this.#readyCount()
    const nowMs = this.#now()
    if (this.#log !== undefined) this.#log.append(COMMANDS.RESUME, this.#body.reset().u32(run).view())
    for (const resumed of this.#guard.run(() => applyResume(this.#state, run))) this.#announcer.runChanged(this.#state.run(resumed), nowMs)
    this.#announcer.announce(nowMs, readyBefore)
  }

  signal(run: number, name: string, payload: ArtifactRef | undefined): void {
    const readyBefore = this.#readyCount()
    const nowMs = this.#now()
    if (this.#log !== undefined) {
      this.#body.reset().u32(run).f64(nowMs).string(name).u8(payload === undefined ? 0 : 1)
      if (payload !== undefined) writeRef(this.#body, payload)
      this.#log.append(COMMANDS.SIGNAL, this.#body.view())
    }
    this.#guard.run(() => keepSignal(this.#state, run, { name, payload, error: undefined }, nowMs))
    this.#announcer.announce(nowMs, readyBefore)
  }

  wait(task: number, untilMs: number): void {
    const readyBefore = this.#readyCount()
    if (this.#log !== undefined) this.#log.append(COMMANDS.WAIT, this.#body.reset().u32(task).f64(untilMs).view())
    this.#guard.run(() => applyWait(this.#state, task, untilMs))
    this.#announcer.announce(this.#now(), readyBefore)
  }

  wake(nowMs: number): number {
    const readyBefore = this.#readyCount()
    if (this.#log !== undefined) this.#log.append(COMMANDS.WAKE, this.#body.reset().f64(nowMs).view())
    const woken = this.#guard.run(() => applyWake(this.#state, nowMs) + beginDueRuns(this.#state, nowMs))
    this.#announcer.announce(nowMs, readyBefore)
    return woken
  }

  retry(run: number, task: number): number {
    const readyBefore = this.#readyCount()
    const nowMs = this.#now()
    if (this.#log !== undefined) this.#log.append(COMMANDS.RETRY, this.#body.reset().u32(run).u32(task).f64(nowMs).view())
    const count = this.#guard.run(() => applyRetry(this.#state, run, [task], nowMs))
    this.#announcer.runChanged(this.#state.run(run), nowMs)
    this.#announcer.announce(nowMs, readyBefore)
    return count
  }

  forget(run: number): void {
    const data = this.#state.run(run)
    this.#announcer.runForgetting(data)
    if (this.#log !== undefined) this.#log.append(COMMANDS.FORGET, this.#body.reset().u32(run).view())
    this.#guard.run(() => applyForget(this.#state, run))
    this.#announcer.runForgotten(data)
  }

  /** Any other command: encoded only when there is a log, then applied and announced. Its time is the caller's, from `nowMs`. */
  commit<F extends { readonly nowMs: number }, R>(command: RunCommand<F, R>, fields: F, tell?: (result: R) => void): R {
    const readyBefore = this.#readyCount()
    if (this.#log !== undefined) {
      command.write(this.#body.reset(), fields)
      this.#log.append(command.type, this.#body.view())
    }
    const result = this.#guard.run(() => command.apply(this.#state, fields))
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
    this.#log?.stage(this.#encode(expansion))
  }

  get isLogged(): boolean {
    return this.#log !== undefined
  }

  #encode(expansion: ResolvedExpansion): Uint8Array {
    writeExpansion(this.#large.reset(), expansion)
    return this.#large.view()
  }

  #now(): number {
    return this.#batchMs === 0 ? this.#clock.nowMs() : this.#batchMs
  }

  #readyCount(): number {
    return this.#state.tables.readyCount[0] as number
  }

  #openEpoch(): void {
    const { epoch } = this.#state.tables.region.words
    const next = (epoch[0] as number) + 1
    if (this.#log !== undefined) this.#log.append(COMMANDS.OPENED, this.#body.reset().f64(next).view())
    epoch[0] = next
    this.#tokenBase = next * TOKENS_PER_EPOCH
  }
}
