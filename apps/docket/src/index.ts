/**
 * Docket: turns a folder of mixed documents into a searchable, deduplicated, evidence-linked archive, as a workflow on Symphony.
 *
 * @packageDocumentation
 */
export { askDocket } from './ask-docket.ts'
export type { AskDocketOptions, DocketAnswer } from './ask-docket.ts'
export type { Evidence } from './ask/ask.ts'
export type { DocketSource } from './docket-input.ts'
export { defaultSources, folderSource } from './list-sources.ts'
export type { Archive, DocumentEntry, PageEntry, RunFigures, UnreadableEntry } from './report/archive.ts'
export { runDocket } from './run-docket.ts'
export type { DocketOptions, DocketOutcome } from './run-docket.ts'
export type { TaskCounts } from './run-figures.ts'
export { DOCKET, docketWorkflow } from './workflow.ts'
