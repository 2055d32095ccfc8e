import type { Journal } from '@symphony/interface'
import type { Suite } from './suite.ts'

/** What every Journal has to get right. */
export const journalSuite: Suite<Journal> = { component: 'journal', cases: [] }
