import { createArtifactStore } from '@symphony/artifacts'
import { createDagTracker } from '@symphony/dag'
import type { DagPorts } from '@symphony/dag'
import type { ArtifactStore, DagTracker, ModelSpec, Policy, TaskContext, WorkflowSpec } from '@symphony/interface'
import { functionRunner, workerThreadRunner } from '@symphony/models'
import { createRuntime } from '@symphony/runtime'
import { describe, expect, it } from 'vitest'
import { settle, stage, temporaryFolder, until } from './stage.ts'

/** Tasks that stay until they are let go, and tell how many were there at once. */
function crowd(): { readonly run: (context: TaskContext) => Promise<void>; readonly inside: string[]; letGo(): void; most: number } {
  const gates: (() => void)[] = []
  const self = {
    inside: [] as string[],
    most: 0,
    run: async ({ taskId }: TaskContext) => {
      self.inside.push(taskId)
      self.most = Math.max(self.most, self.inside.length)
      await new Promise<void>((resolve) => gates.push(resolve))
      self.inside.splice(self.inside.indexOf(taskId), 1)
    },
    letGo: () => gates.splice(0).forEach((open) => open()),
  }
  return self
}

const worker = `data:text/javascript,${encodeURIComponent(`
import { threadId } from 'node:worker_threads'
export const load = () => ({
  invoke({ flag, bytes }) {
    if (flag !== undefined) Atomics.wait(flag, 0, 0)
    if (bytes !== undefined) return { isShared: bytes.buffer instanceof SharedArrayBuffer, sum: bytes.reduce((sum, byte) => sum + byte, 0) }
    return threadId
  },
})`)}`

