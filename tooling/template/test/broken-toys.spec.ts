import { judge, staleSuite } from '@symphony/conformance'
import type { StaleManager } from '@symphony/interface'
import { VirtualClock } from '@symphony/ports'
import { describe, expect, it } from 'vitest'
import { createMapStaleManager } from '@symphony/template'

/** A component with one mistake in it. The suite has to find it, or the suite proves nothing. */
async function failures(breakIt: (stale: StaleManager) => void): Promise<readonly string[]> {
  const outcomes = await judge(staleSuite, {
    supports: createMapStaleManager().supports,
    create(options) {
      const clock = new VirtualClock()
      const component = createMapStaleManager(options, { clock })
      breakIt(component)
      return { component, surroundings: { clock } }
    },
  })
  return outcomes.filter(({ outcome }) => outcome === 'failed').map(({ name }) => name)
}

describe('the suite', () => {
  it('passes the component as it is', async () => {
    expect(await failures(() => {})).toEqual([])
  })

  it('finds one that tells too early', async () => {
    const early = await failures((stale) => {
      const watch = stale.watch.bind(stale)
      stale.watch = (entity, when) => watch(entity, 'ttlMs' in when ? { ttlMs: when.ttlMs / 2 } : when)
    })
    expect(early.length).toBeGreaterThan(0)
  })

  it('finds one whose unwatch does nothing', async () => {
    const deaf = await failures((stale) => {
      stale.unwatch = () => true
    })
    expect(deaf.length).toBeGreaterThan(0)
  })
})
