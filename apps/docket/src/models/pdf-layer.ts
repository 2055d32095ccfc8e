import type { PdfLibrary, PdfPage } from './pdf-library.ts'

/** What the text layer of a page holds. */
export interface PdfLayer {
  readonly kind: 'layer'
  readonly text: string
  /** 0 to 1: how far the layer tells what the page shows. Below 0.5 the page is better rendered and recognised. */
  readonly coverage: number
  /** Size of the page in points, 72 to the inch. */
  readonly width: number
  readonly height: number
}

/** So many characters make a page of text, whatever else is drawn on it. A stamped page number or running head stays well below. */
const CHARACTERS_ENOUGH = 160
/** A page drawn with more paths than this may hold its letters as outlines; tables and rules need fewer. */
const PATHS_PLAIN = 80
/** A gap of this many line heights between two baselines starts a paragraph. */
const PARAGRAPH_GAP = 1.7

interface TextPiece {
  readonly str: string
  readonly hasEOL: boolean
  readonly height: number
  readonly transform: readonly number[]
}

/** Reads a page's text layer and judges it. */
export async function readLayer(page: PdfPage, library: PdfLibrary): Promise<PdfLayer> {
  const { width, height } = page.getViewport({ scale: 1 })
  const content = await page.getTextContent()
  const text = assembleText(content.items.filter((item) => 'str' in item) as readonly TextPiece[])
  return { kind: 'layer', text, coverage: await judge(text, page, library), width: Math.round(width), height: Math.round(height) }
}

async function judge(text: string, page: PdfPage, library: PdfLibrary): Promise<number> {
  const readable = readableShare(text)
  const characters = text.replace(/\s+/g, '').length
  if (characters >= CHARACTERS_ENOUGH) return round(readable)
  // Few characters are all there is when nothing else is drawn; else they are likely a stamp on a picture of the page.
  const drawn = await countDrawings(page, library)
  if (drawn.images === 0 && drawn.paths <= PATHS_PLAIN) return characters === 0 ? 1 : round(readable)
  return round((readable * characters) / CHARACTERS_ENOUGH / 2)
}

async function countDrawings(page: PdfPage, library: PdfLibrary): Promise<{ readonly images: number, readonly paths: number }> {
  const { fnArray } = await page.getOperatorList()
  const names = ['paintImageXObject', 'paintInlineImageXObject', 'paintImageMaskXObject', 'paintImageXObjectRepeat', 'paintInlineImageXObjectGroup']
  const imageOperators = new Set(names.map((name) => library.operators[name]))
  let images = 0
  let paths = 0
  for (const operator of fnArray) {
    if (imageOperators.has(operator)) images += 1
    else if (operator === library.operators['constructPath']) paths += 1
  }
  return { images, paths }
}

/** Share of the characters that can be text. Fonts without a character map yield private-use or control characters. */
function readableShare(text: string): number {
  let visible = 0
  let unusable = 0
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    if (code === 0x20 || code === 0x0a) continue
    visible += 1
    if (code < 0x20 || (code >= 0x7f && code < 0xa0) || code === 0xfffd || (code >= 0xe000 && code <= 0xf8ff)) unusable += 1
  }
  return visible === 0 ? 1 : 1 - unusable / visible
}

function assembleText(pieces: readonly TextPiece[]): string {
  let text = ''
  let baseline: number | undefined
  let lineHeight = 0
  for (const piece of pieces) {
    const y = piece.transform[5] ?? 0
    if (piece.str !== '') {
      const gap = baseline === undefined ? 0 : Math.abs(baseline - y)
      if (gap > PARAGRAPH_GAP * Math.max(lineHeight, piece.height, 1)) text = `${text.trimEnd()}\n\n`
      baseline = y
      lineHeight = piece.height
    }
    text += piece.str
    if (piece.hasEOL) text = `${text.trimEnd()}\n`
  }
  return text.replace(/\u0000/g, '').trim()
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
