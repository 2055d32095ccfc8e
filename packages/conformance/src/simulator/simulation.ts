import type { Runtime, TaskContext, WorkflowSpec } from '@symphony/interface'
import { FaultyCalls } from './call-faults.ts'
import { Client } from './client.ts'
import type { RunPlan } from './client.ts'
import { instrumented } from './instrumented.ts'
import type { InstrumentedCall } from './instrumented.ts'
import type { Life, LifePorts } from './life.ts'
import { Oracle } from './oracle.ts'
import { World } from './world.ts'
import type { SpoiltOpening } from './world.ts'
import { checkedFaults } from './world-faults.ts'
import type { WorldFaults } from './world-faults.ts'

/** A whole kernel to be simulated: who runs on it, and what else is looked at. */
export interface SimulationOptions {
  readonly seed: number
  readonly faults?: WorldFaults
  /** Opens a runtime on what one process has. @param workflows all definitions, to be known from the start */
  open(ports: LifePorts, workflows: readonly WorkflowSpec[], simulation: Simulation): Promise<Runtime>
  /** Called once a process, before the first simulation: loads what would otherwise be loaded in the middle of it. */
  readonly warm?: () => Promise<void>
  /** Runs somebody outside starts. Workflows that are not started by a plan, but by tasks of others, are in `workflows`. */
  readonly plans: readonly RunPlan[]
  readonly workflows?: readonly WorkflowSpec[]
  /** More to look at: after every opening, and after every step. What it throws is a violation. */
  readonly opened?: (runtime: Runtime, simulation: Simulation) => void
  readonly stepped?: (runtime: Runtime, simulation: Simulation) => void
  /** Told of each call, before it is made. */
  readonly called?: (call: InstrumentedCall, simulation: Simulation) => void
  /** Called in place of a function that is to be called, and calls it. */
  readonly around?: (call: InstrumentedCall, run: (context: TaskContext) => unknown) => unknown
  /** Says what has to come of a disk that was spoilt; with it, `faults.rot` and `faults.misdirected` strike. See {@link SpoiltOpening}. */
  readonly spoilt?: (opening: SpoiltOpening, simulation: Simulation) => boolean
  /** Told when everything has ended, in each process that is closed after it. */
  readonly ended?: (runtime: Runtime, simulation: Simulation) => void
  readonly traced?: number
}

/** What a simulation came to. */
export interface SimulationReport {
  readonly seed: number
  /** Two simulations of a seed have the same, or something is not drawn from it. */
  readonly traceHash: number
  readonly steps: number
  readonly lives: number
  /** How often each kind of fault struck, and other things that are counted. */
  readonly counts: Readonly<Record<string, number>>
  /** Empty when everything held. */
  readonly violations: readonly string[]
  readonly trace: readonly string[]
}

/**
 * A kernel and its clients through crashes and faults, and then without them until everything has ended: what was acknowledged is there
 * in every later process, nothing that has ended runs again, and every run ends.
 */
export class Simulation {
  readonly oracle: Oracle = new Oracle()
  readonly world: World
  readonly #options: SimulationOptions
  readonly #client: Client
  readonly #calls: FaultyCalls
  readonly #safeCalls: FaultyCalls
  readonly #crashes: number
  #isSafe = false
  #life: Life | undefined

