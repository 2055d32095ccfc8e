import type { Journal } from '@symphony/interface'
import { journalCheckpointCases } from './journal-checkpoint-cases.ts'
import { journalDurabilityCases } from './journal-durability-cases.ts'
import { journalLifeCases } from './journal-life-cases.ts'
import { journalRecordCases } from './journal-record-cases.ts'
import type { Suite } from './suite.ts'

/** What every Journal has to get right. `JournalSurroundings` tells which handles its cases need on the storage. */
export const journalSuite: Suite<Journal> = {
  component: 'journal',
  cases: [...journalRecordCases, ...journalDurabilityCases, ...journalCheckpointCases, ...journalLifeCases],
}
