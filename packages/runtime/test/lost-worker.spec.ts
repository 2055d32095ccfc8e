import { describe, expect, it } from 'vitest'
import { EVENTS, INSTANCE_STATES } from '@symphony/interface'
import type { WorkflowSpec } from '@symphony/interface'
import { workerThreadRunner } from '@symphony/models'
import { createRuntime } from '@symphony/runtime'
import { EventReader } from '@symphony/shared-memory'

/** Does to its thread what it is told at the first attempt, and answers at the next. */
const module = `data:text/javascript,${encodeURIComponent(`
  export const load = () => ({
    invoke({ deed, attempt }) {
      if (attempt > 1) return 'answered'
      if (deed === 'dies') process.exit(7)
      if (deed === 'hangs after it has answered') setTimeout(() => { for (;;); })
      if (deed === 'hangs after it has answered') return 'answered'
      if (deed === 'throws') setTimeout(() => { throw new Error('out of nowhere') })
      if (deed === 'hangs') for (;;);
      return new Promise(() => {})
    },
  })
`)}`

describe('a worker thread that is lost in the middle of a call', () => {
  // Threads live in real time. What is asserted is what comes of it, not when.
  for (const deed of ['dies', 'throws', 'hangs']) {
    it(`${deed}: the instance is failed and loaded anew, its lease is back, and the task is done by the next attempt`, { timeout: 120_000 }, async () => {
      const runner = workerThreadRunner({ module, graceMs: 10 })
      await using symphony = await createRuntime({ models: [{ id: 'mortal', runner, instancesMax: 1 }] })
      const reader = new EventReader(symphony.events.region.buffer)
      const spec: WorkflowSpec = {
        name: deed,
        output: 'ask',
        tasks: [{
          id: 'ask',
          model: 'mortal',
          input: ({ attempt }) => ({ deed, attempt }),
          retry: { attempts: 2, delayMs: 1 },
          ...(deed === 'hangs' ? { timeoutMs: 2_000 } : {}),
        }],
      }
      const handle = await symphony.conductor.orchestrate(spec)
      expect(await handle.result()).toBe('answered')
      const states: number[] = []
      const number = symphony.pool.modelNumber('mortal')
      reader.read(({ type, a, b }) => {
        if (type === EVENTS.INSTANCE_TRANSITION && b === number) states.push(a & 15)
      })
      const { WARMING, HOT, FAILED } = INSTANCE_STATES
      expect(states.filter((state) => state === WARMING || state === HOT || state === FAILED)).toEqual([WARMING, HOT, FAILED, WARMING, HOT])
      expect(symphony.pool.inspect('mortal')).toMatchObject({ slotsUsed: 0, instances: [{ state: 'hot', failures: 1 }] })
      expect(symphony.conductor.metrics()).toMatchObject({ inFlight: 0, retried: 1 })
    })
  }
})

describe('a worker thread that hangs while nobody asks anything of it', () => {
  it('is found out and loaded anew before anybody is let down by it', { timeout: 120_000 }, async () => {
    const runner = workerThreadRunner({ module, graceMs: 10 })
    await using symphony = await createRuntime({ models: [{ id: 'mortal', runner, instancesMin: 1, instancesMax: 1 }] })
    const ask = (id: string, attempt: number): WorkflowSpec => ({ name: id, output: 'ask', tasks: [{ id: 'ask', model: 'mortal', input: () => ({ deed: 'hangs after it has answered', attempt }) }] })
    expect(await (await symphony.conductor.orchestrate(ask('first', 1))).result()).toBe('answered')
    const failures = (): number => symphony.pool.inspect('mortal').instances[0]?.failures ?? 0
    while (failures() === 0) await new Promise((resolve) => setTimeout(resolve, 20))
    expect(await (await symphony.conductor.orchestrate(ask('second', 2))).result()).toBe('answered')
    expect(symphony.conductor.metrics()).toMatchObject({ inFlight: 0, retried: 0, late: 0 })
  })

  it('and one with a call that takes its time is left alone', { timeout: 120_000 }, async () => {
    const busy = `data:text/javascript,${encodeURIComponent('export const load = () => ({ invoke(ms) { const end = Date.now() + ms; while (Date.now() < end); return "answered" } })')}`
    await using symphony = await createRuntime({ models: [{ id: 'slow', runner: workerThreadRunner({ module: busy }), instancesMax: 1 }] })
    const spec: WorkflowSpec = { name: 'slow', output: 'ask', tasks: [{ id: 'ask', model: 'slow', input: () => 2_000 }] }
    expect(await (await symphony.conductor.orchestrate(spec)).result()).toBe('answered')
    expect(symphony.pool.inspect('slow').instances[0]?.failures).toBe(0)
  })
})
