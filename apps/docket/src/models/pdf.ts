import { SymphonyError, type WorkerModel } from '@symphony/interface'
import { isUnreadable, unreadable, type UnreadableContent } from '../content/unreadable.ts'
import { createPdfDocuments, type PdfDocuments } from './pdf-documents.ts'
import { loadPdfLibrary, type PdfDocument, type PdfLibrary, type PdfPage } from './pdf-library.ts'
import { readLayer, type PdfLayer } from './pdf-layer.ts'
import { renderPage, type PdfRendering } from './pdf-render.ts'
import { preparePicture } from './picture.ts'

/**
 * What the pdf model is asked. `bytes` is the whole file; a view on a SharedArrayBuffer crosses threads without a copy.
 * `hash` names the content if the caller knows it, and spares hashing the bytes again with each page. 'picture' takes a PNG or JPEG
 * that is a scanned page, and returns it ready for recognition; `clean: false` leaves a rendering as it is drawn.
 */
export type PdfRequest =
  | { readonly op: 'open', readonly bytes: Uint8Array, readonly hash?: string }
  | { readonly op: 'layer', readonly bytes: Uint8Array, readonly hash?: string, readonly page: number }
  | { readonly op: 'render', readonly bytes: Uint8Array, readonly hash?: string, readonly page: number, readonly dpi: number, readonly clean?: boolean }
  | { readonly op: 'picture', readonly bytes: Uint8Array, readonly hash?: string }

/** What opening tells about the file. */
export interface PdfOpened {
  readonly kind: 'pdf'
  readonly pageCount: number
  readonly title?: string
}

/** The answer to a {@link PdfRequest}; a file or page that cannot be read is an answer too. */
export type PdfAnswer = PdfOpened | PdfLayer | PdfRendering | UnreadableContent

const DPI_MIN = 36
const DPI_MAX = 600

/**
 * The pdf model: opens files, reads text layers, draws pages. Pages count from 1.
 *
 * @throws SymphonyError INVALID_ARGUMENT for a request of the wrong shape. A hostile file is answered with `kind: 'unreadable'`.
 *
 * @example
 * const pdf = await load()
 * const opened = await pdf.invoke({ op: 'open', bytes }, { signal, progress })
 */
export async function load(): Promise<WorkerModel> {
  const library = await loadPdfLibrary()
  const documents = createPdfDocuments(library)
  // One call at a time: the cache may close a document only when nobody reads it.
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work, work)
    last = turn
    return turn
  }
  return {
    invoke: (input, { signal }) =>
      inTurn(() => {
        signal.throwIfAborted()
        return answer(checked(input), documents, library)
      }),
    unload: () => inTurn(() => documents.close()),
  }
}

async function answer(request: PdfRequest, documents: PdfDocuments, library: PdfLibrary): Promise<PdfAnswer> {
  if (request.op === 'picture') return preparePicture(request.bytes)
  const document = await documents.get(request.bytes, request.hash)
  if (isUnreadable(document)) return document
  if (request.op === 'open') return describe(document)
  if (request.page > document.numPages) {
    return unreadable('pdf-damaged', `The PDF has ${document.numPages} pages; there is no page ${request.page}.`)
  }
  try {
    const page = await document.getPage(request.page)
    return await answerForPage(request, page, library)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return unreadable('pdf-damaged', `Page ${request.page} of the PDF cannot be read: ${message}`)
  }
}

async function answerForPage(request: Extract<PdfRequest, { page: number }>, page: PdfPage, library: PdfLibrary): Promise<PdfAnswer> {
  try {
    return request.op === 'layer' ? await readLayer(page, library) : await renderPage(page, request.dpi, request.clean ?? true)
  } finally {
    page.cleanup()
  }
}

async function describe(document: PdfDocument): Promise<PdfOpened> {
  const pageCount = document.numPages
  const metadata = await document.getMetadata().catch(() => undefined)
  const title: unknown = (metadata?.info as { readonly Title?: unknown } | undefined)?.Title
  const trimmed = typeof title === 'string' ? title.trim() : ''
  return trimmed === '' ? { kind: 'pdf', pageCount } : { kind: 'pdf', pageCount, title: trimmed }
}

function checked(input: unknown): PdfRequest {
  const request = input as Partial<Record<'op' | 'bytes' | 'hash' | 'page' | 'dpi', unknown>> | null
  if (typeof request !== 'object' || request === null) throw invalid('a request must be an object with op and bytes')
  const { op, bytes, page, dpi, hash } = request
  if (op !== 'open' && op !== 'layer' && op !== 'render' && op !== 'picture') throw invalid("op must be 'open', 'layer', 'render' or 'picture'")
  if (!(bytes instanceof Uint8Array)) throw invalid('bytes must be a Uint8Array with the whole file')
  if (hash !== undefined && typeof hash !== 'string') throw invalid('hash must be a string if it is given')
  if ((op === 'layer' || op === 'render') && !(Number.isInteger(page) && (page as number) >= 1)) throw invalid('page must be a whole number from 1')
  if (op === 'render' && !(typeof dpi === 'number' && dpi >= DPI_MIN && dpi <= DPI_MAX)) {
    throw invalid(`dpi must be a number from ${DPI_MIN} to ${DPI_MAX}`)
  }
  return input as PdfRequest
}

function invalid(problem: string): SymphonyError {
  return new SymphonyError({ code: 'INVALID_ARGUMENT', component: 'docket/pdf', message: `The pdf model was asked wrongly: ${problem}.` })
}
