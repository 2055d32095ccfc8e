import { createCanvas, loadImage } from '@napi-rs/canvas'

/** What a bad scanner does to a page. */
export interface Scan {
  readonly dpi: number
  /** Degrees, clockwise. */
  readonly skew: number
  /** Passes of a blur over three by three pixels. */
  readonly blur: number
  /** Standard deviation of the noise in steps of 255. */
  readonly noise: number
  /** Ink at its darkest, 0 black to 255 white. */
  readonly ink: number
  /** Red, green and blue of the paper, 0 to 1. */
  readonly paper: readonly [number, number, number]
  /** JPEG quality, 0 to 100. */
  readonly quality: number
}

/** Makes a clean picture of a page look scanned. The same seed gives the same picture. */
export async function scanPage(png: Uint8Array, scan: Scan, seed: number): Promise<Uint8Array> {
  const picture = await loadImage(png)
  const { width, height } = picture
  const canvas = createCanvas(width, height)
  const context = canvas.getContext('2d')
  context.fillStyle = '#ffffff'
  context.fillRect(0, 0, width, height)
  context.translate(width / 2, height / 2)
  context.rotate((scan.skew * Math.PI) / 180)
  context.drawImage(picture, -width / 2, -height / 2)
  const image = context.getImageData(0, 0, width, height)
  let grey = Float32Array.from({ length: width * height }, (_, pixel) => image.data[pixel * 4] ?? 255)
  for (let pass = 0; pass < scan.blur; pass += 1) grey = blurred(grey, width, height)
  develop(grey, image.data, width, height, scan, generator(seed))
  context.setTransform(1, 0, 0, 1, 0, 0)
  context.putImageData(image, 0, 0)
  return canvas.encode('jpeg', scan.quality)
}

function develop(
  grey: Float32Array, pixels: Uint8ClampedArray, width: number, height: number, scan: Scan, random: () => number,
): void {
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const index = y * width + x
      // The lid never closes fully: light falls off towards one corner.
      const shade = 1 - 0.1 * ((x / width) * (y / height)) ** 2
      const ink = scan.ink + ((grey[index] ?? 255) * (255 - scan.ink)) / 255
      const value = ink * shade + scan.noise * bell(random)
      for (let channel = 0; channel < 3; channel += 1) pixels[index * 4 + channel] = value * (scan.paper[channel] ?? 1)
    }
  }
}

function blurred(grey: Float32Array, width: number, height: number): Float32Array<ArrayBuffer> {
  const result = new Float32Array(grey.length).fill(255)
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      const at = y * width + x
      let sum = 0
      for (let row = at - width; row <= at + width; row += width) sum += (grey[row - 1] ?? 0) + (grey[row] ?? 0) + (grey[row + 1] ?? 0)
      result[at] = sum / 9
    }
  }
  return result
}

/** Nearly normal: the sum of four uniform numbers, scaled to a deviation of one. */
function bell(random: () => number): number {
  return (random() + random() + random() + random() - 2) * Math.sqrt(3)
}

/** A small seeded generator (mulberry32). */
function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
