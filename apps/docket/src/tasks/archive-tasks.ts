import type { ArtifactRef, Json, TaskContext, TaskInputs, TaskType } from '@symphony/interface'
import { buildSearchIndex, serialiseIndex } from '../content/search-index.ts'
import type { IndexedDocument } from '../content/search-index.ts'
import { isUnreadable } from '../content/unreadable.ts'
import type { UnreadableContent } from '../content/unreadable.ts'
import type { Analysis, Archive, PageEntry, UnreadableEntry } from '../report/archive.ts'
import { assembleArchive } from '../report/assemble-archive.ts'
import type { ArchiveContent, ArchiveFile } from '../report/assemble-archive.ts'
import { renderReport } from '../report/render-report.ts'
import type { IngestedFile, LinkedContent, TextDocument } from './file-tasks.ts'
import { GATHER } from './gather.ts'
import type { MergedPages, PagedDocument } from './page-tasks.ts'

/** What the archive task leaves: the archive, and where the text of each distinct document is. */
interface Gathered {
  readonly archive: ArtifactRef
  readonly texts: readonly (Omit<IndexedDocument, 'text'> & { readonly text: ArtifactRef })[]
}

/** What a finished run consists of. */
export interface DocketResult {
  readonly archive: ArtifactRef
  readonly index: ArtifactRef
  readonly report: ArtifactRef
}

/** A content whose text is known: what the archive says of it, and where the text lies. */
interface ResolvedContent {
  readonly content: ArchiveContent
  readonly text: ArtifactRef
  readonly pages: MergedPages['pages']
}

/** Puts what all tasks left together. Whatever failed is listed with its reason; nothing is left out silently. */
export const archiveType: TaskType = {
  name: 'archive',
  version: '1',
  cache: 'without-run-input',
  expectedMs: 500,
  run(context) {
    const { inputs } = context
    const files = inputs.ids.filter((id) => id.startsWith('ingest '))
    const ingested = files.map((id) => inputs.get(id)).filter((value): value is IngestedFile => (value as IngestedFile | undefined)?.kind === 'ingested')
    const resolved = new Map<string, ResolvedContent | UnreadableContent>()
    for (const file of ingested) if (!resolved.has(file.ref)) resolved.set(file.ref, resolveContent(file.content, inputs))
    const archive = assembleArchive({
      files: ingested.map((file): ArchiveFile => ({ path: file.path, hash: file.ref, bytes: file.sizeBytes, type: file.type })),
      contents: new Map([...resolved].map(([hash, found]) => [hash, isUnreadable(found) ? found : found.content])),
      unreadable: [...scanFailures(inputs), ...files.flatMap((id) => ingestFailure(id, inputs))],
    })
    return { archive: context.store(archive as unknown as Json), texts: textsOf(archive, resolved) } as unknown as Json
  },
}

/** Builds the search index over the passages of every distinct document. */
export const indexType: TaskType = {
  name: 'index',
  version: '1',
  cache: 'without-run-input',
  expectedMs: 1000,
  run(context) {
    const { texts } = context.inputs.get(GATHER) as Gathered
    const documents = texts.map(({ text, ...document }): IndexedDocument => ({ ...document, text: textOf(context, text) }))
    return { index: context.store(serialiseIndex(buildSearchIndex(documents)), 'application/json') }
  },
}

/** Renders the report, without the figures of the run: those differ from run to run and are put in when it is written. */
export const reportType: TaskType = {
  name: 'report',
  version: '1',
  cache: 'without-run-input',
  expectedMs: 100,
  run(context) {
    const { archive } = context.inputs.get(GATHER) as Gathered
    const { index } = context.inputs.get('index') as { index: ArtifactRef }
    const html = renderReport(context.readJson(archive) as unknown as Archive)
    return { archive, index, report: context.store(html, 'text/html') } satisfies DocketResult
  },
}

const textOf = (context: TaskContext, ref: ArtifactRef): string => new TextDecoder().decode(context.read(ref))

function scanFailures(inputs: TaskInputs): readonly UnreadableEntry[] {
  return (inputs.get('scan') as { unreadable: readonly UnreadableEntry[] }).unreadable
}

function ingestFailure(id: string, inputs: TaskInputs): readonly UnreadableEntry[] {
  const path = id.slice('ingest '.length)
  if (inputs.outcome(id) !== 'succeeded') return [{ path, code: 'failed', reason: inputs.error(id)?.message ?? 'It could not be read.' }]
  const value = inputs.get(id) as UnreadableContent & { readonly sizeBytes: number }
  return isUnreadable(value) ? [{ path, code: value.code, reason: value.reason, bytes: value.sizeBytes }] : []
}

/** Follows a content to its text: at once, through its pages, or through what was found inside it. */
function resolveContent(id: string, inputs: TaskInputs): ResolvedContent | UnreadableContent {
  const value = inputs.get(id) as TextDocument | PagedDocument | LinkedContent | UnreadableContent | undefined
  if (value === undefined) return failed(inputs.error(id)?.message ?? 'The content could not be unpacked.')
  if (isUnreadable(value)) return value
  if (value.kind === 'link') return resolveContent(value.content, inputs)
  const title = value.title === undefined ? {} : { title: value.title }
  if (value.kind === 'text') return { content: { ...title, characters: value.characters, ...analysisOf(value.text, inputs) }, text: value.text, pages: [] }
  const merged = inputs.get(value.merge) as MergedPages | undefined
  if (merged === undefined) return failed(inputs.error(value.merge)?.message ?? 'The pages could not be put together.')
  const pages = Array.from({ length: value.pages }, (_, index) => pageEntry(index + 1, merged))
  return { content: { ...title, characters: merged.characters, pages, ...analysisOf(merged.text, inputs) }, text: merged.text, pages: merged.pages }
}

function failed(reason: string): UnreadableContent {
  return { kind: 'unreadable', code: 'read-failed', reason }
}

function pageEntry(page: number, merged: MergedPages): PageEntry {
  const read = merged.pages.find((found) => found.page === page)
  if (read === undefined) return { page, method: 'none', confidence: 0 }
  const { offset: _, length: __, ...entry } = read
  return entry
}

function analysisOf(text: ArtifactRef, inputs: TaskInputs): Pick<ArchiveContent, 'analysis' | 'signature'> {
  const analysis = inputs.get(`nlp ${text}`) as Analysis | undefined
  const signature = inputs.get(`signature ${text}`) as readonly number[] | undefined
  return { ...(analysis === undefined ? {} : { analysis }), ...(signature === undefined ? {} : { signature }) }
}

/** Each distinct document once, under the path the archive lists it first. */
function textsOf(archive: Archive, resolved: ReadonlyMap<string, ResolvedContent | UnreadableContent>): Gathered['texts'] {
  return archive.documents.flatMap((entry) => {
    const found = resolved.get(entry.hash)
    if (entry.duplicateOf !== undefined || found === undefined || isUnreadable(found)) return []
    const pages = found.pages.map(({ page, offset, length }) => ({ page, offset, length }))
    return [{ path: entry.path, hash: entry.hash, title: entry.title, text: found.text, ...(pages.length === 0 ? {} : { pages }) }]
  })
}
