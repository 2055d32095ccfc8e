import { Simulation } from '@symphony/conformance/simulator'
import type { ClientAction, RunPlan, SimulationReport } from '@symphony/conformance/simulator'
import type { Json, Random, WorkflowSpec } from '@symphony/interface'
import { seededRandom, VirtualClock } from '@symphony/ports'
import type { RunInput, Stage } from '../random-workflows.ts'
import { childWorkflow, richWorkflow } from './rich-workflow.ts'
import { Invariants } from './invariants.ts'
import { StateCheck } from './state-check.ts'
import { openSmallKernel } from './small-kernel.ts'
import { watchedModel } from './watched-model.ts'

/** Runs one seed of the whole kernel. */
export async function simulateKernel(seed: number, options: { readonly traced?: number } = {}): Promise<SimulationReport> {
  const random = seededRandom(seed * 2_654_435_761)
  const pick = (below: number): number => Math.floor(random.next() * below)
  const stage: Stage = { clock: new VirtualClock(), leaks: [], calls: 0 }
  const child = childWorkflow(random, 'child', stage)
  const plans = Array.from({ length: 1 + pick(3) }, (_, at) => planned(random, `w${at}`, stage, child))
  const checkpointBytes = pick(2) === 0 ? 500 + pick(8000) : 1 << 30
  const invariants = new Invariants()
  const states = new StateCheck(seed)
  const simulation = new Simulation({
    seed,
    plans,
    workflows: [child],
    async open(ports, workflows, { world, oracle, life }) {
      stage.clock = ports.clock
      await states.born(world.files, oracle)
      return openSmallKernel(ports, workflows, [watchedModel(stage, () => life.isClosing || life.runtime === undefined)], checkpointBytes, (dag) => invariants.born(dag))
    },
    stepped(runtime, simulated) {
      invariants.stepped(runtime, simulated)
      states.stepped(runtime)
    },
    called: (call, simulated) => invariants.called(call, simulated),
    ended: (runtime, simulated) => invariants.ended(runtime, simulated),
    ...options,
  })
  const report = await simulation.run()
  return { ...report, counts: { ...report.counts, ...states.counts }, violations: [...report.violations, ...stage.leaks] }
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
