import { describe, it } from 'vitest'
import { declareSuite, staleSuite } from '@symphony/conformance'
import { VirtualClock } from '@symphony/ports'
import { createStaleManager } from '@symphony/stale'

declareSuite({ describe, it }, staleSuite, {
  supports: createStaleManager({ watchesMax: 1 }).supports,
  create(options) {
    const clock = new VirtualClock()
    return { component: createStaleManager(options, { clock }), surroundings: { clock } }
  },
})
