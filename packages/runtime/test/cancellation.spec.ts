import { describe, expect, it } from 'vitest'
import { EVENTS } from '@symphony/interface'
import type { TaskContext, WorkflowSpec } from '@symphony/interface'
import { workerThreadRunner } from '@symphony/models'
import { VirtualClock } from '@symphony/ports'
import { createRuntime } from '@symphony/runtime'
import { EventReader } from '@symphony/shared-memory'
import { settle } from './virtual-time.ts'

/** Answers with the number of its thread, or never again. */
const module = `data:text/javascript,${encodeURIComponent(`
  import { threadId } from 'node:worker_threads'
  export const load = () => ({ invoke(input) { if (input === 'loop') for (;;); return threadId } })
`)}`

describe('an endless loop on a thread of its own', () => {
  // Threads live in real time. What is asserted is the order of what happens, not when.
  it('is ended when its run is cancelled: the lease is back, the thread is replaced', { timeout: 120_000 }, async () => {
    const order: string[] = []
    const runner = workerThreadRunner({ module, graceMs: 10 })
    await using symphony = await createRuntime({ models: [{ id: 'spin', runner, instancesMax: 1 }] })
    const { conductor, pool } = symphony
    const ask = (id: string, input: string): WorkflowSpec => ({ name: id, output: 'ask', tasks: [{ id: 'ask', model: 'spin', cache: false, input: () => input }] })
    const first = await (await conductor.orchestrate(ask('first', 'which'))).result()

    const looping = await conductor.orchestrate(ask('looping', 'loop'))
    await eventually(() => pool.inspect('spin').slotsUsed === 1 && conductor.metrics().inFlight === 1)
    const stop = pool.onSlotFree((model) => void (model === pool.modelNumber('spin') && order.push('slot free')))
    // Waits for the only slot there is.
    const next = await conductor.orchestrate(ask('next', 'which'))
    const ended = looping.ended().then(({ state }) => order.push(state))
    expect(looping.cancel('enough')).toBe(true)
    await ended
    const second = await next.result()
    order.push('next has run')
    stop()
    expect([order[0], order.at(-1)]).toEqual(['cancelled', 'next has run'])
    expect(order).toContain('slot free')
    expect(second).not.toBe(first)
    expect([pool.inspect('spin').slotsUsed, conductor.metrics().inFlight, symphony.arbitration.metrics().running]).toEqual([0, 0, 0])
    expect(pool.metrics().loads).toBeGreaterThanOrEqual(2)
  })
})

describe('a run with 1,000 tasks', () => {
  const TASKS = 1000

  it('is cancelled: every signal fires, slots are free, late results change nothing', async () => {
    const clock = new VirtualClock()
    await using symphony = await createRuntime({ clock, inlineSlots: TASKS })
    const { conductor, pool, arbitration } = symphony
    const fired = new Set<string>()
    const reasons = new Set<unknown>()
    const late = Promise.withResolvers<string>()
    const run = ({ taskId, signal }: TaskContext): Promise<string> => {
      signal.addEventListener('abort', () => {
        fired.add(taskId)
        reasons.add((signal.reason as { code?: unknown }).code)
      })
      return late.promise
    }
    const handle = await conductor.orchestrate({
      name: 'many',
      types: [{ name: 'wait', run }],
      tasks: [...Array.from({ length: TASKS }, (_, at) => ({ id: `t${at}`, type: 'wait' })), { id: 'after', needs: ['t0'], run: () => { throw new Error('ran after cancel') } }],
    })
    await settle()
    expect(handle.progress().running).toBe(TASKS)
    expect(handle.cancel('enough')).toBe(true)
    expect([fired.size, ...reasons]).toEqual([TASKS, 'RUN_CANCELLED'])
    expect([pool.freeSlots(pool.modelNumber('@inline')), arbitration.metrics().running, conductor.metrics().inFlight]).toEqual([TASKS, 0, 0])
    late.resolve('late')
    await settle()
    const { state, progress, reason } = await handle.ended()
    expect([state, reason, progress.cancelled, progress.succeeded]).toEqual(['cancelled', 'enough', TASKS + 1, 0])
    expect(conductor.metrics().late).toBe(TASKS)
    expect(clock.pendingTimers).toBe(0)
  })

  it('runs out of time: every task knew when, every signal fires then', async () => {
    const clock = new VirtualClock()
    await using symphony = await createRuntime({ clock, inlineSlots: TASKS + 1 })
    const startMs = clock.nowMs()
    const deadlines = new Set<number | undefined>()
    let fired = 0
    const run = ({ deadlineMs, signal }: TaskContext): Promise<void> => {
      deadlines.add(deadlineMs === undefined ? undefined : deadlineMs - startMs)
      return new Promise(() => signal.addEventListener('abort', () => fired++))
    }
    const tasks = Array.from({ length: TASKS }, (_, at) => ({ id: `t${at}`, run, ...(at < 10 ? { timeoutMs: 7000 } : {}) }))
    const handle = await symphony.conductor.orchestrate({ name: 'limited', timeoutMs: 5000, tasks: [...tasks, { id: 'sooner', run, timeoutMs: 300, allowFailure: true }] })
    await settle()
    expect([...deadlines].sort()).toEqual([300, 5000])
    clock.advance(4999)
    await settle()
    expect([fired, handle.state().state]).toEqual([1, 'running'])
    clock.advance(1)
    await settle()
    expect([fired, (await handle.ended()).state]).toEqual([TASKS + 1, 'cancelled'])
    expect(handle.state().reason).toContain('5000')
  })
})

