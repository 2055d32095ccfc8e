import type { ArtifactRef, DynamicTask, Json, TaskContext, TaskType } from '@symphony/interface'
import { mergePages } from '../content/merge.ts'
import { isUnreadable } from '../content/unreadable.ts'
import type { OcrAnswer } from '../models/ocr.ts'
import type { PdfAnswer } from '../models/pdf.ts'
import { gathered } from './file-tasks.ts'
import { analyse } from './text-tasks.ts'

/** Resolutions a page is tried at, one after the other while the engine is unsure of what it read. */
const DPI_LADDER = [150, 200, 300] as const

/** The engine's own confidence from which a reading is taken as it is. It falls as errors rise; at 88 about one character in 50 is wrong. */
const CONFIDENCE_ENOUGH = 88

/** Share of a page its text layer has to cover to be trusted. Below, the page is a picture with at most a stamp on it. */
const COVERAGE_ENOUGH = 0.02

/** One reading of a page: its text layer, or what was recognised at some resolution. */
export interface PageReading {
  readonly kind: 'page'
  readonly page: number
  readonly method: 'layer' | 'ocr'
  readonly text: ArtifactRef
  readonly confidence: number
  readonly dpi?: number
}

interface PageParams {
  readonly ref: ArtifactRef
  readonly page: number
  readonly dpi: number
}

const pageParams = (context: TaskContext): PageParams => context.params as unknown as PageParams

/** A pdf found inside something else goes the same way as one found in a folder. */
export function openPdf(context: TaskContext, ref: ArtifactRef): Json {
  context.expand({ tasks: [{ id: `unpack pdf ${ref}`, type: 'open-pdf', params: { ref, sniffed: 'pdf' }, feeds: gathered, reuse: true }] })
  return { kind: 'link', content: `unpack pdf ${ref}` }
}

export function imagePage(context: TaskContext, ref: ArtifactRef): Json {
  context.expand({ tasks: [{ id: `unpack image ${ref}`, type: 'open-image', params: { ref, sniffed: 'image' }, feeds: gathered, reuse: true }] })
  return { kind: 'link', content: `unpack image ${ref}` }
}

/** Opens a pdf and adds a task for each page, and one that puts the pages together. */
export const openPdfType: TaskType = {
  name: 'open-pdf',
  version: '1',
  model: 'pdf',
  cache: 'without-run-input',
  expectedMs: 50,
  input: (context) => {
    const { ref } = pageParams(context)
    return { op: 'open', bytes: context.read(ref), hash: ref }
  },
  output(answer, context) {
    const opened = answer as PdfAnswer
    if (isUnreadable(opened)) return opened
    const { ref } = pageParams(context)
    const { pageCount, title } = opened as { pageCount: number; title?: string }
    const layers = Array.from({ length: pageCount }, (_, index): DynamicTask => ({ id: `layer ${ref} ${index + 1}`, type: 'layer', params: { ref, page: index + 1 } }))
    context.expand({ tasks: [...layers, mergeTask(ref, layers.map((task) => task.id))] })
    return { kind: 'pages', merge: `merge ${ref}`, pages: pageCount, ...(title === undefined ? {} : { title }) }
  },
}

/** A picture is one page without a text layer. */
export const openImageType: TaskType = {
  name: 'open-image',
  version: '1',
  cache: 'without-run-input',
  run(context) {
    const { ref } = pageParams(context)
    const ocr: DynamicTask = { id: `ocr ${ref} 1`, type: 'ocr-image', params: { ref, page: 1 } }
    context.expand({ tasks: [ocr, mergeTask(ref, [ocr.id])] })
    return { kind: 'pages', merge: `merge ${ref}`, pages: 1 }
  },
}

function mergeTask(ref: ArtifactRef, pages: readonly string[]): DynamicTask {
  return { id: `merge ${ref}`, type: 'merge', params: { ref }, needs: pages.map((task) => ({ task, kind: 'soft' as const })), feeds: gathered }
}

