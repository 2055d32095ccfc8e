import { SimulatedFileSystem } from '@symphony/conformance/simulator'
import type { Runtime, WorkflowSpec } from '@symphony/interface'
import { functionRunner } from '@symphony/models'
import { VirtualClock } from '@symphony/ports'
import { createRuntime } from '@symphony/runtime'
import { expect, it } from 'vitest'
import { runThroughTime, settle } from './virtual-time.ts'
import { virtualTurns } from './virtual-turns.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const never = (): Promise<never> => new Promise(() => {})

function open(clock: VirtualClock, workflows: readonly WorkflowSpec[], fileSystem?: SimulatedFileSystem): Promise<Runtime> {
  return createRuntime({ clock, turns: virtualTurns(clock), workflows, ...(fileSystem === undefined ? {} : { folder: '/state', fileSystem }) })
}

/** So long, with everything that happens meanwhile. */
async function pass(clock: VirtualClock, ms: number): Promise<void> {
  let isOver = false
  clock.schedule(ms, () => (isOver = true))
  await runThroughTime(clock, () => isOver)
}

it('begins within a second what a clock that was set forward has made due', async () => {
  const clock = new VirtualClock()
  const atMs = clock.nowMs() + 5 * HOUR_MS
  const waits: WorkflowSpec = { name: 'waits', tasks: [{ id: 'until', untilMs: () => atMs }, { id: 'for', delayMs: 4 * HOUR_MS }, { id: 'at', cron: '0 3 * * *' }, { id: 'signal', waitFor: 'nobody', timeoutMs: 3 * HOUR_MS, allowFailure: true }] }
  await using symphony = await open(clock, [waits])
  const run = await symphony.conductor.orchestrate(waits)
  await pass(clock, 10_000)
  expect(run.state().state).toBe('running')
  clock.jump(6 * HOUR_MS)
  await pass(clock, 1_000)
  expect(run.state().state).toBe('succeeded')
})

it('fires nothing twice when the clock is set back, and then waits by the clock', async () => {
  const clock = new VirtualClock()
  const times: number[] = []
  const waits: WorkflowSpec = { name: 'waits', tasks: [{ id: 'for', delayMs: MINUTE_MS }, { id: 'ran', needs: ['for'], run: () => times.push(clock.nowMs()) }] }
  await using symphony = await open(clock, [waits])
  const [startedMs, run] = [clock.nowMs(), await symphony.conductor.orchestrate(waits)]
  await pass(clock, 1_000)
  clock.jump(-3 * MINUTE_MS)
  await pass(clock, MINUTE_MS)
  expect(times).toEqual([])
  await pass(clock, 3 * MINUTE_MS)
  expect(times).toEqual([startedMs + MINUTE_MS])
  clock.jump(-3 * MINUTE_MS)
  await pass(clock, 6 * MINUTE_MS)
  expect([times.length, run.state().state]).toEqual([1, 'succeeded'])
})

it('starts the run of a schedule once, whatever the clock does around its time', async () => {
  const clock = new VirtualClock(Date.UTC(2026, 0, 1, 11, 59, 30))
  const daily: WorkflowSpec = { name: 'daily', tasks: [{ id: 'a', run: () => 1 }] }
  await using symphony = await open(clock, [daily])
  symphony.dag.schedule({ id: 'noon', cron: '0 12 * * *', workflow: 'daily' })
  symphony.conductor.handle((await symphony.conductor.orchestrate(daily)).id)
  for (const byMs of [MINUTE_MS, -2 * MINUTE_MS, HOUR_MS, -HOUR_MS, 0]) {
    clock.jump(byMs)
    await pass(clock, 2 * MINUTE_MS)
  }
  expect(symphony.dag.runs().filter((id) => id.startsWith('noon@'))).toEqual(['noon@2026-01-01T12:00:00.000Z'])
})

it('takes time limits, leases and rests by the clock that never jumps', async () => {
  const clock = new VirtualClock()
  const limited: WorkflowSpec = { name: 'limited', tasks: [{ id: 'slow', run: never, timeoutMs: 10_000, allowFailure: true }] }
  await using symphony = await open(clock, [limited])
  symphony.pool.registerModel({ id: 'echo', runner: functionRunner(() => 1), slotsPerInstance: 1, instancesMax: 1 })
  const lease = await symphony.pool.allocateModel({ model: 'echo', leaseMs: 10_000 })
  const run = await symphony.conductor.orchestrate(limited)
  await settle()
  for (const byMs of [5 * HOUR_MS, -9 * HOUR_MS]) {
    clock.jump(byMs)
    await pass(clock, 4_000)
    expect([run.state().state, lease.isLive, symphony.pool.inspect('echo').slotsUsed]).toEqual(['running', true, 1])
  }
  await pass(clock, 3_000)
  expect([run.state().state, lease.isLive, symphony.pool.inspect('echo').slotsUsed]).toEqual(['succeeded', false, 0])
})

it('makes no limit of a run longer when the clock was set back while nobody was there', async () => {
  const clock = new VirtualClock()
  const files = new SimulatedFileSystem()
  const limited: WorkflowSpec = { name: 'limited', timeoutMs: MINUTE_MS, tasks: [{ id: 'waits', waitFor: 'nobody' }] }
  const first = await open(clock, [limited], files)
  await first.conductor.orchestrate(limited, null, { id: 'one' })
  await first.journal?.flush()
  await first.close()
  clock.jump(-5 * HOUR_MS)
  await using second = await open(clock, [limited], files.killed())
  await pass(clock, MINUTE_MS + 1_000)
  expect(second.dag.getWorkflowState('one')).toMatchObject({ state: 'cancelled', reason: expect.stringContaining('TIMEOUT') })
})
