import { describe, expect, it } from 'vitest'
import { DAG_LAYOUT } from '@symphony/dag'
import type { Json, Random, Runtime, WorkflowSpec } from '@symphony/interface'
import { functionRunner } from '@symphony/models'
import { seededRandom, VirtualClock } from '@symphony/ports'
import { createRuntime } from '@symphony/runtime'
import { attachRegion, TABLE_LINE } from '@symphony/shared-memory'
import { randomWorkflow, textHash } from './random-workflows.ts'
import type { RunInput, Stage } from './random-workflows.ts'
import { runThroughTime } from './virtual-time.ts'

const RUNS = 1000
const WORKFLOWS = 120

/** A run as it is planned: what is started when, and what happens to it from outside. */
interface Plan {
  readonly id: string
  readonly workflow: WorkflowSpec
  readonly input: RunInput
  readonly tenant: string
  readonly priority: number
  readonly startMs: number
  readonly signals: readonly { readonly name: string; readonly afterMs: number }[]
  readonly cancelMs: number | undefined
  readonly pauseMs: number | undefined
  readonly pausedForMs: number
}

type Outcome = Readonly<Record<string, readonly unknown[]>>

function plans(random: Random, stage: Stage): readonly Plan[] {
  const pick = (below: number): number => Math.floor(random.next() * below)
  const workflows = Array.from({ length: WORKFLOWS }, (_, at) => randomWorkflow(random, `w${at}`, stage))
  return Array.from({ length: RUNS }, (_, at): Plan => {
    const workflow = workflows[pick(WORKFLOWS)]!
    const id = `run ${at}`
    return {
      id,
      workflow,
      input: { run: id, workflow: workflow.name, seed: pick(1e9) },
      tenant: `tenant ${pick(7)}`,
      priority: pick(3),
      startMs: pick(2000),
      signals: workflow.tasks.flatMap(({ waitFor }) => (waitFor === undefined ? [] : [{ name: waitFor, afterMs: pick(900) }])),
      cancelMs: pick(8) === 0 ? pick(700) : undefined,
      pauseMs: pick(6) === 0 ? pick(700) : undefined,
      pausedForMs: 1 + pick(400),
    }
  })
}

/** Starts a run, and sets clocks for what happens to it. */
function begin({ conductor, dag, artifacts }: Runtime, clock: VirtualClock, stage: Stage, plan: Plan): void {
  const { id, workflow, input, tenant, priority, signals, cancelMs, pauseMs, pausedForMs } = plan
  void conductor.orchestrate(workflow, input as unknown as Json, { id, tenant, priority }).catch((error: unknown) => void stage.leaks.push(`${id} did not start: ${String(error)}`))
  const isOpen = (): boolean => dag.findRun(id) !== undefined && ['running', 'paused'].includes(dag.getWorkflowState(id).state)
  for (const { name, afterMs } of signals) clock.schedule(afterMs, () => isOpen() && dag.signalWorkflow(id, name, artifacts.putJson({ run: id, signal: name })))
  if (cancelMs !== undefined) clock.schedule(cancelMs, () => isOpen() && dag.cancelWorkflow(id, 'by chance'))
  if (pauseMs === undefined) return
  clock.schedule(pauseMs, () => {
    if (isOpen() && dag.pauseWorkflow(id)) clock.schedule(pausedForMs, () => isOpen() && dag.resumeWorkflow(id))
  })
}

/** How each task ended and what it left, by its address. */
function outcomeOf({ dag }: Runtime, id: string): Outcome {
  const tasks = dag.tasks(id).map(({ id: task, state, attempt, defaulted, output, error }) => [task, [state, attempt, defaulted, output, error?.code]] as const)
  return Object.fromEntries([...tasks, ['', [dag.getWorkflowState(id).state]]])
}

