import { dirname, join, sep } from 'node:path'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

type PdfJs = typeof import('pdfjs-dist')
export type PdfDocument = import('pdfjs-dist').PDFDocumentProxy
export type PdfPage = import('pdfjs-dist').PDFPageProxy
export type PdfLoadingTask = import('pdfjs-dist').PDFDocumentLoadingTask

/** pdf.js bound to the fonts, character maps and decoders inside its own package: nothing is fetched. */
export interface PdfLibrary {
  readonly operators: Readonly<Record<string, number>>
  /** Starts parsing. The bytes are handed over: pdf.js detaches them. */
  open(bytes: Uint8Array): PdfLoadingTask
}

let library: Promise<PdfLibrary> | undefined

/** Loads pdf.js once a thread. The legacy build is the one that runs on every supported Node; the modern one needs newer built-ins. */
export function loadPdfLibrary(): Promise<PdfLibrary> {
  library ??= importLibrary()
  return library
}

async function importLibrary(): Promise<PdfLibrary> {
  const require = createRequire(import.meta.url)
  const entry = require.resolve('pdfjs-dist/legacy/build/pdf.mjs')
  // Importing the worker half first makes pdf.js run it in this thread, instead of importing it by a path of its own.
  await import(pathToFileURL(require.resolve('pdfjs-dist/legacy/build/pdf.worker.mjs')).href)
  const pdfjs = (await import(pathToFileURL(entry).href)) as PdfJs
  const root = dirname(dirname(dirname(entry)))
  const folder = (name: string): string => join(root, name) + sep
  const assets = {
    standardFontDataUrl: folder('standard_fonts'),
    cMapUrl: folder('cmaps'),
    wasmUrl: folder('wasm'),
    iccUrl: folder('iccs'),
  }
  return {
    operators: pdfjs.OPS,
    open: (bytes) =>
      pdfjs.getDocument({
        ...assets,
        data: bytes,
        cMapPacked: true,
        // Errors only: pdf.js would warn about every odd file on the console.
        verbosity: 0,
        useSystemFonts: false,
        useWorkerFetch: false,
        disableAutoFetch: true,
        disableStream: true,
        disableRange: true,
        enableXfa: false,
        maxImageSize: 200_000_000,
      }),
  }
}
