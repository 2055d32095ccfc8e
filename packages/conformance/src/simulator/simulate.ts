import type { Clock, FileSystem, Json, Logger, ModelSpec, Random, RunReport, Runtime, TaskType, Turns, WorkflowSpec } from '@symphony/interface'
import type { ClientAction } from './client.ts'
import { Effects } from './effects.ts'
import type { SimulatedEffect } from './effects.ts'
import { Simulation } from './simulation.ts'
import { SimulationFailure } from './simulation-failure.ts'
import type { WorldFaults } from './world-faults.ts'

/** What each process of a simulation opens its runtime with. */
export interface SimulatedConfig {
  readonly folder: string
  readonly fileSystem: FileSystem
  readonly clock: Clock
  readonly random: Random
  readonly turns: Turns
  readonly logger: Logger
  readonly workflows: readonly WorkflowSpec[]
  readonly models: readonly ModelSpec[]
  readonly segmentBytes: number
  readonly eventsKept: number
}

export interface SimulateOptions {
  /** `createRuntime` of `@symphony/runtime`, or a function that calls it with more settings: policies, limits, components of your own. */
  readonly runtime: (config: SimulatedConfig) => Promise<Runtime>
  /** Everything that is left to chance is drawn from it. Default 1. */
  readonly seed?: number
  readonly faults?: WorldFaults
  readonly input?: Json
  /** What its client does to the run: signals it, cancels it. */
  readonly actions?: readonly ClientAction[]
  /** Workflows that its tasks run. */
  readonly workflows?: readonly WorkflowSpec[]
  readonly models?: readonly ModelSpec[]
  /** Looks at what came of it; what it throws fails the simulation. */
  readonly check?: (outcome: SimulatedOutcome) => void | Promise<void>
}

/** How a task went, over all processes. */
export interface SimulatedTask {
  readonly run: string
  readonly task: string
  /** How often its function was called. */
  readonly calls: number
}

/** What came of a workflow. */
export interface SimulatedOutcome {
  readonly seed: number
  /** How the run ended. */
  readonly report: RunReport
  /** What it left: the value of the workflow's output, or an object of the values of its last tasks. */
  readonly output: unknown
  /** Time that passed for the workflow, ms. */
  readonly elapsedMs: number
  /** Processes that died, and all of them. */
  readonly crashes: number
  readonly processes: number
  readonly tasks: readonly SimulatedTask[]
  /** Effects outside, by idempotency key. */
  readonly effects: readonly SimulatedEffect[]
  /** Those that happened more than once although nobody looked at the key: a crash makes somebody pay twice. */
  readonly repeated: readonly SimulatedEffect[]
  /** How often each kind of fault struck. */
  readonly counts: Readonly<Record<string, number>>
}

const RUN = 'simulated'
/** Room for records of any size a runtime takes, and no more: every process has one. */
const SEGMENT_BYTES = 2 * 1024 * 1024
const EVENTS_KEPT = 1024

/**
 * Runs a workflow through crashes, power cuts, refusing disks and failing calls, on one thread and in no time, all drawn from one seed; and
 * then without them until it has ended. Task functions are called for real. What they wait for should come from the context or be there at
 * once: real time does not pass, and what takes some makes the seed mean less.
 *
 * A task counts as one with an effect outside when its type says so: `effect: 'outside'`.
 *
 * @throws SimulationFailure when something acknowledged was lost, a completed task ran again, the run did not end once the faults had, or
 *   `check` threw. It names the seed, which repeats it.
 * @example
 * const { repeated } = await simulate(workflow, { runtime: createRuntime, seed: 7 })
 * for (const { key, times } of repeated) console.log(`${key} was done ${times} times`)
 */
export async function simulate(workflow: WorkflowSpec, options: SimulateOptions): Promise<SimulatedOutcome> {
  const { runtime, seed = 1, faults, input, actions = [], workflows = [], models = [], check } = options
  const effects = new Effects()
  const calls = new Map<string, { readonly run: string; readonly task: string; calls: number }>()
  const outside = outsideModels([workflow, ...workflows])
  const watched = models.map((model) => (outside.has(model.id) ? effects.watched(model) : model))
  let left: Pick<SimulatedOutcome, 'report' | 'output'> | undefined
  const simulation = new Simulation({
    seed,
    ...(faults === undefined ? {} : { faults }),
    open: (ports, all) => runtime({ ...ports, workflows: all, models: watched, segmentBytes: SEGMENT_BYTES, eventsKept: EVENTS_KEPT }),
    warm: () => warmUp(runtime),
    plans: [{ id: RUN, workflow, actions, ...(input === undefined ? {} : { input }) }],
    workflows,
    called({ context: { runId, taskId }, part }) {
      const task = part === 'undo' ? `undo ${taskId}` : taskId
      const known = calls.get(`${runId}\u0000${task}`) ?? { run: runId, task, calls: 0 }
      known.calls++
      calls.set(`${runId}\u0000${task}`, known)
    },
    around: ({ context, part, type }, run) => (part === 'undo' || type.effect === 'outside' ? effects.call(context, run) : run(context)),
    ended: (opened) => void (left = outcomeOf(opened, workflow)),
  })
  const startedMs = simulation.world.clock.monotonicMs()
  const { violations, counts, lives } = await simulation.run()
  if (violations.length > 0 || left === undefined) throw new SimulationFailure(seed, violations)
  const all = effects.all()
  const outcome: SimulatedOutcome = {
    seed,
    ...left,
    elapsedMs: (left.report.endedAtMs ?? startedMs) - left.report.startedAtMs,
    crashes: (counts['life-died'] ?? 0) + (counts['life-refused'] ?? 0),
    processes: lives,
    tasks: [...calls.values()],
    effects: all,
    repeated: all.filter(({ times, usesKey }) => times > 1 && !usesKey),
    counts,
  }
  try {
    await check?.(outcome)
  } catch (error) {
    throw new SimulationFailure(seed, [error instanceof Error ? error.message : String(error)], error)
  }
  return outcome
}

function outcomeOf({ dag, artifacts }: Runtime, { output }: WorkflowSpec): Pick<SimulatedOutcome, 'report' | 'output'> {
  const report = dag.getWorkflowState(RUN)
  const values = Object.fromEntries(Object.entries(report.outputs).map(([task, ref]) => [task, artifacts.getValue(ref)]))
  return { report, output: output === undefined ? values : values[output] }
}

/** Models that are called for an effect outside. */
function outsideModels(workflows: readonly WorkflowSpec[]): ReadonlySet<string> {
  const types = workflows.flatMap(({ tasks, types: named = [] }): Partial<TaskType>[] => [...tasks, ...named])
  return new Set(types.flatMap(({ model, effect }) => (model !== undefined && effect === 'outside' ? [model] : [])))
}

/** Loads what a runtime loads when it is first needed. */
async function warmUp(runtime: SimulateOptions['runtime']): Promise<void> {
  await simulate({ name: 'warm', tasks: [{ id: 'a', cron: '* * * * *' }] }, { runtime, faults: { crashes: 0 } })
}
