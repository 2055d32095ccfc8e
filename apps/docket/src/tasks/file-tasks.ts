import { SymphonyError } from '@symphony/interface'
import type { ArtifactRef, DynamicTask, Json, TaskContext, TaskType } from '@symphony/interface'
import { displayPath } from '../content/display-path.ts'
import { readDocument } from '../content/read-document.ts'
import { locate } from '../content/scan.ts'
import type { ScanListing, ScannedFile } from '../content/scan.ts'
import { sniff } from '../content/sniff.ts'
import type { DocumentType } from '../content/sniff.ts'
import { unpack } from '../content/unpack.ts'
import { isUnreadable } from '../content/unreadable.ts'
import type { UnreadableCode } from '../content/unreadable.ts'
import type { DocketInput, DocketSource } from '../docket-input.ts'
import { analyse } from './text-tasks.ts'
import { gathered } from './gather.ts'

/** A file whose content is taken up. */
export interface IngestedFile {
  readonly kind: 'ingested'
  readonly path: string
  readonly sizeBytes: number
  readonly type: DocumentType
  readonly ref: ArtifactRef
  /** Id of the task that unpacks the content: files of equal content share it. */
  readonly content: string
}

/** A content that is plain text, whatever it was packed in. */
export interface TextDocument {
  readonly kind: 'text'
  readonly text: ArtifactRef
  readonly characters: number
  readonly title?: string
  readonly truncated?: true
}

/** A content that turned out to be something else inside, e.g. a compressed pdf: look there. */
export interface LinkedContent {
  readonly kind: 'link'
  readonly content: string
}

/** Failures of the moment, not of the content: they are not remembered, the next run tries again. */
const PASSING: ReadonlySet<UnreadableCode> = new Set(['permission-denied', 'read-failed', 'not-a-file', 'symlink'])

/** Adds a task for each file of the listing. */
export const scanType: TaskType = {
  name: 'scan',
  version: '1',
  cache: true,
  run({ runInput, readJson, expand }: TaskContext) {
    const { files, unreadable } = readJson((runInput as unknown as DocketInput).listing) as unknown as ScanListing
    const ingest = ({ path, stat }: ScannedFile): DynamicTask => ({ id: `ingest ${path}`, type: 'ingest', params: { path, stat }, feeds: gathered })
    expand({ tasks: files.map(ingest) })
    return { files: files.length, unreadable: unreadable as unknown as Json }
  },
}

/** Reads one file and stores it by its content. Content that was seen before is linked, not unpacked again. */
export function ingestType(sources: readonly DocketSource[]): TaskType {
  return {
    name: 'ingest',
    version: '1',
    cache: 'without-run-input',
    allowFailure: true,
    run(context) {
      const { path } = context.params as { path: string }
      const bytes = readDocument(locate(sources, path))
      if (isUnreadable(bytes) && PASSING.has(bytes.code)) throw passing(path, bytes.reason)
      const type = isUnreadable(bytes) ? bytes : sniff(bytes, path)
      if (isUnreadable(bytes) || isUnreadable(type)) return { ...(type as object), path, sizeBytes: isUnreadable(bytes) ? 0 : bytes.length }
      const ref = context.store(bytes)
      const content = openContent(context, type, ref)
      return { kind: 'ingested', path, sizeBytes: bytes.length, type, ref, content } satisfies IngestedFile
    },
  }
}

/** Adds the task that unpacks a content, once a content and type. */
function openContent(context: TaskContext, type: DocumentType, ref: ArtifactRef): string {
  const id = `unpack ${type} ${ref}`
  const taskType = type === 'pdf' ? 'open-pdf' : type === 'image' ? 'open-picture' : 'unpack'
  context.expand({ tasks: [{ id, type: taskType, params: { ref, type }, feeds: gathered, reuse: true }] })
  return id
}

/** Turns text, markdown, html and what is compressed into plain text; a pdf or picture inside goes its own way. */
export const unpackType: TaskType = {
  name: 'unpack',
  version: '1',
  cache: 'without-run-input',
  run(context) {
    const { ref, type } = context.params as { ref: ArtifactRef; type: DocumentType }
    const unpacked = unpack(context.read(ref), type)
    if (unpacked.kind === 'unreadable') return unpacked
    if (unpacked.kind !== 'text') return { kind: 'link', content: openContent(context, unpacked.kind, context.store(unpacked.bytes)) } satisfies LinkedContent
    const { text, ...facts } = unpacked
    const stored = context.store(text, 'text/plain')
    context.expand({ tasks: analyse(stored) })
    return { ...facts, text: stored, characters: text.length } satisfies TextDocument
  },
}

function passing(path: string, reason: string): SymphonyError {
  return new SymphonyError({
    code: 'INPUT_UNREADABLE',
    component: 'docket',
    message: `${displayPath(path)} could not be read: ${reason} Run again when it is there and readable.`,
    details: { path, reason },
  })
}
