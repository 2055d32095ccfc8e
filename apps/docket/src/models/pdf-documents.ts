import { createHash } from 'node:crypto'
import type { PdfDocument, PdfLibrary, PdfLoadingTask } from './pdf-library.ts'
import { unreadable, type UnreadableContent } from '../content/unreadable.ts'

/** Open documents kept per thread. Pages of one file arrive one after the other; a few files may be interleaved. */
const OPEN_DOCUMENTS_MAX = 4
/** More pages than this are a generated monster or an attack; an archive has books, not libraries, in one file. */
export const PDF_PAGES_MAX = 2_000

interface OpenDocument {
  readonly task: PdfLoadingTask
  readonly document: PdfDocument
}

/** Parsed documents by the hash of their bytes, so that reading page after page does not parse the file again. */
export interface PdfDocuments {
  get(bytes: Uint8Array, hash: string | undefined): Promise<PdfDocument | UnreadableContent>
  close(): Promise<void>
}

/** Opens the cache. Calls must not overlap: an evicted document may still be in use by another call. */
export function createPdfDocuments(library: PdfLibrary): PdfDocuments {
  const open = new Map<string, OpenDocument>()
  return {
    async get(bytes, hash) {
      const key = hash ?? createHash('sha256').update(bytes).digest('hex')
      const known = open.get(key)
      if (known !== undefined) {
        open.delete(key)
        open.set(key, known)
        return known.document
      }
      const opened = await openDocument(library, bytes)
      if ('kind' in opened) return opened
      open.set(key, opened)
      await evict(open)
      return opened.document
    },
    async close() {
      for (const { task } of open.values()) await task.destroy()
      open.clear()
    },
  }
}

async function evict(open: Map<string, OpenDocument>): Promise<void> {
  for (const [key, { task }] of open) {
    if (open.size <= OPEN_DOCUMENTS_MAX) return
    open.delete(key)
    await task.destroy()
  }
}

async function openDocument(library: PdfLibrary, bytes: Uint8Array): Promise<OpenDocument | UnreadableContent> {
  // A copy, because pdf.js takes the buffer away from its caller.
  const task = library.open(Uint8Array.from(bytes))
  try {
    const document = await task.promise
    if (document.numPages <= PDF_PAGES_MAX) return { task, document }
    await task.destroy()
    return unreadable('pdf-pages', `The PDF has ${document.numPages} pages; the limit is ${PDF_PAGES_MAX}.`)
  } catch (error) {
    await task.destroy().catch(() => undefined)
    return explain(error)
  }
}

function explain(error: unknown): UnreadableContent {
  const name = error instanceof Error ? error.name : ''
  if (name === 'PasswordException') return unreadable('pdf-encrypted', 'The PDF is encrypted and needs a password.')
  const message = error instanceof Error ? error.message.split('\n', 1)[0] : String(error)
  return unreadable('pdf-damaged', `The PDF is damaged: ${message}`)
}
