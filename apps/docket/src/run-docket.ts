import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ArtifactRef, Json, Runtime, RunProgress, WorkflowHandle } from '@symphony/interface'
import { createRuntime, healthStory } from '@symphony/runtime'
import type { RuntimeConfig } from '@symphony/runtime'
import { scanSources } from './content/scan.ts'
import type { DocketInput, DocketSource } from './docket-input.ts'
import { docketModels } from './docket-models.ts'
import { publishArchive } from './latest-archive.ts'
import { withoutFolders } from './list-sources.ts'
import type { Archive } from './report/archive.ts'
import { archiveJson } from './report/archive-json.ts'
import { renderReport } from './report/render-report.ts'
import { countTasks, runFigures } from './run-figures.ts'
import type { TaskCounts } from './run-figures.ts'
import type { DocketResult } from './tasks/archive-tasks.ts'
import { DOCKET, docketWorkflow } from './workflow.ts'

/** What a run of Docket is asked to do. */
export interface DocketOptions {
  /** Where documents are taken from. */
  readonly sources: readonly DocketSource[]
  /** Where the archive and everything it was made of is kept. */
  readonly stateFolder: string
  /** Where the report goes. Default: `report` in the state folder. */
  readonly reportFolder?: string
  readonly runtime?: RuntimeConfig
  /** Stops the run; the next one goes on where it stopped. */
  readonly signal?: AbortSignal
  /** Called about ten times a second. `note` says what is being worked on. */
  readonly onProgress?: (progress: RunProgress, note: string) => void
}

/** What it did. */
export interface DocketOutcome {
  /** False when it was stopped before the end; then there is no report yet. */
  readonly finished: boolean
  /** Path of the report, to be opened in a browser. */
  readonly report: string
  /** Path of the same as JSON. */
  readonly archive: string
  readonly elapsedMs: number
  /** Distinct documents that could be read. */
  readonly documents: number
  readonly duplicates: number
  readonly unreadable: number
  readonly pages: { readonly total: number; readonly recognised: number }
  readonly tasks: TaskCounts
  /** True when this run went on with one that had been interrupted. */
  readonly resumed: boolean
  /** Which parts failed inside or did less than they should, since when and why. Empty when nothing happened. */
  readonly health: readonly string[]
}

const TAKEN_UP = 'This run took up one that had been interrupted; what had been finished was not done again.'

/**
 * Makes the archive of some folders, or brings it up to date.
 *
 * @throws SymphonyError `NOT_FOUND` for a source that is not there, `WORKFLOW_FAILED`, and those of `createRuntime`
 */
export async function runDocket(options: DocketOptions): Promise<DocketOutcome> {
  const startedMs = performance.now()
  const folder = options.reportFolder ?? join(options.stateFolder, 'report')
  const sources = withoutFolders(options.sources, [options.stateFolder, folder])
  const listing = scanSources(sources)
  const workflow = docketWorkflow(sources)
  await using symphony = await createRuntime({ ...options.runtime, folder: options.stateFolder, models: docketModels(), workflows: [workflow] })
  const input = { listing: symphony.artifacts.putJson(listing as unknown as Json, { madeBy: DOCKET, text: false }) }
  const { handle, earlier } = await startOrResume(symphony, input)
  const isFinished = await untilEnded(handle, symphony, options)
  const tasks = countTasks(handle.progress(), earlier)
  const health = healthStory(symphony.health())
  const common = { report: join(folder, 'index.html'), archive: join(folder, 'archive.json'), tasks, resumed: earlier !== undefined, health }
  if (!isFinished) {
    return { ...common, finished: false, elapsedMs: performance.now() - startedMs, documents: 0, duplicates: 0, unreadable: 0, pages: { total: 0, recognised: 0 } }
  }
  const result = (await handle.result()) as unknown as DocketResult
  const archive = symphony.artifacts.getJson(result.archive) as unknown as Archive
  publishArchive(symphony.artifacts, result)
  const elapsedMs = performance.now() - startedMs
  // A file leaves the process: what it says has to be on the disk first.
  await symphony.journal?.flush()
  writeWhole(common.archive, archiveJson(archive))
  writeWhole(common.report, renderReport(archive, runFigures(symphony, handle.id, tasks, elapsedMs, [...(earlier === undefined ? [] : [TAKEN_UP]), ...health])))
  const { totals } = archive
  return {
    ...common,
    finished: true,
    elapsedMs,
    documents: totals.documents,
    duplicates: totals.duplicates,
    unreadable: totals.unreadable,
    pages: { total: totals.pages, recognised: totals.pagesRecognised },
  }
}

/**
 * A run that was interrupted goes on if the folders are as they were; otherwise it is given up and a new one started, which recalls
 * what the old one had finished.
 */
async function startOrResume(symphony: Runtime, input: { listing: ArtifactRef }): Promise<{ handle: WorkflowHandle; earlier: RunProgress | undefined }> {
  let earlier: RunProgress | undefined
  let open: string | undefined
  for (const id of symphony.dag.runs()) {
    const run = symphony.dag.getWorkflowState(id)
    if (run.workflow !== DOCKET || run.endedAtMs !== undefined) continue
    if ((run.input as unknown as DocketInput).listing === input.listing && run.state === 'running') {
      open = id
      earlier = run.progress
    } else symphony.dag.cancelWorkflow(id, 'the documents have changed since it was interrupted')
  }
  const handle = open === undefined ? await symphony.conductor.orchestrate(DOCKET, input as unknown as Json, { tenant: DOCKET }) : symphony.conductor.handle(open)
  return { handle, earlier }
}

/** True when the run ended, false when the signal came first. */
async function untilEnded(handle: WorkflowHandle, symphony: Runtime, { signal, onProgress }: DocketOptions): Promise<boolean> {
  const timer = setInterval(() => onProgress?.(handle.progress(), noteOf(symphony)), 100)
  const stopped = Promise.withResolvers<'stopped'>()
  const stop = (): void => stopped.resolve('stopped')
  signal?.addEventListener('abort', stop, { once: true })
  if (signal?.aborted === true) stop()
  try {
    return (await Promise.race([handle.ended(), stopped.promise])) !== 'stopped'
  } finally {
    clearInterval(timer)
    signal?.removeEventListener('abort', stop)
  }
}

/** Which models are being loaded or used: what a person wants to know while waiting. */
function noteOf(symphony: Runtime): string {
  const parts: string[] = []
  for (const { id, instances, slotsUsed } of symphony.pool.models()) {
    if (id.startsWith('@')) continue
    const loading = instances.filter((instance) => instance.state === 'warming').length
    if (loading > 0) parts.push(`loading ${id}`)
    else if (slotsUsed > 0) parts.push(`${id} ×${slotsUsed}`)
  }
  return parts.join(', ')
}

/** Written beside its place and renamed: whoever opens the report sees the old one or the new one, whole. */
function writeWhole(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(`${path}.tmp`, text)
  renameSync(`${path}.tmp`, path)
}
