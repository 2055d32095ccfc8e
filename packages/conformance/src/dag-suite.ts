import type { DagTracker } from '@symphony/interface'
import type { Suite } from './suite.ts'

/** What every DagTracker has to get right. */
export const dagSuite: Suite<DagTracker> = { component: 'dag', cases: [] }
