import { createCanvas, loadImage } from '@napi-rs/canvas'
import { pictureSize } from '../content/picture-size.ts'
import { unreadable, type UnreadableContent } from '../content/unreadable.ts'
import { cleanPage } from './clean-page.ts'
import { RENDERED_PIXELS_MAX, type PdfRendering } from './pdf-render.ts'

/** A decoder needs four bytes a pixel; 100 megapixels are 400 MB and more than any scanner delivers. */
const DECODED_PIXELS_MAX = 100_000_000

/** Decodes a scanned page that came as a picture file, shrinks it to the pixel limit and cleans it for recognition. */
export async function preparePicture(bytes: Uint8Array): Promise<PdfRendering | UnreadableContent> {
  const declared = pictureSize(bytes)
  if (declared === undefined) return unreadable('image-damaged', 'The picture is neither a PNG nor a JPEG.')
  const pixels = declared.width * declared.height
  if (pixels === 0 || pixels > DECODED_PIXELS_MAX) {
    return unreadable('image-damaged', `The picture declares ${declared.width} by ${declared.height} pixels, which is out of bounds.`)
  }
  try {
    const picture = await loadImage(Uint8Array.from(bytes))
    const scale = Math.min(1, Math.sqrt(RENDERED_PIXELS_MAX / pixels))
    const width = Math.max(1, Math.floor(picture.width * scale))
    const height = Math.max(1, Math.floor(picture.height * scale))
    const canvas = createCanvas(width, height)
    const context = canvas.getContext('2d')
    context.fillStyle = '#ffffff'
    context.fillRect(0, 0, width, height)
    context.drawImage(picture, 0, 0, width, height)
    const image = context.getImageData(0, 0, width, height)
    cleanPage(image.data, width, height)
    context.putImageData(image, 0, 0)
    return { kind: 'rendering', png: Uint8Array.from(await canvas.encode('png')), width, height, dpi: 0 }
  } catch (error) {
    return unreadable('image-damaged', `The picture cannot be decoded: ${error instanceof Error ? error.message : String(error)}`)
  }
}
