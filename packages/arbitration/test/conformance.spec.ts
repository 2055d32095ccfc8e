import { describe, it } from 'vitest'
import { createArbitrationEngine } from '@symphony/arbitration'
import { arbitrationSuite, declareSuite } from '@symphony/conformance'
import type { Lsn } from '@symphony/interface'
import { VirtualClock } from '@symphony/ports'
import { recordingLog } from './recording-log.ts'

declareSuite({ describe, it }, arbitrationSuite, {
  supports: createArbitrationEngine({ requestsMax: 1 }).supports,
  create(options) {
    const clock = new VirtualClock()
    const { log, commands } = recordingLog()
    const reopen = () => {
      const engine = createArbitrationEngine(options, { clock })
      commands.forEach(({ type, body }, at) => engine.applyCommand(type, body, (at + 1) as Lsn))
      engine.afterRecovery?.()
      return engine
    }
    return { component: createArbitrationEngine(options, { clock, log }), surroundings: { clock, reopen, commands: () => commands.map((command, at) => ({ ...command, lsn: at + 1 })) } }
  },
})
