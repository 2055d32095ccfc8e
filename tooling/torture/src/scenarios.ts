import type { Scenario } from './scenario.ts'
import { damagedLog } from './scenarios/damaged-log.ts'
import { deadWorker } from './scenarios/dead-worker.ts'
import { failingCalls } from './scenarios/failing-calls.ts'
import { failingHost } from './scenarios/failing-host.ts'
import { failingPort } from './scenarios/failing-port.ts'
import { fullDisk } from './scenarios/full-disk.ts'
import { killedDocket } from './scenarios/killed-docket.ts'
import { killedJournal } from './scenarios/killed-journal.ts'
import { killedRuntime } from './scenarios/killed-runtime.ts'
import { powerCut } from './scenarios/power-cut.ts'
import { stoppedProcess } from './scenarios/stopped-process.ts'
import { twoProcesses } from './scenarios/two-processes.ts'

/** All there are, in the order they take turns. */
export const SCENARIOS: readonly Scenario[] = [
  killedJournal, killedRuntime, killedDocket, powerCut, failingCalls, failingPort, failingHost, fullDisk, damagedLog, deadWorker, stoppedProcess, twoProcesses,
]
