import type { ArbitrationEngine } from '@symphony/interface'
import { accountCases } from './arbitration-account-cases.ts'
import { batchCases } from './arbitration-batch-cases.ts'
import { limitCases } from './arbitration-limit-cases.ts'
import { orderCases } from './arbitration-order-cases.ts'
import { arbitrationSupervisionCases } from './arbitration-supervision-cases.ts'
import { replicaCases } from './replica-cases.ts'
import { arbitrationLife } from './replica-lives.ts'
import type { Suite } from './suite.ts'

/** What every ArbitrationEngine has to get right: who goes next, what bounds it, and how it accounts for it. */
export const arbitrationSuite: Suite<ArbitrationEngine> = {
  component: 'arbitration',
  cases: [...orderCases, ...limitCases, ...accountCases, ...batchCases, ...arbitrationSupervisionCases, ...replicaCases(arbitrationLife)],
}
