import { INTERFACE_VERSION, RUN_STATES, SymphonyError } from '@symphony/interface'
import type {
  Clock, CommandLog, ComponentHealth, ComponentName, Conductor, ConductorMetrics, DecisionRecord, Json, Logger, Neighbour, OrchestrateOptions, Policy, RunId, RunReport,
  RunRow, StartArguments, StartOptions, Supports, Template, TypedWorkflowSpec, WaitOptions, WorkflowHandle, WorkflowSpec,
} from '@symphony/interface'
import { nullEvents, nullLog, randomSeed, seededRandom, silentLogger, systemClock, systemTurns } from '@symphony/ports'
import { TaskAttempts } from './attempts.ts'
import { BlockWatch } from './block-watch.ts'
import { Compensation } from './compensation.ts'
import { ChildRuns } from './child-runs.ts'
import { ConcurrencyGates } from './concurrency-gates.ts'
import type { ConductorPorts } from './conductor-ports.ts'
import { Draining } from './draining.ts'
import { EndWaiters } from './end-waiters.ts'
import { ItemLists } from './item-lists.ts'
import { BLOCKED_MS } from './limits.ts'
import { policyByName } from './policies.ts'
import { isStorageFailure, readOnlyError } from './storage-failure.ts'
import { Restorations } from './restorations.ts'
import { RunTimeouts } from './run-timeouts.ts'
import { TaskFailures } from './task-failures.ts'
import { TaskLoop } from './task-loop.ts'
import { TaskPlans } from './task-plans.ts'
import { RunHandle } from './workflow-handle.ts'
import type { RunsInHand } from './workflow-handle.ts'

/** What a user of the conductor sets. */
export interface ConductorInit {
  /** Order of the READY tasks. Default `critical-path`. */
  readonly policy?: Policy | 'fifo' | 'critical-path' | 'shortest' | 'fair'
  /** A function that holds the thread for so long is told, ms. Default 50. */
  readonly blockedAfterMs?: number
}

const NO_OPTIONS: OrchestrateOptions = Object.freeze({})
const supports: Supports = { sharedRegion: false, replayable: false, multiThreaded: false, features: { policies: true, resultReuse: true } }

/**
 * One loop for all runs: READY tasks are scored by the policy, admitted by the arbitration engine, given a lease, invoked and
 * completed. A step costs no promise beyond the task's own; everything a step changes is one record of the log.
 */
export class LoopConductor implements Conductor, Neighbour {
  readonly [Symbol.toStringTag] = '@symphony/conductor'
  readonly componentName = 'conductor'
  readonly interfaceVersion: string = INTERFACE_VERSION
  readonly supports: Supports = supports

  readonly #ports: ConductorPorts
  readonly #clock: Clock
  readonly #log: CommandLog
  readonly #logger: Logger
  readonly #plans: TaskPlans
  readonly #failures: TaskFailures
  readonly #timeouts: RunTimeouts
  readonly #compensation: Compensation
  readonly #children: ChildRuns
  readonly #gates: ConcurrencyGates
  readonly #blocks: BlockWatch
  readonly #attempts: TaskAttempts
  readonly #loop: TaskLoop
  readonly #endWaiters: EndWaiters
  readonly #restorations = new Restorations()
  /** Of runs that are kept and whose end nobody has seen, by their rows: when they are forgotten, their handles are told how they ended. */
  readonly #handles: (RunHandle | undefined)[] = []
  readonly #drain: Draining
  /** Open runs out of the log whose definition was not known when the process began. */
  #undefined: RunId[] = []
  readonly #unsubscribe: (() => void)[]
  #isOpen = true
  #isAccepting = true
  /** Why nothing more is begun. */
  #lastFailure: string | undefined
  /** What the policy threw last, until it works again. */
  #policyFailure: string | undefined
  #halted: { readonly error: unknown } | undefined

