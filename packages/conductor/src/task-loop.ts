import { TASK_STATES, toErrorData } from '@symphony/interface'
import type { Clock, DecisionRecord, FencingToken, Json, Logger, Policy, PolicyBatch, RunId, RunRow, TaskRow, Turns } from '@symphony/interface'
import { AdmissionLine } from './admission-line.ts'
import type { TaskAttempts } from './attempts.ts'
import type { BlockWatch } from './block-watch.ts'
import { cacheKey } from './cache-key.ts'
import type { ChildRuns } from './child-runs.ts'
import type { ConcurrencyGates } from './concurrency-gates.ts'
import type { ConductorPorts } from './conductor-ports.ts'
import { DecisionRing } from './decision-ring.ts'
import { Execution } from './execution.ts'
import { InstantAdmission } from './instant-admission.ts'
import { isItem } from './item-lists.ts'
import type { ItemLists } from './item-lists.ts'
import { READY_BATCH, SLICE_MS, SUBMITTED_MAX } from './limits.ts'
import { isBuiltIn, scoreSafely } from './policies.ts'
import { recallResult } from './result-memory.ts'
import { isNoFaultOfTask, isPanic } from './storage-failure.ts'
import type { TaskFailures } from './task-failures.ts'
import type { TaskPlan } from './task-plans.ts'
import { untilMsOf } from './timer-tasks.ts'
import { WakeTimer } from './wake-timer.ts'

/** What the loop needs beside the neighbours. */
export interface LoopSurroundings {
  readonly clock: Clock
  readonly turns: Turns
  readonly logger: Logger
  readonly attempts: TaskAttempts
  readonly failures: TaskFailures
  readonly blocks: BlockWatch
  readonly lists: ItemLists
  readonly children: ChildRuns
  readonly gates: ConcurrencyGates
  /** False while draining, and once it stops. */
  mayBegin(): boolean
  halt(error: unknown): void
  /** A neighbour failed inside and is being restored: `again` is called when it works again. False when it is something else. */
  holds(error: unknown, again: () => void): boolean
  /** The policy threw, and tasks go first come, first served; undefined: it works again. */
  policyFailed(reason: string | undefined): void
}

/** One loop for all runs: takes what is READY, has it scored, and sees that it begins as soon as it may. */
export class TaskLoop {
  readonly #ports: ConductorPorts
  readonly #clock: Clock
  readonly #turns: Turns
  readonly #logger: Logger
  readonly #attempts: TaskAttempts
  readonly #failures: TaskFailures
  readonly #blocks: BlockWatch
  readonly #surroundings: LoopSurroundings
  readonly #line: AdmissionLine
  readonly #gates: ConcurrencyGates
  readonly #decisions = new DecisionRing()
  readonly #ready = new Int32Array(READY_BATCH)
  readonly #scores = new Float64Array(READY_BATCH)
  readonly #propensities = new Float64Array(READY_BATCH)
  /** What the policy sees: one object, filled again and again. */
  readonly #batch: { -readonly [Key in keyof PolicyBatch]: PolicyBatch[Key] }
  #instant: InstantAdmission | undefined
  #policy: Policy
  /** The policy is one of somebody's own. */
  #isForeign: boolean
  #isScheduled = false
  /** Somebody asked for another look while one was under way. */
  #isAsked = false
  #turnStartedMs = 0
  readonly #wake: WakeTimer
  #recalled = 0
  #isPolicyFailing = false