describe('a result that comes too late', () => {
  it('is refused, and the attempt that took its place decides', async () => {
    const clock = new VirtualClock()
    await using symphony = await createRuntime({ clock })
    const { dag, conductor } = symphony
    const answers = [Promise.withResolvers<string>(), Promise.withResolvers<string>()]
    const handle = await conductor.orchestrate({ name: 'late', output: 'ask', tasks: [{ id: 'ask', timeoutMs: 100, retry: { attempts: 2, delayMs: 10 }, run: ({ attempt }) => answers[attempt - 1]!.promise }] })
    await settle()
    clock.advance(100)
    await settle()
    clock.advance(10)
    await settle()
    answers[0]!.resolve('first, too late')
    await settle()
    expect([handle.state().state, conductor.metrics().late]).toEqual(['running', 1])
    answers[1]!.resolve('second')
    expect(await handle.result()).toBe('second')
    expect(dag.tasks(handle.id)[0]).toMatchObject({ attempt: 2, state: 'succeeded' })
  })

  it('is counted where it reaches the tracker', async () => {
    await using symphony = await createRuntime({ clock: new VirtualClock() })
    const { dag, events } = symphony
    const id = dag.startWorkflow({ name: 'by hand', tasks: [{ id: 'a', run: () => new Promise(() => {}) }] })
    await settle()
    const task = dag.taskRow(id, 'a')
    dag.cancelWorkflow(id)
    const reader = new EventReader(events.region.buffer)
    expect(dag.completeTask(task, {}, 1 as never)).toBe(false)
    const told: number[] = []
    reader.read(({ type }) => told.push(type))
    expect(told).toEqual([EVENTS.TASK_LATE_RESULT])
    expect(dag.getWorkflowState(id).progress.cancelled).toBe(1)
  })
})

/** Turns of the event loop until something is so; the test's own timeout is the limit. */
async function eventually(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve))
}

describe('tasks that begin together', () => {
  it('are not called when one that was called before has skipped them or cancelled their run; what they hold goes back', async () => {
    const called: string[] = []
    await using symphony = await createRuntime()
    const { conductor, dag, pool } = symphony
    const beside = (stop: (id: string) => void): WorkflowSpec['tasks'] => [
      { id: 'first', expectedMs: 100, run: (context) => (called.push('first'), stop(context.runId)) },
      { id: 'second', run: () => void called.push('second') },
    ]
    const skips = await conductor.orchestrate({ name: 'skips', tasks: beside((id) => void dag.skipTask(dag.taskRow(id, 'second'), 'not needed')) })
    expect((await skips.ended()).progress).toMatchObject({ succeeded: 1, skipped: 1 })
    const cancels = await conductor.orchestrate({ name: 'cancels', tasks: beside((id) => void dag.cancelWorkflow(id)) })
    expect((await cancels.ended()).progress).toMatchObject({ cancelled: 2 })
    expect(called).toEqual(['first', 'first'])
    expect([pool.inspect('@inline').slotsUsed, conductor.metrics().inFlight, symphony.arbitration.metrics().running]).toEqual([0, 0, 0])
    // It returned after it had cancelled its own run.
    expect(conductor.metrics().late).toBe(1)
  })
})