  constructor(init: ConductorInit, ports: ConductorPorts) {
    this.#ports = ports
    this.#clock = ports.clock ?? systemClock
    this.#log = ports.log ?? nullLog()
    this.#endWaiters = new EndWaiters(ports.log)
    this.#logger = ports.logger ?? silentLogger
    this.#plans = new TaskPlans(ports)
    this.#failures = new TaskFailures(ports, this.#plans, this.#clock, ports.random ?? seededRandom(randomSeed()))
    this.#children = new ChildRuns(ports.dag, ports.artifacts, this.#failures)
    this.#compensation = new Compensation(ports.dag, ports.artifacts, (start) => queueMicrotask(() => {
      if (this.#isAccepting) this.#loop.guard(start)
    }))
    this.#timeouts = new RunTimeouts(ports.dag, this.#clock, (id, reason) => this.#loop.guard(() => void ports.dag.cancelWorkflow(id, reason)))
    const events = ports.events ?? nullEvents
    const turns = ports.turns ?? systemTurns
    this.#blocks = new BlockWatch(init.blockedAfterMs ?? BLOCKED_MS, this.#clock, turns, events, this.#logger)
    const lists = new ItemLists(ports.artifacts)
    this.#gates = new ConcurrencyGates(ports.dag)
    this.#attempts = new TaskAttempts(ports, {
      clock: this.#clock,
      log: this.#log,
      events,
      failures: this.#failures,
      blocks: this.#blocks,
      lists,
      gates: this.#gates,
      isAccepting: () => this.#isAccepting,
      whenFree: () => {
        this.#drain.looked(this.#attempts.running)
        this.#loop.schedule()
      },
      ending: (flush) => this.#loop.endThenPump(flush),
      halt: (error) => this.#haltUnlessHeld(error),
      awaitsNeighbour: (error) => this.#restorations.awaits(error),
      holds: (error, again) => this.#restorations.holds(error, again),
      defers: (run) => this.#restorations.defers(run),
    })
    this.#drain = new Draining(this.#clock)
    this.#loop = new TaskLoop(typeof init.policy === 'object' ? init.policy : policyByName(init.policy ?? 'critical-path'), ports, {
      clock: this.#clock,
      turns,
      logger: this.#logger,
      attempts: this.#attempts,
      failures: this.#failures,
      blocks: this.#blocks,
      lists,
      children: this.#children,
      gates: this.#gates,
      mayBegin: () => this.#isAccepting && !this.#drain.isDraining && !this.#restorations.awaits(),
      halt: (error) => this.#haltUnlessHeld(error),
      holds: (error, again) => this.#restorations.holds(error, again),
      policyFailed: (reason) => void (this.#policyFailure = reason),
    })
    this.#unsubscribe = [
      ports.dag.onReady(() => this.#loop.schedule()),
      ports.dag.onRunEnded((run, id) => this.#runEnded(run, id)),
      ports.dag.onRunForgotten((run) => this.#runForgotten(run)),
      ports.dag.onDefined((template) => this.#loop.guard(() => this.#defined(template))),
      ports.pool.onSlotFree(() => this.#loop.schedule()),
    ]
  }

  get policy(): Policy {
    return this.#loop.policy
  }

  setPolicy(policy: Policy): void {
    this.#loop.policy = policy
    this.#policyFailure = undefined
  }

  orchestrate<Input, Output>(workflow: TypedWorkflowSpec<Input, Output>, ...start: StartArguments<Input, OrchestrateOptions>): Promise<WorkflowHandle<Output>>
  orchestrate(workflow: string | WorkflowSpec | Template, input?: Json, options?: OrchestrateOptions): Promise<WorkflowHandle>
  orchestrate(workflow: string | WorkflowSpec | Template, input?: Json, options: OrchestrateOptions = NO_OPTIONS): Promise<WorkflowHandle> {
    // Starting waits for nothing: a function that is not async costs one promise less.
    try {
      return Promise.resolve(this.#start(workflow, input, options))
    } catch (error) {
      return Promise.reject(error as Error)
    }
  }

  #start(workflow: string | WorkflowSpec | Template, input: Json | undefined, options: OrchestrateOptions): WorkflowHandle {
    if (!this.#isOpen || !this.#isAccepting) throw this.#refusal()
    const refusal = this.#ports.startRefusal?.()
    if (refusal !== undefined) throw refusal
    const { signal } = options
    signal?.throwIfAborted()
    const { dag } = this.#ports
    const template = typeof workflow === 'string' ? dag.template(workflow) : 'spec' in workflow ? workflow : dag.defineWorkflow(workflow)
    if (template !== undefined) this.#plans.checkModels(template)
    const id = dag.startWorkflow(template ?? (workflow as string), startOptions(input, options))
    // Most workflows have no limit of their own, and then there is nothing to look up.
    if (template === undefined || template.spec.timeoutMs !== undefined) this.#timeouts.watch(dag.runRow(id), id)
    this.#loop.schedule()
    if (signal !== undefined) this.#cancelOn(signal, id)
    return this.handle(id)
  }

  #refusal(): SymphonyError {
    const error = this.#isOpen ? this.#halted?.error : undefined
    if (isStorageFailure(error)) return readOnlyError(error)
    const why = this.#halted === undefined ? 'is closing' : `has halted (${this.#lastFailure})`
    return new SymphonyError({ code: 'CLOSED', component: 'conductor', message: `The conductor ${why} and takes no new runs. Start them on a new runtime.` })
  }

  #cancelOn(signal: AbortSignal, id: RunId): void {
    const cancel = (): void => {
      if (this.#isOpen && this.#halted === undefined) this.#loop.guard(() => void this.#ports.dag.cancelWorkflow(id, String(signal.reason ?? 'aborted')))
    }
    signal.addEventListener('abort', cancel, { once: true })
    const forget = (): void => signal.removeEventListener('abort', cancel)
    this.#endOf(this.#ports.dag.findRun(id), id).then(forget, forget)
  }

  handle(id: string): WorkflowHandle {
    const run = this.#ports.dag.runRow(id)
    while (this.#handles.length <= run) this.#handles.push(undefined)
    return (this.#handles[run] ??= new RunHandle(id as RunId, run, this.#ports, this.#log, this.#runsInHand))
  }

  decisions(limit = 100): readonly DecisionRecord[] {
    return this.#loop.decisions(limit)
  }

  metrics(): ConductorMetrics {
    return { decisions: this.#loop.decided, invoked: this.#attempts.begun, recalled: this.#loop.recalled, retried: this.#failures.retried, inFlight: this.#attempts.running, late: this.#attempts.late, blocked: [...this.#blocks.blocks] }
  }

  drain(options: WaitOptions = {}): Promise<void> {
    this.#attempts.flush()
    return this.#drain.begin(this.#attempts.running, options)
  }

  resume(): void {
    this.#drain.end()
    this.#loop.schedule()
  }

  health(): ComponentHealth {
    const told = [this.#ports.startRefusal?.()?.message, this.#lastFailure, this.#policyFailure].filter((reason) => reason !== undefined)
    const reasons = [...this.#restorations.reasons(), ...told]
    return { component: 'conductor', status: !this.#isOpen ? 'closed' : reasons.length === 0 ? 'healthy' : 'degraded', reasons }
  }

  afterStart(): void {
    const { dag } = this.#ports
    this.#compensation.recovered()
    this.#children.recovered()
    for (const id of dag.runs()) {
      const run = dag.runRow(id)
      const state = dag.columns.runState[run] as number
      if (state !== RUN_STATES.QUARANTINED && state < RUN_STATES.SUCCEEDED) this.#takeUp(id)
      if (state === RUN_STATES.QUARANTINED || (state < RUN_STATES.SUCCEEDED && !this.#isDefined(run))) this.#undefined.push(id)
    }
    this.#loop.schedule()
  }

  /** Begins nothing until it is restored; what ends meanwhile is kept. */
  neighbourPanicked(name: ComponentName): void {
    this.#restorations.begin(name)
  }

  /** Attempts that run are taken up where they are, what was kept is written down, and what was in line is scored anew. */
  neighbourRestored(name: ComponentName): void {
    const ended = this.#restorations.end(name)
    if (ended === undefined || !this.#isOpen || this.#halted !== undefined) return
    const { names, kept } = ended
    this.#loop.guard(() => {
      if (names.has('dag')) this.#loop.restored()
      else if (names.has('arbitration')) this.#loop.lineLost()
      if (names.has('dag')) this.#attempts.restored()
      if (names.has('arbitration')) this.#attempts.resume()
      this.#compensation.recovered()
      this.#children.recovered()
      if (names.has('dag')) this.#takeUpAll()
    })
    for (const again of kept) this.#loop.guard(again)
    this.#loop.endThenPump(() => this.#attempts.flush())
    this.#loop.schedule()
  }

  neighbourLost(name: ComponentName, error: SymphonyError): void {
    if (this.#restorations.isNeeded(name)) this.#halt(error)
  }

  #takeUpAll(): void {
    for (const id of this.#ports.dag.runs()) {
      const state = this.#ports.dag.columns.runState[this.#ports.dag.runRow(id)] as number
      if (state < RUN_STATES.SUCCEEDED && state !== RUN_STATES.QUARANTINED) this.#takeUp(id)
    }
  }

  /** Of an open run out of the log, what its definition says beyond the log: how long it may take, and other ways of its tasks. */
  #takeUp(id: RunId): void {
    const run = this.#ports.dag.runRow(id)
    this.#timeouts.watch(run, id)
    this.#failures.recovered(id, this.#ports.dag.runTemplate(run))
  }

  #defined(template: Template): void {
    this.#compensation.defined(template)
    if (this.#undefined.length === 0) return
    const { dag } = this.#ports
    const isFree = (id: RunId): boolean => {
      const run = dag.findRun(id)
      return run === undefined || (dag.columns.runState[run] !== RUN_STATES.QUARANTINED && this.#isDefined(run))
    }
    const free = this.#undefined.filter(isFree)
    this.#undefined = this.#undefined.filter((id) => !isFree(id))
    for (const id of free) if (dag.findRun(id) !== undefined) this.#takeUp(id)
  }

  /** Whether this process knows the definition of a run: what has no functions goes on without it, but by what the log says of it alone. */
  #isDefined(run: RunRow): boolean {
    const { dag } = this.#ports
    const { name, version } = dag.runTemplate(run)
    return dag.template(name, version) !== undefined
  }

  /** Takes nothing new and aborts what runs; it stays open in the log and is taken up again by the next process. */
  async beforeStop(): Promise<void> {
    this.#loop.guard(() => this.#attempts.flush())
    this.#isAccepting = false
    this.#loop.stop()
    this.#timeouts.stop()
    this.#blocks.stop()
    const reason = new SymphonyError({ code: 'CLOSED', component: 'conductor', message: 'The runtime is closing; the task goes on when it is opened again.' })
    this.#attempts.abort(reason)
  }

  async close(): Promise<void> {
    await this.beforeStop()
    this.#isOpen = false
    const closed = new SymphonyError({ code: 'CLOSED', component: 'conductor', message: 'The runtime was closed before the run ended. Open it again and the run goes on.' })
    this.#endWaiters.rejectAll(closed)
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
  }

  /**
   * Begins nothing more: the log or the disk refused a change, or the loop itself is broken. Whoever waits for a run is told; what was
   * acknowledged is safe, and the next process goes on from there. What runs may end, if only nothing can be written down: what it does
   * outside is done, and it is made again under the same idempotency key.
   */
  #halt(error: unknown): void {
    if (this.#halted !== undefined) return
    this.#halted = { error }
    this.#isAccepting = false
    const isReadOnly = isStorageFailure(error)
    this.#lastFailure = `${isReadOnly ? 'read-only' : 'halted'}: ${error instanceof Error ? error.message : String(error)}`
    this.#logger.error('the conductor halted', { error: String(error), stack: error instanceof Error ? error.stack : undefined })
    this.#endWaiters.rejectAll(error)
    if (!isReadOnly) this.#attempts.abort(new SymphonyError({ code: 'CLOSED', component: 'conductor', message: 'The conductor halted after a failure.', cause: error }))
  }

  /** A neighbour that failed inside is being restored, and what was in hand is looked at anew then. */
  #haltUnlessHeld(error: unknown): void {
    if (!this.#restorations.awaits(error)) this.#halt(error)
  }

  // ---- runs

  #runEnded(run: RunRow, id: RunId): void {
    const { columns } = this.#ports.dag
    this.#failures.runEnded(run)
    this.#timeouts.ended(run)
    this.#gates.runEnded(run)
    if (this.#isOpen && this.#halted === undefined) {
      this.#compensation.runEnded(run, id)
      this.#children.runEnded(id)
    }
    if (columns.runState[run] === RUN_STATES.CANCELLED) this.#loop.abandon(run, id)
    if (!this.#endWaiters.has(run)) return
    const report = this.#ports.dag.getWorkflowState(id)
    // Who has seen the end needs no reminder: handle and report may go as soon as nobody has them in hand.
    this.#handles[run]?.runEnded(report)
    this.#handles[run] = undefined
    this.#endWaiters.ended(run, report)
  }

  #runForgotten(run: RunRow): void {
    const handle = this.#handles[run]
    if (handle === undefined) return
    handle.runEnded(this.#ports.dag.getWorkflowState(handle.id))
    this.#handles[run] = undefined
  }

  readonly #runsInHand: RunsInHand = {
    handle: (id) => this.handle(id),
    whenEnded: (handle) => {
      // As long as it is at hand by its row, its run is there.
      const run = this.#handles[handle.row] === handle ? handle.row : this.#ports.dag.findRun(handle.id)
      if (run !== undefined) this.#handles[run] ??= handle
      return this.#endOf(run, handle.id)
    },
    durably: (report) => this.#endWaiters.durably(report),
    started: (id) => {
      this.#timeouts.watch(this.#ports.dag.runRow(id), id)
      this.#loop.schedule()
    },
  }

  #endOf(run: RunRow | undefined, id: RunId): Promise<RunReport> {
    const { dag } = this.#ports
    // Forgotten meanwhile, or ended: asking tells which.
    if (run === undefined) return new Promise((resolve) => resolve(this.#endWaiters.durably(dag.getWorkflowState(id))))
    if ((dag.columns.runState[run] as number) >= RUN_STATES.SUCCEEDED) return this.#endWaiters.durably(dag.getWorkflowState(id))
    if (this.#halted !== undefined) return Promise.reject(this.#halted.error)
    return this.#endWaiters.wait(run)
  }
}

/** What the tracker gets of what `orchestrate` was given. */
function startOptions(input: Json | undefined, options: OrchestrateOptions): StartOptions {
  if (options === NO_OPTIONS) return input === undefined ? NO_OPTIONS : { input }
  const { signal: _, ...start } = options
  return input === undefined ? start : { ...start, input }
}
