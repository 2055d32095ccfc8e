import type { Conductor } from '@symphony/interface'
import type { Suite } from './suite.ts'

/** What every Conductor has to get right. */
export const conductorSuite: Suite<Conductor> = { component: 'conductor', cases: [] }
