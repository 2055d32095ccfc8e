import type { DagTracker } from '@symphony/interface'
import { choiceCases } from './dag-choice-cases.ts'
import { controlCases } from './dag-control-cases.ts'
import { definitionCases } from './dag-definition-cases.ts'
import { expansionCases } from './dag-expansion-cases.ts'
import { familyCases, searchCases, undoingCases } from './dag-family-cases.ts'
import { keepingCases, recoveryCases } from './dag-recovery-cases.ts'
import { reportCases } from './dag-report-cases.ts'
import { replicaCases } from './replica-cases.ts'
import { dagLife } from './replica-lives.ts'
import { reworkCases } from './dag-rework-cases.ts'
import { attemptCases, orderCases } from './dag-run-cases.ts'
import { timeCases } from './dag-time-cases.ts'
import { scheduleCases } from './dag-schedule-cases.ts'
import { upgradeCases } from './dag-upgrade-cases.ts'
import { streamCases } from './dag-stream-cases.ts'
import { supervisionCases } from './dag-supervision-cases.ts'
import type { Suite } from './suite.ts'

/** What every DagTracker has to get right. What the cases need of `create` is written at `Stage` in `dag-stage.ts`. */
export const dagSuite: Suite<DagTracker> = {
  component: 'dag',
  cases: [
    ...definitionCases, ...orderCases, ...attemptCases, ...controlCases, ...expansionCases, ...choiceCases, ...timeCases, ...reportCases, ...keepingCases, ...recoveryCases,
    ...familyCases, ...undoingCases, ...searchCases, ...reworkCases, ...scheduleCases, ...upgradeCases, ...streamCases, ...replicaCases(dagLife), ...supervisionCases,
  ],
}