describe('what runs where, and how much of it at once', () => {
  it('D7 the task that the most depends on goes first, as far as memory and slots reach', async () => {
    const { conductor } = await stage({ inlineSlots: 1 })
    const order: string[] = []
    const note = async ({ taskId }: TaskContext): Promise<void> => void order.push(taskId)
    await (await conductor.orchestrate({ name: 'ranked', tasks: [
      { id: 'leaf', expectedMs: 50, run: note },
      { id: 'root', expectedMs: 10, run: note },
      { id: 'below', needs: ['root'], expectedMs: 900, run: note },
    ] })).ended()
    expect(order).toEqual(['root', 'below', 'leaf'])
    const models = await stage()
    models.symphony.arbitration.setMemoryLimit(100)
    const heavy = crowd()
    const handle = await models.conductor.orchestrate({ name: 'heavy', tasks: Array.from({ length: 6 }, (_, at) => ({ id: `t${at}`, memoryBytes: 40, run: heavy.run })) })
    for (let round = 0; round < 6; round++) {
      await settle()
      heavy.letGo()
    }
    expect([(await handle.ended()).state, heavy.most]).toEqual(['succeeded', 2])
  })

  it('D7 the policy is one function over columns: yours may take its place', async () => {
    const mine: Policy = { name: 'cheapest first', score: ({ count, tasks, scores, columns }) => {
      for (let at = 0; at < count; at++) scores[at] = -(columns.taskRankMs[tasks[at] as number] as number)
    } }
    const { conductor } = await stage({ policy: mine, inlineSlots: 1 })
    const order: string[] = []
    await (await conductor.orchestrate({ name: 'costs', tasks: [30, 10, 20].map((expectedMs) => ({ id: `${expectedMs}`, expectedMs, run: async ({ taskId }) => void order.push(taskId) })) })).ended()
    expect(order).toEqual(['10', '20', '30'])
    expect(conductor.decisions(3).every(({ policy, alternatives }) => policy === 'cheapest first' && alternatives === 3)).toBe(true)
  })

  it('D22 limits for all, for a tenant and for a model', async () => {
    const model: ModelSpec = { id: 'api', runner: functionRunner(() => 1), slotsPerInstance: 2 }
    const { conductor, symphony, pass } = await stage({ models: [model], inlineSlots: 3, rates: [{ tenant: 'slow', callsPerSecond: 2, burst: 1 }] })
    const all = crowd()
    const handle = await conductor.orchestrate({ name: 'all', tasks: Array.from({ length: 9 }, (_, at) => ({ id: `t${at}`, run: all.run })) })
    for (let round = 0; round < 9; round++) {
      await settle()
      all.letGo()
    }
    expect([(await handle.ended()).state, all.most]).toEqual(['succeeded', 3])
    const rated = await conductor.orchestrate({ name: 'rated', tasks: ['a', 'b', 'c'].map((id) => ({ id, model: 'api' })) }, null, { tenant: 'slow' })
    const done: number[] = []
    for (let step = 0; step < 3; step++) {
      await settle()
      done.push(rated.progress().succeeded)
      await pass(500)
    }
    expect(done).toEqual([1, 2, 3])
    expect(symphony.pool.inspect('api').slotsTotal).toBe(2)
  })

  it('D25 who is idle takes what waits, and what one task left reaches the next without a copy', async () => {
    const { conductor, symphony, dag } = await stage({ models: [{ id: 'worker', runner: workerThreadRunner({ module: worker }), instancesMin: 2, instancesMax: 2 }] })
    await symphony.pool.prewarm('worker', 2)
    const flag = new Int32Array(new SharedArrayBuffer(4))
    const stuck = await conductor.orchestrate({ name: 'stuck', output: 'a', tasks: [{ id: 'a', model: 'worker', cache: false, input: () => ({ flag }) }] })
    await until(() => symphony.pool.inspect('worker').slotsUsed === 1)
    const handle = await conductor.orchestrate({ name: 'waiting', tasks: Array.from({ length: 6 }, (_, at) => ({ id: `t${at}`, model: 'worker', cache: false, input: () => ({}) })) })
    // One thread is busy with something long; the other does everything that waits, whatever was in line where.
    const threads = new Set(Object.values((await handle.result()) as Record<string, number>))
    expect([threads.size, dag.progress(stuck.id).running]).toEqual([1, 1])
    Atomics.store(flag, 0, 1)
    Atomics.notify(flag, 0)
    expect(threads.has((await stuck.result()) as number)).toBe(false)
    const passed = await conductor.orchestrate({ name: 'passed', output: 'sum', tasks: [{ id: 'make', run: () => new Uint8Array(100_000).fill(2) }, { id: 'sum', needs: ['make'], model: 'worker', input: ({ inputs }) => ({ bytes: inputs.get('make') }) }] })
    expect(await passed.result()).toEqual({ isShared: true, sum: 200_000 })
  })

  it('D28 nothing to install and nothing to start: one call, in memory or in a folder', async () => {
    const hello: WorkflowSpec = { name: 'hello', output: 'greet', tasks: [{ id: 'greet', run: ({ runInput }) => `hello ${String(runInput)}` }] }
    for (const config of [{}, { folder: temporaryFolder() }]) {
      await using symphony = await createRuntime(config)
      expect(await (await symphony.conductor.orchestrate(hello, 'world')).result()).toBe('hello world')
    }
  })

  it('D29 storage is swapped, and so is any other part', async () => {
    const made: { artifacts?: ArtifactStore; dag?: DagTracker } = {}
    const { symphony, conductor } = await stage({
      artifacts: ({ clock, logger }) => (made.artifacts = createArtifactStore({ search: true }, { clock, logger })),
      dag: (ports) => (made.dag = createDagTracker({ runsMax: 8 }, ports as DagPorts)),
    })
    expect([symphony.artifacts, symphony.dag]).toEqual([made.artifacts, made.dag])
    const handle = await conductor.orchestrate({ name: 'swapped', output: 'a', tasks: [{ id: 'a', run: () => 'kept by mine' }] })
    expect(await handle.result()).toBe('kept by mine')
    expect(made.artifacts?.getJson((await handle.outputs())['a'] as never)).toBe('kept by mine')
    await expect(createRuntime({ artifacts: (ports) => createDagTracker({}, ports as DagPorts) as never })).rejects.toMatchObject({ code: 'CAPABILITY_MISSING' })
  })
})
