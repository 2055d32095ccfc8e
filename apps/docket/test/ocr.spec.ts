import { readFileSync } from 'node:fs'
import type { WorkerModel } from '@symphony/interface'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { layOut, truthOf } from '../samples/layout.ts'
import type { Prose } from '../samples/prose/prose.ts'
import { characterErrorRate } from '../src/content/character-error-rate.ts'
import { cleanPage } from '../src/models/clean-page.ts'
import { load as loadOcr, type OcrAnswer } from '../src/models/ocr.ts'
import type { PdfRendering } from '../src/models/pdf-render.ts'
import { load as loadPdf } from '../src/models/pdf.ts'
import { bytesOf, invoke } from './invoke.ts'

let ocr: WorkerModel
let pdf: WorkerModel
beforeAll(async () => {
  ;[ocr, pdf] = await Promise.all([loadOcr(), loadPdf()])
})
afterAll(() => Promise.all([ocr.unload?.(), pdf.unload?.()]))

async function recognise(bytes: Uint8Array, page: number, dpi: number): Promise<OcrAnswer> {
  const { png } = await invoke<PdfRendering>(pdf, { op: 'render', bytes, page, dpi })
  return invoke<OcrAnswer>(ocr, { png })
}

function sample(name: string): { readonly bytes: Uint8Array, readonly pages: readonly string[] } {
  const read = (path: string): Buffer => readFileSync(new URL(`../samples/${path}`, import.meta.url))
  return { bytes: new Uint8Array(read(`${name}.pdf`)), pages: (JSON.parse(read(`truth/${name}.json`).toString()) as { pages: string[] }).pages }
}

const note: Prose = {
  title: 'Note',
  pages: [[{ heading: 'To the harbour master' }, { text: 'The lamp on the north pier was dark from Tuesday to Friday. Two boats came in by the sound of the bell alone. Please send 4 new bulbs.' }]],
}

describe('the ocr model', () => {
  it('reads a small clean page nearly without error, the same each time', async () => {
    const bytes = await layOut(note, { width: 320, height: 160, margin: 20, size: 11, face: 'serif', titled: false })
    const first = await recognise(bytes, 1, 150)
    expect(characterErrorRate(first.text, truthOf(note.pages[0] ?? []))).toBeLessThan(0.02)
    expect(first.confidence).toBeGreaterThan(85)
    expect(first.words).toBe(32)
    expect(await recognise(bytes, 1, 150)).toEqual(first)
  })

  it('reads a skewed, noisy scan with less than one character in fifty wrong', async () => {
    const { bytes, pages } = sample('scan-bridge-inspection')
    const { text, confidence } = await recognise(bytes, 2, 150)
    expect(characterErrorRate(text, pages[1] ?? '')).toBeLessThan(0.02)
    expect(confidence).toBeGreaterThanOrEqual(88)
  })

  it('knows when it reads small print badly, and reads it better at a higher resolution', async () => {
    const { bytes, pages } = sample('scan-carrier-conditions')
    const [low, high] = [await recognise(bytes, 1, 100), await recognise(bytes, 1, 300)]
    expect(low.confidence).toBeLessThan(70)
    expect(high.confidence).toBeGreaterThanOrEqual(88)
    expect(characterErrorRate(high.text, pages[0] ?? '')).toBeLessThan(0.04)
    expect(characterErrorRate(low.text, pages[0] ?? '')).toBeGreaterThan(0.2)
    expect(low.doubtful.length).toBeGreaterThan(0)
    expect(low.doubtful.length).toBeLessThanOrEqual(12)
  })

  it.each([['no picture', bytesOf('no picture at all')], ['nothing', new Uint8Array()], ['a torn picture', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0)]])(
    'answers %s with an error and goes on',
    async (_, png) => {
      await expect(invoke(ocr, { png })).rejects.toMatchObject({ code: 'INPUT_UNREADABLE', details: { code: 'image-damaged' } })
    },
  )

  it('stops at once when aborted, and serves the next call', async () => {
    const { bytes } = sample('scan-lease-letter')
    const { png } = await invoke<PdfRendering>(pdf, { op: 'render', bytes, page: 2, dpi: 100 })
    const controller = new AbortController()
    const call = invoke(ocr, { png }, controller.signal)
    const waiting = invoke<OcrAnswer>(ocr, { png })
    setImmediate(() => controller.abort(new Error('no longer wanted')))
    await expect(call).rejects.toThrow('no longer wanted')
    expect((await waiting).words).toBeGreaterThan(60)
  })

  it('refuses a request without a picture', async () => {
    await expect(invoke(ocr, { png: 'a.png' })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  it('fetches nothing', async () => {
    const fetch = vi.spyOn(globalThis, 'fetch').mockRejectedValue(new Error('no network here'))
    const other = await loadOcr()
    await other.unload?.()
    expect(fetch).not.toHaveBeenCalled()
    fetch.mockRestore()
  })
})

describe('cleanPage', () => {
  it('turns tinted, shaded paper white and keeps the ink dark', () => {
    const [width, height] = [256, 256]
    const pixels = new Uint8ClampedArray(width * height * 4)
    for (let at = 0; at < width * height; at += 1) {
      const [x, y] = [at % width, Math.floor(at / width)]
      const ink = y % 32 < 4 && x % 16 < 8
      const paper = 230 - (60 * x) / width
      pixels.set(ink ? [70, 60, 50, 255] : [paper, paper - 10, paper - 40, 255], at * 4)
    }
    cleanPage(pixels, width, height)
    expect(pixels[(10 * width + 5) * 4]).toBeGreaterThan(245)
    expect(pixels[(10 * width + 250) * 4]).toBeGreaterThan(245)
    expect(pixels[(1 * width + 2) * 4]).toBeLessThan(30)
  })
})
