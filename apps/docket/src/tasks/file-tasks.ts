import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { SymphonyError } from '@symphony/interface'
import type { ArtifactRef, DynamicTask, Json, TaskContext, TaskType } from '@symphony/interface'
import type { Unpacked } from '../content/unpack.ts'
import { unpack } from '../content/unpack.ts'
import { sniff } from '../content/sniff.ts'
import { isUnreadable } from '../content/unreadable.ts'
import type { Listing } from '../docket-input.ts'
import { imagePage, openPdf } from './page-tasks.ts'
import { analyse } from './text-tasks.ts'

/** What is known of a file once its bytes were read. */
export interface IngestedFile {
  readonly kind: 'ingested'
  readonly path: string
  readonly ref: ArtifactRef
  readonly sizeBytes: number
  readonly sniffed: string
  /** Id of the task that unpacks the content: files of equal content share it. */
  readonly content: string
}

/** What a content is, once unpacked: a document's text, or why there is none. */
export interface UnpackedDocument {
  readonly kind: 'document'
  readonly text: ArtifactRef
  readonly characters: number
  readonly title?: string
}

interface IngestParams {
  readonly path: string
  readonly source: string
  readonly inside: string
  readonly sizeBytes: number
}

/** The task everything of a document leads to. */
export const GATHER = 'archive'

/** Whatever becomes of it, the archive waits for this task. */
export const gathered: DynamicTask['feeds'] = [{ task: GATHER, kind: 'soft' }]

/** Reads the listing and adds a task for each file. */
export const scanType: TaskType = {
  name: 'scan',
  version: '1',
  cache: true,
  run({ runInput, readJson, expand }: TaskContext) {
    const listing = readJson((runInput as { listing: ArtifactRef }).listing) as unknown as Listing
    expand({ tasks: listing.files.map((file): DynamicTask => ({ id: `ingest ${file.path}`, type: 'ingest', params: file as unknown as Json, feeds: gathered })) })
    return { files: listing.files.length, unreadable: listing.unreadable as unknown as Json }
  },
}

/** Reads one file, stores it by its content, tells what it is. A content that was seen before is linked, not unpacked again. */
export function ingestType(folders: Readonly<Record<string, string>>): TaskType {
  return {
    name: 'ingest',
    version: '1',
    cache: 'without-run-input',
    allowFailure: true,
    async run(context) {
      const { path, source, inside, sizeBytes } = context.params as unknown as IngestParams
      const bytes = await readWhole(join(folders[source] ?? '', inside), path, sizeBytes)
      const sniffed = sniff(bytes, inside)
      if (isUnreadable(sniffed)) return { ...sniffed, path, sizeBytes: bytes.length }
      const ref = context.store(bytes)
      const content = `unpack ${sniffed} ${ref}`
      const type = sniffed === 'pdf' ? 'open-pdf' : sniffed === 'image' ? 'open-image' : 'unpack'
      context.expand({ tasks: [{ id: content, type, params: { ref, sniffed }, feeds: gathered, reuse: true }] })
      return { kind: 'ingested', path, ref, sizeBytes: bytes.length, sniffed, content } satisfies IngestedFile
    },
  }
}

/** Turns text, markdown, html and gzip into plain text. */
export const unpackType: TaskType = {
  name: 'unpack',
  version: '1',
  cache: 'without-run-input',
  async run(context) {
    const { ref, sniffed } = context.params as { ref: ArtifactRef; sniffed: string }
    const unpacked = await unpack(context.read(ref), sniffed)
    return settle(unpacked, ref, context)
  },
}

function settle(unpacked: Unpacked, ref: ArtifactRef, context: TaskContext): Json {
  if (unpacked.kind === 'unreadable') return unpacked as unknown as Json
  if (unpacked.kind === 'pdf') return openPdf(context, context.store(unpacked.bytes))
  if (unpacked.kind === 'image') return imagePage(context, unpacked.bytes === undefined ? ref : context.store(unpacked.bytes))
  const text = context.store(unpacked.text, 'text/plain')
  context.expand({ tasks: analyse(text) })
  return { kind: 'document', text, characters: unpacked.text.length, ...(unpacked.title === undefined ? {} : { title: unpacked.title }) }
}

/** The bytes of a file as it was listed. A file that grew, shrank or vanished since is an error of this attempt, not of its content. */
async function readWhole(file: string, path: string, sizeBytes: number): Promise<Uint8Array> {
  try {
    const found = await stat(file)
    if (found.isFile() && found.size === sizeBytes) return await readFile(file)
    throw new Error(`it has ${found.size} bytes now, it had ${sizeBytes}`)
  } catch (cause) {
    throw new SymphonyError({
      code: 'INPUT_UNREADABLE',
      component: 'docket',
      message: `${path} could not be read: ${cause instanceof Error ? cause.message : String(cause)}. Run again when it is there and readable.`,
      details: { path },
      cause,
    })
  }
}
