import type { PoolManager } from '@symphony/interface'
import type { Suite } from './suite.ts'

/** What every PoolManager has to get right. */
export const poolSuite: Suite<PoolManager> = { component: 'pool', cases: [] }
