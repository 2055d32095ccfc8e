import type { ArtifactRef, DynamicTask, Json, Need, TaskContext, TaskType } from '@symphony/interface'
import { mergePages } from '../content/merge.ts'
import type { PageSpan, PageText } from '../content/merge.ts'
import { isUnreadable } from '../content/unreadable.ts'
import type { DoubtfulWord, OcrAnswer } from '../models/ocr.ts'
import type { PdfLayer } from '../models/pdf-layer.ts'
import type { PdfRendering } from '../models/pdf-render.ts'
import type { PdfAnswer, PdfOpened } from '../models/pdf.ts'
import { gathered } from './gather.ts'
import { analyse } from './text-tasks.ts'

/** Resolutions a page is tried at, one after the other while the engine is unsure of what it read. */
const DPI_LADDER = [150, 200, 300] as const

/** The engine's own confidence from which a reading is taken as it is: below, errors were measured to rise steeply. */
const CONFIDENCE_ENOUGH = 88

/** From this coverage a text layer is trusted; below, the page is a picture with at most a stamp on it. */
const COVERAGE_ENOUGH = 0.5

/** A pdf or picture once opened: its text is put together by the task `merge`. */
export interface PagedDocument {
  readonly kind: 'pages'
  readonly merge: string
  readonly pages: number
  readonly title?: string
}

/** One reading of a page: its text layer, or what was recognised at some resolution. */
export interface PageReading {
  readonly kind: 'page'
  readonly page: number
  readonly method: 'layer' | 'ocr'
  readonly text: ArtifactRef
  readonly confidence: number
  readonly dpi?: number
  /** Words the engine was unsure about. */
  readonly doubtful?: readonly DoubtfulWord[]
}

interface PageParams {
  readonly ref: ArtifactRef
  readonly page: number
  readonly dpi: number
}

const paramsOf = (context: TaskContext): PageParams => context.params as unknown as PageParams

/** What every task on a page has in common: remembered by content, and one bad page does not fail the archive. */
const pageTask = { version: '1', cache: 'without-run-input', retry: { attempts: 2, delayMs: 100 }, allowFailure: true } as const

/** Opens a pdf and adds a task for each page, and one that puts the pages together. */
export const openPdfType: TaskType = {
  ...pageTask,
  name: 'open-pdf',
  model: 'pdf',
  expectedMs: 50,
  input: (context) => ({ op: 'open', bytes: context.read(paramsOf(context).ref), hash: paramsOf(context).ref }),
  output(answer, context) {
    const opened = answer as PdfAnswer
    if (isUnreadable(opened)) return opened
    const { ref } = paramsOf(context)
    const { pageCount, title } = opened as PdfOpened
    const layers = Array.from({ length: pageCount }, (_, index): DynamicTask => ({ id: `layer ${ref} ${index + 1}`, type: 'layer', params: { ref, page: index + 1 } }))
    context.expand({ tasks: [...layers, mergeTask(ref, layers)] })
    return { kind: 'pages', merge: mergeId(ref), pages: pageCount, ...(title === undefined ? {} : { title }) } satisfies PagedDocument
  },
}

/** A picture is one page without a text layer. It is cleaned, then recognised as it is: it has no higher resolution to offer. */
export const openPictureType: TaskType = {
  ...pageTask,
  name: 'open-picture',
  run(context) {
    const { ref } = paramsOf(context)
    const clean: DynamicTask = { id: `clean ${ref}`, type: 'clean', params: { ref, page: 1 } }
    const ocr: DynamicTask = { id: `ocr ${ref} 1`, type: 'ocr', params: { ref, page: 1, dpi: 0 }, needs: [clean.id] }
    context.expand({ tasks: [clean, ocr, mergeTask(ref, [ocr])] })
    return { kind: 'pages', merge: mergeId(ref), pages: 1 } satisfies PagedDocument
  },
}

const mergeId = (ref: ArtifactRef): string => `merge ${ref}`

function mergeTask(ref: ArtifactRef, pages: readonly DynamicTask[]): DynamicTask {
  return { id: mergeId(ref), type: 'merge', params: { ref }, needs: pages.map((page): Need => ({ task: page.id, kind: 'soft' })), feeds: gathered }
}