  constructor(options: SimulationOptions) {
    this.#options = options
    const faults = checkedFaults(options.faults)
    const wrap = (workflow: WorkflowSpec): WorkflowSpec => instrumented(workflow, (call, run) => this.#call(call, run))
    const plans = options.plans.map((plan) => ({ ...plan, workflow: wrap(plan.workflow) }))
    const workflows = [...(options.workflows ?? []).map(wrap), ...plans.map(({ workflow }) => workflow)]
    this.world = new World({
      seed: options.seed,
      faults,
      open: (ports, life) => {
        this.#life = life
        this.#calls.late = 0
        this.oracle.born()
        return options.open(ports, workflows, this)
      },
      opened: (life, runtime) => {
        this.oracle.recovered(runtime)
        options.opened?.(runtime, this)
        this.#client.opened(life)
      },
      stepped: (_, runtime) => {
        // While it is set up anew it shows nothing that counts.
        if (!isBroken(runtime)) this.oracle.observe(runtime)
        const { late } = runtime.conductor.metrics()
        if (late < this.#calls.late) this.oracle.violated(`${this.#calls.late} answers came after their time limit, and ${late} were refused`)
        options.stepped?.(runtime, this)
      },
      isDone: (runtime, isIdle) => {
        // What a call that was given up still does needs no end.
        const isDone = this.#client.isDone && !isBroken(runtime) && (isIdle || runtime.conductor.metrics().inFlight === 0) && isAtRest(runtime)
        if (isDone && this.#isSafe) options.ended?.(runtime, this)
        return isDone
      },
      ...(options.spoilt === undefined ? {} : { spoilt: (opening) => options.spoilt?.(opening, this) ?? false }),
      ...(options.traced === undefined ? {} : { traced: options.traced }),
    })
    const { random, tally } = this.world
    this.#calls = new FaultyCalls(faults.calls, random, tally)
    this.#safeCalls = new FaultyCalls({}, random, tally)
    this.#client = new Client(plans, this.world.clock, this.oracle)
    this.#crashes = faults.crashes
  }

  /** Faults are over: whatever is open has to end. */
  get isSafe(): boolean {
    return this.#isSafe
  }

  /** The process that lives now. */
  get life(): Life {
    return this.#life as Life
  }

  async run(): Promise<SimulationReport> {
    const { world, oracle } = this
    try {
      await warmUp(this.#options)
      for (let life = 0; life < this.#crashes && oracle.violations.length === 0 && !this.#client.isDone; life++) {
        if ((await world.liveDangerously()) === 'stuck') this.#leaveStuck()
      }
      this.#isSafe = true
      if (oracle.violations.length === 0) await this.#endSafely()
    } catch (error) {
      oracle.violated(error instanceof Error ? (error.stack ?? error.message) : String(error))
      this.#life?.end()
    }
    return {
      seed: this.#options.seed,
      traceHash: world.trace.hash,
      steps: world.trace.steps,
      lives: world.lives,
      counts: { ...world.faults, ...world.tally.toRecord() },
      violations: oracle.violations,
      trace: world.trace.last,
    }
  }

  /** Faults are off: whatever is open has to end, and one process more has to find it so. */
  async #endSafely(): Promise<void> {
    const { world, oracle } = this
    if ((await world.liveSafely()) === 'stuck') oracle.violated(`nothing went wrong any more, and yet ${this.#open()}`)
    // Not buried before it was asked.
    if (oracle.violations.length > 0) return this.life.end()
    await world.liveSafely()
  }

  /** Nothing more was going to happen in a process, though no fault has struck it: only a workflow that nobody has defined yet excuses that. */
  #leaveStuck(): void {
    const { life, oracle } = this
    const { dag } = life.runtime as Runtime
    const isExcused = this.#client.refused !== undefined || dag.runs().some((id) => dag.getWorkflowState(id).state === 'quarantined')
    if (!isExcused) oracle.violated(`no fault has struck process ${life.number}, and yet ${this.#open()}`)
    this.world.bury(life)
  }

  /** What has not ended, in words. */
  #open(): string {
    const { dag } = this.life.runtime as Runtime
    const open = dag.runs().map((id) => dag.getWorkflowState(id)).filter(({ endedAtMs }) => endedAtMs === undefined)
    const runs = open.map(({ id, state, reason }) => `"${id}" (${state}${reason === undefined ? '' : `: ${reason}`})`)
    const { waitsFor, refused } = this.#client
    return `these runs did not end: ${runs.join(', ')}; told of no end: ${waitsFor.join(', ')}${refused === undefined ? '' : `; a start was refused: ${refused}`}`
  }

  #call(call: InstrumentedCall, run: (context: TaskContext) => unknown): unknown {
    const { life } = this
    const { context, part, type } = call
    if (life.isOver || life.isLook) return new Promise(() => {})
    this.world.trace.note(`${part} ${context.runId} ${context.taskId} ${context.attempt}`)
    this.world.tally.count('calls')
    this.#options.called?.(call, this)
    this.oracle.called(context, part === 'undo' ? `undo ${context.taskId}` : context.taskId, part === 'undo' || type.effect === 'outside')
    const { around = (_: InstrumentedCall, called: typeof run) => called(context) } = this.#options
    const calls = this.#isSafe ? this.#safeCalls : this.#calls
    return part === 'run' ? calls.call(call, life.clock, () => around(call, run)) : around(call, run)
  }
}

function isBroken({ dag }: Runtime): boolean {
  return dag.health().status === 'quarantined'
}

/** No run is open. */
function isAtRest({ dag }: Runtime): boolean {
  return dag.runs().every((id) => dag.getWorkflowState(id).endedAtMs !== undefined)
}

let isWarm = false

/** Code that is loaded when it is first needed comes when the machine pleases: it has to be there before anything is simulated. */
async function warmUp({ warm }: SimulationOptions): Promise<void> {
  if (isWarm) return
  isWarm = true
  await warm?.()
}
