import type { SuiteSetup } from '@symphony/conformance'
import type { EventSink, PoolManager } from '@symphony/interface'
import { createPoolManager } from '@symphony/pool'
import { VirtualClock } from '@symphony/ports'

/** Our pool, as the suite wants it: with a clock to move and events to read. @param wrap for what is to be broken on purpose */
export function poolSetup(wrap: (pool: PoolManager) => PoolManager = (pool) => pool): SuiteSetup<PoolManager> {
  return {
    supports: createPoolManager({ instancesMax: 1 }).supports,
    create(options) {
      const clock = new VirtualClock()
      const events: { type: number; subject: number; a: number; b: number }[] = []
      const sink: EventSink = { publish: (type, subject, a, b) => void events.push({ type, subject, a, b }) }
      const pool = createPoolManager(options, { clock, events: sink })
      return { component: wrap(pool), surroundings: { clock, events }, dispose: () => pool.close() }
    },
  }
}