/** Reads a page's text layer; a page without one is drawn and recognised. */
export const layerType: TaskType = {
  ...pageTask,
  name: 'layer',
  model: 'pdf',
  expectedMs: 20,
  input(context) {
    const { ref, page } = paramsOf(context)
    return { op: 'layer', bytes: context.read(ref), hash: ref, page }
  },
  output(answer, context) {
    const { ref, page } = paramsOf(context)
    const layer = answer as PdfAnswer
    if (isUnreadable(layer)) return layer
    const { text, coverage } = layer as PdfLayer
    if (coverage < COVERAGE_ENOUGH) context.expand({ tasks: recognise(ref, page, DPI_LADDER[0]) })
    return { kind: 'page', page, method: 'layer', text: context.store(text, 'text/plain'), confidence: Math.round(coverage * 100) } satisfies PageReading
  },
}

/** Draws a page and recognises it; the page's document waits for the reading. */
function recognise(ref: ArtifactRef, page: number, dpi: number): readonly DynamicTask[] {
  const render = `render ${ref} ${page} ${dpi}`
  return [
    { id: render, type: 'render', params: { ref, page, dpi } },
    { id: `ocr ${ref} ${page} ${dpi}`, type: 'ocr', params: { ref, page, dpi }, needs: [render], feeds: [{ task: mergeId(ref), kind: 'soft' }] },
  ]
}

const picture = (answer: unknown): unknown => (isUnreadable(answer) ? answer : (answer as PdfRendering).png)

export const renderType: TaskType = {
  ...pageTask,
  name: 'render',
  model: 'pdf',
  expectedMs: 200,
  input(context) {
    const { ref, page, dpi } = paramsOf(context)
    return { op: 'render', bytes: context.read(ref), hash: ref, page, dpi }
  },
  output: picture,
}

export const cleanType: TaskType = {
  ...pageTask,
  name: 'clean',
  model: 'pdf',
  expectedMs: 200,
  input: (context) => ({ op: 'picture', bytes: context.read(paramsOf(context).ref) }),
  output: picture,
}

/** Recognises a drawn page; while the engine is unsure and a higher resolution is left, the page is drawn and tried again. */
export const ocrType: TaskType = {
  ...pageTask,
  name: 'ocr',
  model: 'ocr',
  expectedMs: 3000,
  input: (context) => ({ png: context.inputs.get(context.inputs.ids[0] ?? '') }),
  output(answer, context) {
    const { ref, page, dpi } = paramsOf(context)
    const { text, confidence, doubtful } = answer as OcrAnswer
    const higher = dpi === 0 ? undefined : DPI_LADDER.find((next) => next > dpi)
    if (confidence < CONFIDENCE_ENOUGH && higher !== undefined) context.expand({ tasks: recognise(ref, page, higher) })
    return { kind: 'page', page, method: 'ocr', text: context.store(text, 'text/plain'), confidence, doubtful, ...(dpi === 0 ? {} : { dpi }) } satisfies PageReading
  },
}

/** Puts the most trusted reading of every page together. A page that could only be read by its layer keeps it, however poor. */
export const mergeType: TaskType = {
  name: 'merge',
  version: '1',
  cache: 'without-run-input',
  run(context) {
    const readings = [...context.inputs.entries()].map(([, value]) => value as PageReading).filter((reading) => reading.kind === 'page')
    const pages = [...new Set(readings.map((reading) => reading.page))].sort((a, b) => a - b)
    const texts = pages.map((page) => bestOf(readings.filter((reading) => reading.page === page), context))
    const merged = mergePages(texts)
    const text = context.store(merged.text, 'text/plain')
    if (merged.text.trim() !== '') context.expand({ tasks: analyse(text) })
    const document: MergedPages = { kind: 'merged', text, characters: merged.text.length, pages: merged.pages }
    return document as unknown as Json
  },
}

/** A page's text with how it was read, and at which resolutions it was tried. */
type ReadPage = Omit<PageReading, 'kind' | 'text'> & PageText & { readonly tried?: readonly number[] }

/** A document put together from pages: how each was read, and where its text lies in the whole. */
export interface MergedPages {
  readonly kind: 'merged'
  readonly text: ArtifactRef
  readonly characters: number
  readonly pages: readonly PageSpan<ReadPage>[]
}

function bestOf(readings: readonly PageReading[], context: TaskContext): ReadPage {
  const { kind: _, text, ...facts } = readings.reduce((best, next) => (next.confidence > best.confidence ? next : best))
  const tried = readings.flatMap((reading) => reading.dpi ?? []).sort((a, b) => a - b)
  return { ...facts, text: new TextDecoder().decode(context.read(text)), ...(tried.length === 0 ? {} : { tried }) }
}