/** Reads a page's text layer; a page without one is drawn and recognised. */
export const layerType: TaskType = {
  name: 'layer',
  version: '1',
  model: 'pdf',
  cache: 'without-run-input',
  expectedMs: 20,
  input: (context) => {
    const { ref, page } = pageParams(context)
    return { op: 'layer', bytes: context.read(ref), hash: ref, page }
  },
  output(answer, context) {
    const { ref, page } = pageParams(context)
    const layer = answer as { kind: string; text: string; coverage: number }
    if (isUnreadable(layer)) return layer
    if (layer.coverage >= COVERAGE_ENOUGH) {
      return { kind: 'page', page, method: 'layer', text: context.store(layer.text, 'text/plain'), confidence: 100 } satisfies PageReading
    }
    context.expand({ tasks: recognise(ref, page, DPI_LADDER[0]) })
    return { kind: 'picture', page }
  },
}

/** Draws a page and recognises it; the page's document waits for the reading. */
function recognise(ref: ArtifactRef, page: number, dpi: number): readonly DynamicTask[] {
  const render = `render ${ref} ${page} ${dpi}`
  const feeds = [{ task: `merge ${ref}`, kind: 'soft' as const }]
  return [
    { id: render, type: 'render', params: { ref, page, dpi } },
    { id: `ocr ${ref} ${page} ${dpi}`, type: 'ocr', params: { ref, page, dpi }, needs: [render], feeds },
  ]
}

export const renderType: TaskType = {
  name: 'render',
  version: '1',
  model: 'pdf',
  cache: 'without-run-input',
  expectedMs: 200,
  input: (context) => {
    const { ref, page, dpi } = pageParams(context)
    return { op: 'render', bytes: context.read(ref), hash: ref, page, dpi }
  },
  output(answer) {
    const drawn = answer as PdfAnswer
    return isUnreadable(drawn) ? drawn : (drawn as { png: Uint8Array }).png
  },
}

/** Recognises a drawn page; while the engine is unsure and a higher resolution is left, the page is tried again. */
export const ocrType: TaskType = {
  name: 'ocr',
  version: '1',
  model: 'ocr',
  cache: 'without-run-input',
  retry: { attempts: 2, delayMs: 100 },
  allowFailure: true,
  expectedMs: 3000,
  input: (context) => ({ png: context.inputs.get(context.inputs.ids[0] ?? '') }),
  output(answer, context) {
    const { ref, page, dpi } = pageParams(context)
    const next = DPI_LADDER.find((higher) => higher > dpi)
    const { confidence } = answer as OcrAnswer
    if (confidence < CONFIDENCE_ENOUGH && next !== undefined) context.expand({ tasks: recognise(ref, page, next) })
    return reading(answer as OcrAnswer, context, dpi)
  },
}

/** Recognises a picture as it is. */
export const ocrImageType: TaskType = {
  ...ocrType,
  name: 'ocr-image',
  input: (context) => ({ png: context.read(pageParams(context).ref) }),
  output: (answer, context) => reading(answer as OcrAnswer, context),
}

function reading(answer: OcrAnswer, context: TaskContext, dpi?: number): PageReading {
  const { page } = pageParams(context)
  return { kind: 'page', page, method: 'ocr', text: context.store(answer.text, 'text/plain'), confidence: answer.confidence, ...(dpi === undefined ? {} : { dpi }) }
}

/** Puts the best reading of every page together. */
export const mergeType: TaskType = {
  name: 'merge',
  version: '1',
  cache: 'without-run-input',
  run(context) {
    const best = new Map<number, PageReading>()
    for (const [, value] of context.inputs.entries()) {
      const found = value as PageReading
      if (found.kind !== 'page') continue
      const former = best.get(found.page)
      if (former === undefined || found.confidence > former.confidence) best.set(found.page, found)
    }
    const pages = [...best.values()].sort((a, b) => a.page - b.page)
    const merged = mergePages(pages.map(({ text, ...page }) => ({ ...page, text: new TextDecoder().decode(context.read(text)) })))
    const text = context.store(merged.text, 'text/plain')
    if (merged.text.trim() !== '') context.expand({ tasks: analyse(text) })
    return { kind: 'merged', text, characters: merged.text.length, pages: merged.pages as unknown as Json }
  },
}