async function open(clock: VirtualClock, inlineSlots: number, seed: number): Promise<Runtime> {
  const echo = functionRunner((input: unknown) => new Promise((resolve) => void clock.schedule(3, () => resolve(input))))
  return createRuntime({ clock, random: seededRandom(seed), inlineSlots, models: [{ id: 'echo', runner: echo, instancesMax: 2, slotsPerInstance: 3 }] })
}

describe.each([[1, 8], [2, 64], [3, 1024]])('1,000 runs of random workflows in one runtime, seed %d, %d slots', (seed, slots) => {
  it('are to each other as if each were alone, and leave nothing behind', { timeout: 240_000 }, async () => {
    const stage: Stage = { clock: new VirtualClock(), leaks: [], calls: 0 }
    const all = plans(seededRandom(seed), stage)

    const clock = (stage.clock = new VirtualClock())
    await using together = await open(clock, slots, seed)
    for (const plan of all) clock.schedule(plan.startMs, () => begin(together, clock, stage, plan))
    const outcomes = new Map<string, Outcome>()
    // Ended runs are soon forgotten, so that others get their rows while they still go on.
    together.dag.onRunEnded((_, id) => void clock.schedule(textHash(id) % 100, () => {
      outcomes.set(id, outcomeOf(together, id))
      expect(together.dag.forgetRun(id)).toBe(true)
    }))
    await runThroughTime(clock)
    expect(stage.leaks.slice(0, 5)).toEqual([])
    expect(stage.calls).toBeGreaterThan(RUNS)
    expect(outcomes.size).toBe(RUNS)
    expectNothingLeft(together, clock, slots)

    const aloneClock = (stage.clock = new VirtualClock())
    await using alone = await open(aloneClock, slots, seed + 1)
    const ends: Record<string, number> = {}
    for (const plan of all) {
      begin(alone, aloneClock, stage, { ...plan, pauseMs: undefined, cancelMs: undefined })
      await runThroughTime(aloneClock)
      const expected = outcomeOf(alone, plan.id)
      const found = outcomes.get(plan.id)!
      for (const [, [state]] of Object.entries(found)) ends[String(state)] = (ends[String(state)] ?? 0) + 1
      // What was cancelled half way has got as far as it has got: what had ended by then, ended in the same way.
      const isWhole = found['']![0] !== 'cancelled'
      if (isWhole) expect(found, plan.id).toEqual(expected)
      else expect(plan.cancelMs).toBeDefined()
      for (const [task, ended] of Object.entries(found)) if (ended[0] === 'succeeded') expect(ended, `${plan.id} ${task}`).toEqual(expected[task])
    }
    expect(stage.leaks.slice(0, 5)).toEqual([])
    // All of it has been there, and not just once.
    for (const state of ['succeeded', 'failed', 'skipped', 'cancelled']) expect(ends[state], state).toBeGreaterThan(100)
  })
})

function expectNothingLeft({ pool, arbitration, conductor, dag }: Runtime, clock: VirtualClock, slots: number): void {
  const { running, waiting } = arbitration.metrics()
  expect({ running, waiting, inFlight: conductor.metrics().inFlight, timers: clock.pendingTimers }).toEqual({ running: 0, waiting: 0, inFlight: 0, timers: 0 })
  expect([pool.freeSlots(pool.modelNumber('@inline')), pool.inspect('echo').slotsUsed, pool.metrics().waiting]).toEqual([slots, 0, 0])
  expect(dag.nextDueMs()).toBeUndefined()
  expect(dag.takeReady(new Int32Array(8))).toBe(0)
  expect(dag.runs()).toEqual([])
  // What stays is what definitions need, and what was learned of durations.
  const { tables } = attachRegion(DAG_LAYOUT, (dag as unknown as { readonly buffer: SharedArrayBuffer }).buffer)
  const live = (['tasks', 'runs', 'links', 'chunks'] as const).map((table) => tables[table].line[TABLE_LINE.LIVE])
  expect(live, 'rows of tasks, runs, links and chunks in use').toEqual([0, 0, 0, 0])
}
