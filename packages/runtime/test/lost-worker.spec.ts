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
