import { PDFDocument, StandardFonts, type PDFFont, type PDFPage } from 'pdf-lib'
import type { Block, Prose } from './prose/prose.ts'

/** How a document is set. Lengths are points, 72 to the inch. */
export interface Style {
  readonly width: number
  readonly height: number
  readonly margin: number
  readonly size: number
  readonly face: 'serif' | 'sans' | 'typewriter'
  /** Print the title at the top of the first page. */
  readonly titled: boolean
}

const FACES = {
  serif: [StandardFonts.TimesRoman, StandardFonts.TimesRomanBold],
  sans: [StandardFonts.Helvetica, StandardFonts.HelveticaBold],
  typewriter: [StandardFonts.Courier, StandardFonts.CourierBold],
} as const

const LEADING = 1.38
/** A fixed day, so that equal prose gives equal bytes. */
const MADE = new Date('2024-12-01T00:00:00Z')

interface Cursor {
  readonly page: PDFPage
  readonly width: number
  y: number
}

/** Sets prose as a PDF with a text layer. Equal input gives equal bytes. */
export async function layOut(prose: Prose, style: Style): Promise<Uint8Array> {
  const document = await emptyDocument(prose.title)
  const [regular, bold] = FACES[style.face]
  const fonts = { regular: await document.embedFont(regular), bold: await document.embedFont(bold) }
  for (const [index, blocks] of prose.pages.entries()) {
    const page = document.addPage([style.width, style.height])
    const cursor = { page, width: style.width - 2 * style.margin, y: style.height - style.margin - style.size }
    if (index === 0 && style.titled) writeLines(cursor, style, wrap(prose.title, fonts.bold, style.size * 1.5, cursor.width), fonts.bold, 1.5, 1)
    for (const block of blocks) writeBlock(cursor, style, block, fonts)
  }
  return document.save({ useObjectStreams: true })
}

/** A PDF without dates or random parts. */
export async function emptyDocument(title: string): Promise<PDFDocument> {
  const document = await PDFDocument.create({ updateMetadata: false })
  document.setTitle(title)
  document.setProducer('Docket samples')
  document.setCreationDate(MADE)
  document.setModificationDate(MADE)
  return document
}

/** The words of one page as a reader sees them: what recognition should return. */
export function truthOf(blocks: readonly Block[]): string {
  return blocks.map((block) => ('heading' in block ? block.heading : 'text' in block ? block.text : block.lines.join('\n'))).join('\n\n')
}

function writeBlock(cursor: Cursor, style: Style, block: Block, fonts: { readonly regular: PDFFont, readonly bold: PDFFont }): void {
  if ('heading' in block) {
    cursor.y -= style.size * 0.6
    writeLines(cursor, style, wrap(block.heading, fonts.bold, style.size * 1.15, cursor.width), fonts.bold, 1.15, 0.35)
  } else if ('text' in block) {
    writeLines(cursor, style, wrap(block.text, fonts.regular, style.size, cursor.width), fonts.regular, 1, 0.75)
  } else {
    writeLines(cursor, style, block.lines, fonts.regular, 1, 0.75)
  }
}

function writeLines(cursor: Cursor, style: Style, lines: readonly string[], font: PDFFont, scale: number, gap: number): void {
  const size = style.size * scale
  for (const line of lines) {
    if (cursor.y < style.margin / 2) throw new Error(`the page is full at: ${line}`)
    cursor.page.drawText(line, { x: style.margin, y: cursor.y, size, font })
    cursor.y -= size * LEADING
  }
  cursor.y -= style.size * gap
}

function wrap(text: string, font: PDFFont, size: number, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line !== '' && font.widthOfTextAtSize(longer, size) > width) {
      lines.push(line)
      line = word
    } else {
      line = longer
    }
  }
  return line === '' ? lines : [...lines, line]
}
