/** Side of a tile in pixels. Large enough to hold paper between the letters, small enough to follow the shadow of a book's fold. */
const TILE = 64
/** Paper within this many deviations of its own brightness is white. */
const PAPER_DEVIATIONS = 2
/** Noise above this deviation is smoothed before anything else; below it, smoothing would only cost sharpness. */
const NOISE_SMOOTHED = 10
/** Brightness below this share of the pixels is ink. */
const INK_SHARE = 0.005

/**
 * Turns a scanned page grey, its paper white and its ink dark, in place. Without it the recogniser takes the grain of bare paper
 * for letters: a page then costs tenfold and returns rubbish, the worse the higher the resolution.
 *
 * The brightness of the paper is the median of each tile, which holds while less than half of it is printed; between the centres of the tiles it is interpolated.
 *
 * @param pixels red, green, blue and alpha, one byte each.
 */
export function cleanPage(pixels: Uint8ClampedArray, width: number, height: number): void {
  let grey = luminance(pixels, width * height)
  let tiles = surveyTiles(grey, width, height)
  if (tiles.noise > NOISE_SMOOTHED) {
    grey = smooth(grey, width, height)
    tiles = surveyTiles(grey, width, height)
  }
  stretch(grey, pixels, width, height, tiles)
}

interface Tiles {
  readonly columns: number
  readonly rows: number
  /** Brightness of the paper, tile by tile. */
  readonly paper: Float32Array
  /** Deviation of the paper's brightness, the same for the page. */
  readonly noise: number
  /** Brightness of the ink, the same for the page. */
  readonly ink: number
}

function luminance(pixels: Uint8ClampedArray, count: number): Uint8Array<ArrayBuffer> {
  const grey = new Uint8Array(count)
  for (let at = 0, from = 0; at < count; at += 1, from += 4) {
    grey[at] = ((pixels[from] as number) * 77 + (pixels[from + 1] as number) * 150 + (pixels[from + 2] as number) * 29) >> 8
  }
  return grey
}

function surveyTiles(grey: Uint8Array, width: number, height: number): Tiles {
  const columns = Math.max(1, Math.round(width / TILE))
  const rows = Math.max(1, Math.round(height / TILE))
  const paper = new Float32Array(columns * rows)
  const spreads = new Float32Array(columns * rows)
  const whole = new Uint32Array(256)
  const histogram = new Uint32Array(256)
  for (let tile = 0; tile < paper.length; tile += 1) {
    const row = Math.floor(tile / columns)
    const column = tile % columns
    const left = Math.floor((column * width) / columns)
    const right = Math.floor(((column + 1) * width) / columns)
    histogram.fill(0)
    for (let y = Math.floor((row * height) / rows); y < Math.floor(((row + 1) * height) / rows); y += 1) {
      for (let at = y * width + left; at < y * width + right; at += 1) histogram[grey[at] as number]! += 1
    }
    for (let level = 0; level < 256; level += 1) whole[level]! += histogram[level] as number
    paper[tile] = quantile(histogram, 0.5)
    // Ink is darker than paper, so the bright side of the median shows the grain of the paper alone.
    spreads[tile] = (quantile(histogram, 0.9) - (paper[tile] as number)) / 1.28
  }
  return { columns, rows, paper, noise: spreads.sort()[spreads.length >> 1] ?? 0, ink: quantile(whole, INK_SHARE) }
}

function quantile(histogram: Uint32Array, share: number): number {
  let total = 0
  for (const count of histogram) total += count
  let seen = 0
  for (let level = 0; level < 256; level += 1) {
    seen += histogram[level] as number
    if (seen > total * share) return level
  }
  return 255
}

/** The mean over three by three pixels. */
function smooth(grey: Uint8Array, width: number, height: number): Uint8Array<ArrayBuffer> {
  const result = Uint8Array.from(grey)
  for (let y = 1; y < height - 1; y += 1) {
    for (let at = y * width + 1; at < (y + 1) * width - 1; at += 1) {
      const above = at - width
      const below = at + width
      const sum =
        (grey[above - 1] as number) + (grey[above] as number) + (grey[above + 1] as number) +
        (grey[at - 1] as number) + (grey[at] as number) + (grey[at + 1] as number) +
        (grey[below - 1] as number) + (grey[below] as number) + (grey[below + 1] as number)
      result[at] = sum / 9
    }
  }
  return result
}

function stretch(grey: Uint8Array, pixels: Uint8ClampedArray, width: number, height: number, tiles: Tiles): void {
  const { columns, rows, paper, noise, ink } = tiles
  const line = new Float32Array(columns)
  for (let y = 0; y < height; y += 1) {
    const [top, bottom, downShare] = neighbours(y, height, rows)
    for (let column = 0; column < columns; column += 1) {
      line[column] = mix(paper[top * columns + column] as number, paper[bottom * columns + column] as number, downShare)
    }
    for (let x = 0; x < width; x += 1) {
      const [left, right, rightShare] = neighbours(x, width, columns)
      const white = mix(line[left] as number, line[right] as number, rightShare) - PAPER_DEVIATIONS * noise
      const at = y * width + x
      const value = white <= ink ? 255 : (((grey[at] as number) - ink) * 255) / (white - ink)
      pixels[at * 4] = pixels[at * 4 + 1] = pixels[at * 4 + 2] = value
    }
  }
}

/** The two tiles whose centres enclose a position, and the share of the second. */
function neighbours(position: number, length: number, tiles: number): readonly [number, number, number] {
  const exact = Math.min(tiles - 1, Math.max(0, (position * tiles) / length - 0.5))
  const first = Math.floor(exact)
  return [first, Math.min(tiles - 1, first + 1), exact - first]
}

function mix(first: number, second: number, share: number): number {
  return first + (second - first) * share
}
