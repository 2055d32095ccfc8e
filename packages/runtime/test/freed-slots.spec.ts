import { createArbitrationEngine } from '@symphony/arbitration'
import type { ArbitrationEngine, WorkflowSpec } from '@symphony/interface'
import { createRuntime } from '@symphony/runtime'
import { expect, it } from 'vitest'

/** An engine that cannot settle many grants at once any more. */
function unsettled(engine: ArbitrationEngine): ArbitrationEngine {
  return new Proxy(engine, {
    get(target, name) {
      if (name === 'settleNow') {
        return () => {
          throw new Error('the engine settles nothing')
        }
      }
      const value = Reflect.get(target, name, target) as unknown
      return typeof value === 'function' ? (value as (...given: unknown[]) => unknown).bind(target) : value
    },
  })
}

const chain: WorkflowSpec = { name: 'chain', tasks: [{ id: 'a', run: () => 1 }, { id: 'b', needs: ['a'], run: () => 2 }, { id: 'c', run: async () => 3 }] }

it('gives slots back when the engine fails while grants are settled, also those that were to be passed on', async () => {
  await using symphony = await createRuntime({ arbitration: (ports) => unsettled(createArbitrationEngine({}, ports)) })
  const run = await symphony.conductor.orchestrate(chain)
  await run.ended().catch(() => {})
  expect(symphony.pool.inspect('@inline').slotsUsed).toBe(0)
})
