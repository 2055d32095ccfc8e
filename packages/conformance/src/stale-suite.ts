import type { StaleManager } from '@symphony/interface'
import type { Suite } from './suite.ts'

/** What every StaleManager has to get right. */
export const staleSuite: Suite<StaleManager> = { component: 'stale', cases: [] }
