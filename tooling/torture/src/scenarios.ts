import type { Scenario } from './scenario.ts'
import { failingCalls } from './scenarios/failing-calls.ts'
import { failingPort } from './scenarios/failing-port.ts'
import { killedJournal } from './scenarios/killed-journal.ts'
import { powerCut } from './scenarios/power-cut.ts'

/** All there are, in the order they take turns. */
export const SCENARIOS: readonly Scenario[] = [killedJournal, powerCut, failingCalls, failingPort]
