import { Simulation } from '@symphony/conformance/simulator'
import type { ClientAction, RunPlan, SimulationReport } from '@symphony/conformance/simulator'
import type { Json, Random, WorkflowSpec } from '@symphony/interface'
import { functionRunner } from '@symphony/models'
import { seededRandom, VirtualClock } from '@symphony/ports'
import type { RunInput, Stage } from '../random-workflows.ts'
import { childWorkflow, richWorkflow } from './rich-workflow.ts'
import { ECHO_INSTANCES, ECHO_SLOTS, openSmallKernel } from './small-kernel.ts'

/** Runs one seed of the whole kernel. */
export async function simulateKernel(seed: number, options: { readonly traced?: number } = {}): Promise<SimulationReport> {
  const random = seededRandom(seed * 2_654_435_761)
  const pick = (below: number): number => Math.floor(random.next() * below)
  const stage: Stage = { clock: new VirtualClock(), leaks: [], calls: 0 }
  const child = childWorkflow(random, 'child', stage)
  const plans = Array.from({ length: 1 + pick(3) }, (_, at) => planned(random, `w${at}`, stage, child))
  const checkpointBytes = pick(2) === 0 ? 500 + pick(8000) : 1 << 30
  const echo = functionRunner((input: unknown) => new Promise((resolve) => void stage.clock.schedule(3, () => resolve(input))))
  const simulation = new Simulation({
    seed,
    plans,
    workflows: [child],
    open: (ports, workflows) => openSmallKernel(ports, workflows, [{ id: 'echo', runner: echo, instancesMax: ECHO_INSTANCES, slotsPerInstance: ECHO_SLOTS, idleMs: 40 }], checkpointBytes),
    born: (life) => void (stage.clock = life.clock),
    opened: () => {},
    ...options,
  })
  const report = await simulation.run()
  return stage.leaks.length === 0 ? report : { ...report, violations: [...report.violations, ...stage.leaks] }
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
