import { SymphonyError, type Json, type WorkerModel } from '@symphony/interface'
import type { default as Tesseract } from 'tesseract.js'
import { startOcrEngine, type OcrEngine, type OcrWeights } from './ocr-engine.ts'

/** What the ocr model is asked: the bytes of a PNG or JPEG picture of one page. */
export interface OcrRequest {
  readonly png: Uint8Array
}

/** A word the engine was unsure about: for a person to check. */
export interface DoubtfulWord {
  readonly text: string
  /** 0 to 100. */
  readonly confidence: number
}

/** What was read from a page. */
export interface OcrAnswer {
  readonly kind: 'recognised'
  readonly text: string
  /** 0 to 100, the engine's own estimate. It follows the character error rate, so it decides about another attempt. */
  readonly confidence: number
  readonly words: number
  /** The least certain words in reading order, at most {@link DOUBTFUL_WORDS_MAX}. */
  readonly doubtful: readonly DoubtfulWord[]
}

/** How the model is created. */
export interface OcrOptions {
  readonly weights?: OcrWeights
}

export const DOUBTFUL_WORDS_MAX = 12
const DOUBTFUL_BELOW = 60

/**
 * The ocr model: recognises English text on a picture of a page, one page at a time.
 *
 * Aborting stops the recognition at once: its thread ends and the next call starts another.
 *
 * @throws SymphonyError INVALID_ARGUMENT for a request of the wrong shape; INPUT_UNREADABLE, with `details.code` 'image-damaged',
 * for bytes that are no picture; MODEL_FAILED when the engine cannot start or crashes.
 *
 * @example
 * const ocr = await load()
 * const { text, confidence } = await ocr.invoke({ png }, { signal, progress })
 */
export async function load(options?: Json): Promise<WorkerModel> {
  const weights = (options as OcrOptions | undefined)?.weights ?? '4.0.0_best_int'
  let engine: OcrEngine = await startOcrEngine(weights)
  // The engine recognises one picture at a time and a crash must fail one call only.
  let last: Promise<unknown> = Promise.resolve()
  const recognise = async (png: Uint8Array, signal: AbortSignal): Promise<OcrAnswer> => {
    signal.throwIfAborted()
    if (!engine.alive) engine = await startOcrEngine(weights)
    return describe(await engine.recognise(png, signal))
  }
  return {
    async invoke(input, { signal }) {
      const { png } = checked(input)
      const turn = last.then(() => recognise(png, signal))
      last = turn.catch(() => undefined)
      return turn.catch((error: unknown) => {
        throw explain(error)
      })
    },
    async unload() {
      await last
      await engine.close()
    },
  }
}

function describe(page: Tesseract.Page): OcrAnswer {
  const words = (page.blocks ?? []).flatMap((block) =>
    block.paragraphs.flatMap((paragraph) => paragraph.lines.flatMap((line) => line.words)),
  )
  const doubtful = words
    .filter((word) => word.confidence < DOUBTFUL_BELOW && word.text.trim() !== '')
    .map((word) => ({ text: word.text, confidence: Math.round(word.confidence) }))
  const threshold = doubtful.map((word) => word.confidence).sort((a, b) => a - b)[DOUBTFUL_WORDS_MAX - 1] ?? DOUBTFUL_BELOW
  return {
    kind: 'recognised',
    text: page.text.trim(),
    confidence: Math.round(page.confidence),
    words: words.length,
    doubtful: doubtful.filter((word) => word.confidence <= threshold).slice(0, DOUBTFUL_WORDS_MAX),
  }
}

function checked(input: unknown): OcrRequest {
  if (typeof input === 'object' && input !== null && (input as Partial<OcrRequest>).png instanceof Uint8Array) return input as OcrRequest
  const message = 'The ocr model was asked wrongly: png must be a Uint8Array with a PNG or JPEG picture.'
  throw new SymphonyError({ code: 'INVALID_ARGUMENT', component: 'docket/ocr', message })
}

function explain(error: unknown): unknown {
  if (!String(error).includes('attempting to read image')) return error
  return new SymphonyError({
    code: 'INPUT_UNREADABLE',
    component: 'docket/ocr',
    message: 'The picture cannot be decoded; it is damaged or no PNG or JPEG.',
    details: { code: 'image-damaged' },
  })
}
