import { declareSuite, staleSuite } from '@symphony/conformance'
import { VirtualClock } from '@symphony/ports'
import { describe, it } from 'vitest'
import { createMapStaleManager } from '@symphony/template'

declareSuite({ describe, it }, staleSuite, {
  supports: createMapStaleManager().supports,
  create(options) {
    const clock = new VirtualClock()
    return { component: createMapStaleManager(options, { clock }), surroundings: { clock } }
  },
})
