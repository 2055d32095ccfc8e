import { createCanvas } from '@napi-rs/canvas'
import { cleanPage } from './clean-page.ts'
import type { PdfPage } from './pdf-library.ts'

/** A page as a picture. */
export interface PdfRendering {
  readonly kind: 'rendering'
  readonly png: Uint8Array<ArrayBuffer>
  /** Pixels. */
  readonly width: number
  readonly height: number
  /** The resolution really used: lower than asked for when the page would exceed the pixel limit; 0 for a picture file, which has none. */
  readonly dpi: number
}

/** 24 megapixels are A4 at 490 dpi and 96 MB of canvas: enough for any scan, bearable for any machine. */
export const RENDERED_PIXELS_MAX = 24_000_000
const POINTS_PER_INCH = 72
/** A page narrower than this in pixels cannot hold a letter. */
const SIDE_MIN = 1

/** Draws a page at a resolution, on white; `clean` prepares it for recognition. */
export async function renderPage(page: PdfPage, dpi: number, clean: boolean): Promise<PdfRendering> {
  const size = page.getViewport({ scale: 1 })
  const asked = dpi / POINTS_PER_INCH
  const bearable = Math.sqrt(RENDERED_PIXELS_MAX / Math.max(1, size.width * size.height))
  const scale = Math.min(asked, bearable)
  const viewport = page.getViewport({ scale })
  const width = Math.max(SIDE_MIN, Math.floor(viewport.width))
  const height = Math.max(SIDE_MIN, Math.floor(viewport.height))
  const canvas = createCanvas(width, height)
  const canvasContext = canvas.getContext('2d')
  // pdf.js types its canvas as the one of a browser; the one used here offers the same drawing calls.
  const target = { canvas, canvasContext, viewport, background: '#ffffff' } as unknown as Parameters<PdfPage['render']>[0]
  await page.render(target).promise
  if (clean) {
    const image = canvasContext.getImageData(0, 0, width, height)
    cleanPage(image.data, width, height)
    canvasContext.putImageData(image, 0, 0)
  }
  const encoded = await canvas.encode('png')
  return { kind: 'rendering', png: Uint8Array.from(encoded), width, height, dpi: Math.round(scale * POINTS_PER_INCH) }
}
