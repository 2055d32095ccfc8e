import type { WorkflowSpec } from '@symphony/interface'
import type { DocketSource } from './docket-input.ts'
import { archiveType, indexType, reportType } from './tasks/archive-tasks.ts'
import { ingestType, scanType, unpackType } from './tasks/file-tasks.ts'
import { GATHER } from './tasks/gather.ts'
import { cleanType, layerType, mergeType, ocrType, openPdfType, openPictureType, renderType } from './tasks/page-tasks.ts'
import { nlpType, signatureType } from './tasks/text-tasks.ts'

/** Name of the workflow, and of the tenant its runs belong to. */
export const DOCKET = 'docket'

/**
 * The main job as a workflow: four tasks that are always there, and as many more as there are files, pages and texts.
 *
 * @param sources where the files of a listing lie; only the task that reads them knows
 */
export function docketWorkflow(sources: readonly DocketSource[]): WorkflowSpec {
  const fileTypes = [scanType, ingestType(sources), unpackType]
  const pageTypes = [openPdfType, openPictureType, layerType, renderType, cleanType, ocrType, mergeType]
  return {
    name: DOCKET,
    version: '1',
    output: 'report',
    types: [...fileTypes, ...pageTypes, nlpType, signatureType, archiveType, indexType, reportType],
    tasks: [
      { id: 'scan', type: 'scan' },
      { id: GATHER, type: 'archive', needs: ['scan'] },
      { id: 'index', type: 'index', needs: [GATHER] },
      { id: 'report', type: 'report', needs: [GATHER, 'index'] },
    ],
  }
}