  constructor(policy: Policy, ports: ConductorPorts, surroundings: LoopSurroundings) {
    this.#policy = policy
    this.#isForeign = !isBuiltIn(policy)
    this.#ports = ports
    this.#surroundings = surroundings
    this.#clock = surroundings.clock
    this.#turns = surroundings.turns
    this.#logger = surroundings.logger
    this.#attempts = surroundings.attempts
    this.#failures = surroundings.failures
    this.#blocks = surroundings.blocks
    this.#gates = surroundings.gates
    this.#batch = { count: 0, tasks: this.#ready, scores: this.#scores, propensities: this.#propensities, columns: ports.dag.columns, nowMs: 0 }
    this.#wake = new WakeTimer(this.#clock, this.#turns, (nowMs) => this.#nextChangeMs(nowMs), () => {
      this.guard(() => ports.dag.wakeDue(this.#clock.nowMs()))
      this.schedule()
    })
    this.#line = new AdmissionLine(ports, {
      clock: this.#clock,
      attempts: this.#attempts,
      failures: this.#failures,
      gates: this.#gates,
      mayBegin: () => surroundings.mayBegin(),
      schedule: () => this.schedule(),
      guard: (run) => this.guard(run),
    })
  }

  get policy(): Policy {
    return this.#policy
  }

  set policy(policy: Policy) {
    this.#policy = policy
    this.#isForeign = !isBuiltIn(policy)
  }

  get decided(): number {
    return this.#decisions.count
  }

  get recalled(): number {
    return this.#recalled
  }

  /** Newest first. */
  decisions(limit: number): readonly DecisionRecord[] {
    return this.#decisions.newest(limit)
  }

  /** Takes what a cancelled run has in line out of it. */
  abandon(run: RunRow, id: RunId): void {
    this.#line.abandon(run, id)
  }

  stop(): void {
    this.#wake.stop()
  }

  /** The tracker was restored and hands out anew what is READY: whatever was in hand of it is let go. */
  restored(): void {
    this.#line.clear()
    this.#instant?.clear()
    this.#gates.restored()
  }

  /** The arbitration engine was restored, and nobody stands in its line: those who did are READY as ever. */
  lineLost(): void {
    this.#line.handBack()
  }

  schedule(): void {
    this.#isAsked = true
    if (this.#isScheduled || !this.#surroundings.mayBegin()) return
    this.#isScheduled = true
    queueMicrotask(this.#pumpSoon)
  }

  /** A microtask is next to free, but a chain of them starves timers and sockets: after a slice the next step takes a turn. */
  readonly #pumpSoon = (): void => {
    this.#clock.hold?.()
    const nowMs = this.#clock.monotonicMs()
    if (nowMs - this.#turnStartedMs < SLICE_MS) this.#pump(nowMs)
    else this.#turns.later(this.#pumpNextTurn)
    this.#clock.release?.()
  }

  readonly #pumpNextTurn = (): void => {
    this.#turnStartedMs = this.#clock.monotonicMs()
    this.#pump(this.#turnStartedMs)
  }

  /** Ends attempts, and goes on at once with what that has made READY: one moment, one reading of the clock. */
  endThenPump(end: () => void): void {
    const isComing = this.#isScheduled
    // Nothing has to be scheduled meanwhile: it goes on here.
    this.#isScheduled = true
    this.#clock.hold?.()
    try {
      this.#blocks.look(this.#clock.monotonicMs())
      end()
      if (!isComing) this.#goOn()
      this.#attempts.freed.giveBack()
    } catch (error) {
      this.#isScheduled = isComing
      this.#surroundings.halt(error)
    } finally {
      this.#clock.release?.()
    }
  }

  #goOn(): void {
    // The same moment, unless somebody who was told of an end has taken time.
    const nowMs = this.#clock.monotonicMs()
    if (!this.#surroundings.mayBegin()) this.#isScheduled = false
    else if (nowMs - this.#turnStartedMs < SLICE_MS) this.#pump(nowMs)
    else this.#turns.later(this.#pumpNextTurn)
  }

  #pump(startedMs: number): void {
    try {
      let isBusy = this.#surroundings.mayBegin()
      let nowMs = startedMs
      while (isBusy) {
        this.#isAsked = false
        const stood = this.#line.size
        const submitted = this.#submitReady(nowMs)
        // Whoever stands in line may get what nobody took over.
        this.#attempts.freed.giveBack()
        // Who goes first is decided among all that are ready, not among the first batch of them, unless that takes a whole slice.
        const hasMore = submitted === READY_BATCH && this.#line.size > stood
        // What was asked for meanwhile may be there already: a model that was loaded at once has told so while this look was under way.
        isBusy = submitted + (hasMore ? 0 : this.#line.grantAll(this.#turnStartedMs)) > 0 || this.#isAsked
        if (!isBusy) break
        // A neighbour has failed on the way: what it would not take was given back, and would be offered again and again.
        if (!this.#surroundings.mayBegin()) {
          isBusy = false
          break
        }
        const sinceMs = nowMs
        this.#clock.release?.()
        nowMs = this.#clock.monotonicMs()
        this.#blocks.sliceEnded(nowMs - sinceMs)
        // All that was ready has begun, and nothing has happened since that would change that.
        if (submitted < READY_BATCH && this.#line.size === 0 && !this.#isAsked) {
          isBusy = false
          break
        }
        if (nowMs - this.#turnStartedMs < SLICE_MS) continue
        if (hasMore) this.#line.grantAll(this.#turnStartedMs)
        break
      }
      this.#isScheduled = false
      if (isBusy) this.schedule()
      this.#wake.arm(nowMs)
    } catch (error) {
      this.#isScheduled = false
      this.#surroundings.halt(error)
    }
  }

  /** Runs what a timer or a promise brings; a refusal of the log or the disk there halts, as anywhere. Waits for a neighbour that is being restored. */
  guard(run: () => void): void {
    try {
      run()
    } catch (error) {
      if (!this.#surroundings.holds(error, () => this.guard(run))) this.#surroundings.halt(error)
    }
  }

  /** READY tasks: what is remembered is completed at once, what can begin begins, the rest gets a score and stands in line. */
  #submitReady(nowMs: number): number {
    if (this.#line.size >= SUBMITTED_MAX) return 0
    const { dag } = this.#ports
    const count = dag.takeReady(this.#ready)
    if (count === 0) return 0
    const batch = this.#batch
    batch.count = count
    batch.nowMs = this.#clock.nowMs()
    // A policy of one's own is foreign code: time goes on.
    if (!this.#isForeign) scoreSafely(this.#policy, batch, batch, this.#policyThrew)
    else this.#askForeign(batch)
    this.#decisions.beginBatch()
    const instant = (this.#instant ??= new InstantAdmission(this.#ports, (task) => this.#failures.planOf(task), this.#attempts))
    for (let index = 0; index < count; index++) {
      const task = this.#ready[index] as TaskRow
      const score = this.#scores[index] as number
      try {
        const plan = this.#failures.planOf(task)
        if (plan.isTimer || plan.isChild) {
          this.#waitFor(task, plan)
          continue
        }
        if (plan.type.concurrency !== undefined && !this.#gates.pass(task, this.#workflowOf(task), plan.type, this.#contextOf(task, plan))) continue
        const key = plan.isCached ? this.#cacheKeyOf(task, plan) : undefined
        if (key !== undefined && this.#completeFromMemory(task, key)) continue
        if (plan.isPlain) instant.add(task, score, plan)
        else this.#line.submit(task, key, score)
        this.#decisions.record(dag.columns, task, this.#policy.name, score, this.#propensities[index] as number, count, batch.nowMs)
      } catch (error) {
        // It is taken up when the neighbour that failed works again.
        if (isPanic(error)) dag.returnReady(task)
        else this.#refuse(task, error)
      }
    }
    if (instant.count > 0) instant.begin(nowMs, count, this.#stand)
    return count
  }

  /** It may do to the batch what it likes: it has one of its own. */
  #askForeign(batch: PolicyBatch): void {
    const wasHeld = this.#clock.release?.() === true
    const shown: PolicyBatch = { ...batch, tasks: batch.tasks.slice(0, batch.count) }
    if (scoreSafely(this.#policy, shown, batch, this.#policyThrew) && this.#isPolicyFailing) {
      this.#isPolicyFailing = false
      this.#surroundings.policyFailed(undefined)
    }
    if (wasHeld) this.#clock.hold?.()
  }

  /** What a task's functions see before it begins. They are foreign code: time goes on. */
  #contextOf(task: TaskRow, plan: TaskPlan): Execution {
    this.#clock.release?.()
    const run = this.#ports.dag.columns.taskRun[task] as RunRow
    return new Execution(task, run, plan, undefined, 0 as FencingToken, this.#clock.monotonicMs(), this.#attempts.host).bind()
  }

  #workflowOf(task: TaskRow): string {
    const { dag } = this.#ports
    return dag.runTemplate(dag.columns.taskRun[task] as RunRow).name
  }

  /** Tasks that run nothing here: they wait for a time, or for another run. */
  #waitFor(task: TaskRow, plan: TaskPlan): void {
    const { columns } = this.#ports.dag
    const context = this.#contextOf(task, plan)
    if (plan.isChild) {
      return this.#surroundings.children.start(task, plan, context, (error) => this.guard(() => {
        // One that could not be started because the tracker failed is READY again when it is restored.
        if (!isPanic(error) && context.isCurrent && columns.taskState[task] === TASK_STATES.READY) this.#refuse(task, error)
      }))
    }
    this.#ports.dag.waitTask(task, untilMsOf(plan.type, columns.taskReadyAtMs[task] as number, context))
  }

  readonly #stand = (task: TaskRow, score: number): void => {
    try {
      this.#line.submit(task, undefined, score)
    } catch (error) {
      this.#refuse(task, error)
    }
  }

  readonly #policyThrew = (error: unknown): void => {
    this.#isPolicyFailing = true
    this.#surroundings.policyFailed(`policy "${this.#policy.name}" threw, and tasks go first come, first served: ${String(error)}`)
    this.#logger.warn('the policy threw; this batch goes first come, first served', { policy: this.#policy.name, error: String(error) })
  }

  #cacheKeyOf(task: TaskRow, plan: TaskPlan): string {
    const { dag } = this.#ports
    const view = dag.task(task)
    const runInput = plan.type.cache === 'without-run-input' ? null : dag.runInput(view.run)
    // Of an element of a list its value counts, not where it stands: a list that grows leaves the results of the others alone.
    const { params } = view
    const seen: Json = isItem(params) ? { item: this.#surroundings.lists.itemOf(params) ?? null, params: params.of.params } : params
    return cacheKey(view.workflow, plan.type, plan.modelVersion, seen, runInput, dag.needs(task))
  }

  #completeFromMemory(task: TaskRow, key: string): boolean {
    try {
      const result = recallResult(this.#ports.artifacts, key)
      if (result === undefined) return false
      this.#ports.dag.completeTask(task, result)
      this.#gates.ended(task)
      this.#recalled++
      return true
    } catch (error) {
      if (isNoFaultOfTask(error)) throw error
      // What was remembered no longer fits, e.g. it added tasks of a type that is gone: computed anew, it will.
      this.#logger.warn('a remembered result could not be used; the task runs', { error: String(error) })
      return false
    }
  }

  /** One task that cannot go on must not hold up the others: it fails, with the reason. */
  #refuse(task: TaskRow, error: unknown): void {
    if (isNoFaultOfTask(error)) throw error
    const { dag } = this.#ports
    dag.failTask(task, toErrorData(error, 'conductor', 'REQUEST_REFUSED'), { token: dag.beginTask(task) })
    this.#gates.ended(task)
  }

  /** When time alone will change something next, in the clock's `monotonicMs`. */
  #nextChangeMs(nowMs: number): number {
    if (!this.#surroundings.mayBegin()) return Infinity
    const { dag, arbitration } = this.#ports
    const dueMs = dag.nextDueMs()
    const dueAtMs = dueMs === undefined ? Infinity : dueMs - this.#clock.nowMs() + nowMs
    const changeMs = this.#line.size === 0 ? undefined : arbitration.nextChangeMs()
    return Math.min(dueAtMs, changeMs ?? Infinity)
  }
}
