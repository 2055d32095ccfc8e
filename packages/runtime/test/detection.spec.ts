import { mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RegionDagTracker } from '@symphony/dag'
import { COMPONENT_IDS, EVENTS, TASK_STATES } from '@symphony/interface'
import type { Logger, Runtime, SupervisedHealth, Transition, WorkflowSpec } from '@symphony/interface'
import { VirtualClock } from '@symphony/ports'
import { createRuntime } from '@symphony/runtime'
import { EventReader } from '@symphony/shared-memory'
import { settle } from './virtual-time.ts'
import { virtualTurns } from './virtual-turns.ts'

let folder = ''
let clock = new VirtualClock()

beforeEach(() => {
  clock = new VirtualClock()
  logged = []
  folder = mkdtempSync(join(tmpdir(), 'symphony-detection-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

const waiting: WorkflowSpec = {
  name: 'waiting',
  output: 'end',
  tasks: [
    { id: 'first', run: () => 1 },
    { id: 'go', needs: ['first'], waitFor: 'go' },
    { id: 'end', needs: ['go'], run: () => 'done' },
  ],
}

let logged: string[] = []
const note = (message: string): void => void logged.push(message)
const logger: Logger = { debug: note, info: note, warn: note, error: note }

const open = (state: string | undefined = folder): Promise<Runtime> =>
  createRuntime({ ...(state === undefined ? {} : { folder: state }), clock, logger, turns: virtualTurns(clock), workflows: [waiting] })
const healthOf = (symphony: Runtime): SupervisedHealth => symphony.health().components.find(({ component }) => component === '@symphony/dag') as SupervisedHealth

/** Turns of the event loop until it is so; a restoration reads files. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await settle(1)
}

async function started(symphony: Runtime): Promise<void> {
  await symphony.conductor.orchestrate(waiting, null, { id: 'a' })
  await until(() => symphony.dag.columns.taskState[symphony.dag.taskRow('a', 'go')] === TASK_STATES.WAITING)
}

/** Moves time until something is quarantined. @returns how long that took, ms */
function timeUntilFound(symphony: Runtime): number {
  const from = clock.monotonicMs()
  while (healthOf(symphony).status !== 'quarantined' && clock.monotonicMs() - from < 5_000) clock.advance(10)
  return clock.monotonicMs() - from
}

describe('what is wrong with the tracker is found within a second', () => {
  const writes: readonly { readonly name: string; write(symphony: Runtime): void }[] = [
    { name: 'a state that is none', write: ({ dag }) => void ((dag.columns.taskState as Int32Array)[dag.taskRow('a', 'end')] = 77) },
    { name: 'another state', write: ({ dag }) => void ((dag.columns.taskState as Int32Array)[dag.taskRow('a', 'end')] = TASK_STATES.SUCCEEDED) },
    { name: 'another run', write: ({ dag }) => void ((dag.columns.taskRun as Int32Array)[dag.taskRow('a', 'first')] = 5) },
    { name: 'fewer open tasks', write: ({ dag }) => void ((dag.columns.runTasksOpen as Int32Array)[dag.runRow('a')] = 0) },
  ]
  for (const { name, write } of writes) {
    it(`garbage in the region: ${name}; and the state is rebuilt`, async () => {
      await using symphony = await open()
      await started(symphony)
      const digest = (symphony.dag as RegionDagTracker).stateDigest()
      const reader = new EventReader(symphony.events.region.buffer)
      const result = symphony.conductor.handle('a').result()
      write(symphony)
      expect(timeUntilFound(symphony)).toBeLessThanOrEqual(200)
      expect(healthOf(symphony)).toMatchObject({ status: 'quarantined', panics: 1, restorations: 0, sinceMs: clock.nowMs() })
      // Others go on; who needs the tracker is told what happens next.
      expect(() => symphony.dag.getWorkflowState('a')).toThrow(expect.objectContaining({ code: 'BACKEND_PANIC', retryable: true, message: expect.stringContaining('try again') }))
      await expect(symphony.conductor.orchestrate(waiting)).rejects.toMatchObject({ code: 'BACKEND_PANIC', retryable: true })
      expect(symphony.artifacts.getText(symphony.artifacts.put('still here'))).toBe('still here')
      await until(() => healthOf(symphony).status === 'healthy')
      expect(healthOf(symphony)).toMatchObject({ panics: 1, restorations: 1 })
      expect((symphony.dag as RegionDagTracker).stateDigest()).toBe(digest)
      const told: (readonly number[])[] = []
      reader.read(({ type, subject, a, b }) => {
        if (type === EVENTS.HEALTH_CHANGED && subject === COMPONENT_IDS.dag) told.push([a, b])
      })
      expect(told).toEqual([[0, 1], [1, 0]])
      symphony.dag.signalWorkflow('a', 'go')
      expect(await result).toBe('done')
    })
  }

  it('a region left in the middle of a change by a thread that died', async () => {
    await using symphony = await open()
    await started(symphony)
    const { buffer } = symphony.dag as RegionDagTracker
    const worker = new Worker(`require('node:worker_threads').parentPort.once('message', (buffer) => { Atomics.add(new Int32Array(buffer, 0, 16), 5, 1); process.exit() })`, { eval: true })
    worker.postMessage(buffer)
    await new Promise((resolve) => worker.once('exit', resolve))
    expect(timeUntilFound(symphony)).toBeLessThanOrEqual(1_000)
    expect(healthOf(symphony).reasons[0]).toContain('in the middle of a change')
    await until(() => healthOf(symphony).status === 'healthy')
    symphony.dag.signalWorkflow('a', 'go')
    expect(await symphony.conductor.handle('a').result()).toBe('done')
  })

  it('and nobody is left behind: who follows a run hears the rest of it, who has a task under way ends it', async () => {
    await using symphony = await open()
    let answer = (_: string): void => {}
    const spec: WorkflowSpec = { name: 'long', output: 'long', tasks: [{ id: 'long', run: () => new Promise<string>((resolve) => (answer = resolve)) }] }
    const handle = await symphony.conductor.orchestrate(spec, null, { id: 'long' })
    const heard: Transition[] = []
    const following = (async () => {
      for await (const transition of symphony.dag.watch('long', { fromSequence: 0 })) heard.push(transition)
    })()
    await settle()
    ;(symphony.dag as RegionDagTracker).quarantine('a test says so')
    answer('kept')
    await until(() => healthOf(symphony).status === 'healthy')
    expect(await handle.result()).toBe('kept')
    await following
    expect(heard.at(-1)).toMatchObject({ type: 'run', state: 'succeeded' })
    expect(symphony.conductor.metrics()).toMatchObject({ invoked: 1, late: 0, inFlight: 0 })
  })

  it('what was quarantined when the runtime closed is whole when it opens again', async () => {
    {
      await using symphony = await open()
      await started(symphony)
      ;(symphony.dag.columns.taskState as Int32Array)[symphony.dag.taskRow('a', 'end')] = 77
      timeUntilFound(symphony)
    }
    await using symphony = await open()
    expect(symphony.recovery.runsResumed).toBe(1)
    symphony.dag.signalWorkflow('a', 'go')
    expect(await symphony.conductor.handle('a').result()).toBe('done')
  })

  it('what is broken when the runtime closes, and has not been found yet, is not kept', async () => {
    {
      await using symphony = await open()
      await started(symphony)
      ;(symphony.dag.columns.taskState as Int32Array)[symphony.dag.taskRow('a', 'end')] = TASK_STATES.SUCCEEDED
    }
    await using symphony = await open()
    expect(symphony.dag.tasks('a').map(({ state }) => state)).toEqual(['succeeded', 'waiting', 'pending'])
  })

  it('a restoration that fails is tried again, and succeeds as soon as it can', async () => {
    await using symphony = await open()
    await started(symphony)
    const result = symphony.conductor.handle('a').result()
    renameSync(join(folder, 'journal'), join(folder, 'away'))
    ;(symphony.dag as RegionDagTracker).quarantine('a test says so')
    const errors = (): number => logged.filter((message) => message.includes('could not be restored')).length
    await until(() => errors() === 1)
    clock.advance(100)
    await until(() => errors() === 2)
    expect(healthOf(symphony)).toMatchObject({ status: 'quarantined', panics: 1, restorations: 0 })
    renameSync(join(folder, 'away'), join(folder, 'journal'))
    clock.advance(200)
    await until(() => healthOf(symphony).status === 'healthy')
    symphony.dag.signalWorkflow('a', 'go')
    expect(await result).toBe('done')
  })

  it('a restoration that keeps failing is given up, and whoever waits is told', async () => {
    await using symphony = await open()
    await started(symphony)
    const result = symphony.conductor.handle('a').result()
    renameSync(join(folder, 'journal'), join(folder, 'away'))
    ;(symphony.dag as RegionDagTracker).quarantine('a test says so')
    result.catch(() => {})
    for (let attempt = 1; attempt <= 5; attempt++) {
      await until(() => logged.filter((message) => message.includes('could not be restored')).length === attempt)
      clock.advance(10_000)
    }
    await expect(result).rejects.toMatchObject({ code: 'BACKEND_PANIC', retryable: false, message: expect.stringContaining('could not be rebuilt') })
    renameSync(join(folder, 'away'), join(folder, 'journal'))
  })

  it('without a state folder there is nothing to rebuild from: whoever waits is told', async () => {
    const symphony = await createRuntime({ clock, turns: virtualTurns(clock) })
    await started(symphony)
    const result = symphony.conductor.handle('a').result()
    ;(symphony.dag as RegionDagTracker).quarantine('a test says so')
    await expect(result).rejects.toMatchObject({ code: 'BACKEND_PANIC', retryable: false, message: expect.stringContaining('folder') })
    expect(symphony.health()).toMatchObject({ status: 'quarantined' })
    await expect(symphony.conductor.orchestrate(waiting)).rejects.toMatchObject({ code: 'CLOSED' })
    await symphony.close()
  })
})
