import { Simulation } from '@symphony/conformance/simulator'
import type { ClientAction, RunPlan, SimulationReport, WorldFaults } from '@symphony/conformance/simulator'
import type { FileSystem, Json, Random, Runtime, WorkflowSpec } from '@symphony/interface'
import { seededRandom, VirtualClock } from '@symphony/ports'
import { createRuntime } from '@symphony/runtime'
import type { RunInput, Stage } from '../random-workflows.ts'
import { childWorkflow, richWorkflow } from './rich-workflow.ts'
import { runThroughTime } from '../virtual-time.ts'
import { BackendPanics } from './backend-panics.ts'
import { Invariants } from './invariants.ts'
import { lookAtSpoilt } from './spoilt-disk.ts'
import { StateCheck } from './state-check.ts'
import { Promptness } from './promptness.ts'
import { openSmallKernel } from './small-kernel.ts'
import { watchedModel } from './watched-model.ts'

/** More than users ask for by default. */
const FAULTS: WorldFaults = { rot: 0.17, misdirected: 0.35, clockJumps: 0.08, standstills: 0.2 }

/** Chance that an instance dies under a call, and that a call does not answer. */
const MODEL_FAULTS = 0.07

export interface KernelOptions {
  /** Steps kept as text. */
  readonly traced?: number
  /** What every process gets in place of its disk: one that lies, say. */
  readonly disk?: (files: FileSystem) => FileSystem
}

/** Runs one seed of the whole kernel: random workflows, faults, and then none until everything has ended. */
export async function simulateKernel(seed: number, { disk, ...options }: KernelOptions = {}): Promise<SimulationReport> {
  const random = seededRandom(seed * 2_654_435_761)
  const pick = (below: number): number => Math.floor(random.next() * below)
  const stage: Stage = { clock: new VirtualClock(), leaks: [], calls: 0 }
  const child = childWorkflow(random, 'child', stage)
  const plans = Array.from({ length: 1 + pick(3) }, (_, at) => planned(random, `w${at}`, stage, child))
  const checkpointBytes = pick(2) === 0 ? 500 + pick(8000) : 1 << 30
  const invariants = new Invariants()
  const promptness = new Promptness()
  const panics = new BackendPanics()
  const states = new StateCheck(seed)
  const simulation = new Simulation({
    seed,
    faults: FAULTS,
    warm: warmUp,
    plans,
    workflows: [child],
    async open(ports, workflows, { world, oracle, life, isSafe }) {
      stage.clock = ports.clock
      // Some processes know no workflow before their clients come with it.
      const known = isSafe || world.random.next() < 0.85 ? workflows : []
      // Who only looks at a spoilt disk may not get that far.
      if (!life.isLook) await states.born(world.files, oracle)
      const given = disk === undefined ? ports : { ...ports, fileSystem: disk(ports.fileSystem) }
      const chance = isSafe || life.isLook ? 0 : MODEL_FAULTS
      const model = watchedModel(stage, () => life.isClosing || life.runtime === undefined, { random: world.random, dies: chance, hangs: chance, count: (what) => world.tally.count(what) })
      return openSmallKernel(given, known, [model], checkpointBytes, (dag) => {
        invariants.born(dag)
        promptness.born(dag)
      })
    },
    opened(runtime, simulated) {
      invariants.opened(runtime, simulated)
      panics.opened(runtime, simulated)
    },
    stepped(runtime, simulated) {
      panics.stepped(runtime, simulated)
      // What is being set up anew is looked at when it is there.
      if (isBroken(runtime)) return
      invariants.stepped(runtime, simulated)
      promptness.stepped(runtime, simulated)
      states.stepped(runtime)
    },
    called(call, simulated) {
      invariants.called(call, simulated)
      promptness.called(call, simulated)
    },
    spoilt: lookAtSpoilt,
    ended: (runtime, simulated) => invariants.ended(runtime, simulated),
    ...options,
  })
  const report = await simulation.run()
  return { ...report, counts: { ...report.counts, ...states.counts }, violations: [...report.violations, ...stage.leaks] }
}

/** Everything a runtime loads late: itself, and the reader of cron expressions. */
async function warmUp(): Promise<void> {
  const clock = new VirtualClock()
  await using symphony = await createRuntime({ clock })
  const run = await symphony.conductor.orchestrate({ name: 'warm', tasks: [{ id: 'a', cron: '* * * * *' }] })
  await runThroughTime(clock)
  await run.ended()
}

function isBroken({ dag, pool }: Runtime): boolean {
  return dag.health().status === 'quarantined' || pool.health().status === 'quarantined'
}

function planned(random: Random, name: string, stage: Stage, child: WorkflowSpec): RunPlan {
  const pick = (below: number): number => Math.floor(random.next() * below)
  const workflow = richWorkflow(random, name, stage, [child])
  const id = `run of ${name}`
  const input: RunInput = { run: id, workflow: name, seed: pick(1e9) }
  return { id, workflow, input: input as unknown as Json, startMs: pick(300), options: { tenant: `tenant ${pick(3)}`, priority: pick(3) }, actions: actionsOf(workflow, pick) }
}

function actionsOf({ tasks }: WorkflowSpec, pick: (below: number) => number): readonly ClientAction[] {
  const signals = tasks.flatMap(({ waitFor }): ClientAction[] => (waitFor === undefined ? [] : [{ type: 'signal', name: waitFor, value: { signal: waitFor }, afterMs: pick(900) }]))
  const pausedAtMs = pick(500)
  const pauses: ClientAction[] = pick(5) === 0 ? [{ type: 'pause', afterMs: pausedAtMs }, { type: 'resume', afterMs: pausedAtMs + 1 + pick(400) }] : []
  const cancels: ClientAction[] = pick(6) === 0 ? [{ type: 'cancel', afterMs: pick(700) }] : []
  return [...signals, ...pauses, ...cancels].sort((a, b) => a.afterMs - b.afterMs)
}
