import type { ArbitrationEngine } from '@symphony/interface'
import type { Suite } from './suite.ts'

/** What every ArbitrationEngine has to get right. */
export const arbitrationSuite: Suite<ArbitrationEngine> = { component: 'arbitration', cases: [] }
