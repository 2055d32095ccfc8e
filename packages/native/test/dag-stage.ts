import type { SuiteSetup } from '@symphony/conformance'
import { createDagTracker } from '@symphony/dag'
import type { DagInit, RegionDagTracker } from '@symphony/dag'
import type { CommandLog, ComponentId, DagTracker, Lsn } from '@symphony/interface'
import { nullLog, VirtualClock } from '@symphony/ports'

type RecordedCommand = { readonly type: number; readonly body: Uint8Array; readonly lsn: Lsn }

/** Small enough that reserving is free, large enough for every case. */
const SMALL: DagInit = { tasksMax: 1 << 14, edgesMax: 1 << 14, runsMax: 1 << 8 }

/** The tracker with another backend attached, and whatever is made of its log. */
export function trackersOn(attach: (tracker: RegionDagTracker) => void, change: (whole: DagTracker) => DagTracker = (whole) => whole): SuiteSetup<DagTracker> {
  return {
    supports: createDagTracker(SMALL).supports,
    create(options) {
      const clock = new VirtualClock()
      const commands: RecordedCommand[] = []
      const log = recordInto(commands)
      const make = (init: DagInit): RegionDagTracker => {
        const tracker = createDagTracker({ ...SMALL, ...init }, { clock, log })
        attach(tracker)
        return tracker
      }
      const reopen = (init: DagInit = {}): Promise<DagTracker> => {
        const next = make(init)
        for (const { type, body, lsn } of commands) next.applyCommand(type, body, lsn)
        next.afterRecovery()
        return Promise.resolve(change(next))
      }
      return { component: change(make(options)), surroundings: { clock, reopen, commands: () => commands } }
    },
  }
}

/** As the journal bounds them. */
const RECORD_BYTES = 1 << 20

function recordInto(commands: RecordedCommand[]): CommandLog {
  const log = nullLog()
  const { append } = log
  return Object.assign(log, {
    append(component: ComponentId, type: number, body: Uint8Array) {
      if (body.length > RECORD_BYTES) throw new Error('The record is too large.')
      const lsn = append(component, type, body)
      commands.push({ type, body: body.slice(), lsn })
      return lsn
    },
  })
}
