import type { SuiteSetup } from '@symphony/conformance'
import { createDagTracker } from '@symphony/dag'
import type { DagInit } from '@symphony/dag'
import type { DagTracker } from '@symphony/interface'
import { VirtualClock } from '@symphony/ports'
import { RecordedLog } from './recorded-log.ts'

/** Small enough that reserving is free, large enough for every case. */
const SMALL: DagInit = { tasksMax: 1 << 14, edgesMax: 1 << 14, runsMax: 1 << 8 }

/** As the journal bounds them. */
const RECORD_BYTES = 1 << 20

/** Ours with the surroundings the cases ask for, as it is or with something done to it. */
export function setupWith(change: (whole: DagTracker) => DagTracker): SuiteSetup<DagTracker> {
  return {
    supports: createDagTracker(SMALL).supports,
    create(options) {
      const clock = new VirtualClock()
      const log = new RecordedLog(RECORD_BYTES)
      const reopen = (init: DagInit = {}): Promise<DagTracker> => {
        const next = log.replayInto(createDagTracker({ ...SMALL, ...init }, { clock, log }))
        next.afterRecovery()
        return Promise.resolve(change(next))
      }
      return { component: change(createDagTracker({ ...SMALL, ...options }, { clock, log })), surroundings: { clock, reopen, commands: () => log.commands } }
    },
  }
}
