import { readFileSync } from 'node:fs'
import { createCanvas } from '@napi-rs/canvas'
import type { WorkerModel } from '@symphony/interface'
import { PDFDocument, PDFHexString, PDFName, StandardFonts } from 'pdf-lib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { layOut, truthOf, type Style } from '../samples/layout.ts'
import { energyReport } from '../samples/prose/energy-report.ts'
import { characterErrorRate } from '../src/content/character-error-rate.ts'
import { pictureSize } from '../src/content/picture-size.ts'
import type { PdfLayer } from '../src/models/pdf-layer.ts'
import { RENDERED_PIXELS_MAX, type PdfRendering } from '../src/models/pdf-render.ts'
import { load } from '../src/models/pdf.ts'
import { bytesOf, invoke } from './invoke.ts'

const A4: Style = { width: 595, height: 842, margin: 64, size: 11, face: 'serif', titled: false }

let pdf: WorkerModel
let report: Uint8Array
beforeAll(async () => {
  pdf = await load()
  report = await layOut(energyReport, A4)
})
afterAll(() => pdf.unload?.())

async function pages(count: number, draw?: (document: PDFDocument) => Promise<void>): Promise<Uint8Array> {
  const document = await PDFDocument.create({ updateMetadata: false })
  for (let page = 0; page < count; page += 1) document.addPage([200, 200])
  await draw?.(document)
  return document.save({ useObjectStreams: false })
}

/** A picture that fills the page, as a scanner leaves it, and perhaps a stamp of text. */
function scan(stamp?: string): Promise<Uint8Array> {
  return pages(1, async (document) => {
    const canvas = createCanvas(200, 200)
    canvas.getContext('2d').fillRect(20, 20, 160, 10)
    const page = document.getPage(0)
    page.drawImage(await document.embedPng(await canvas.encode('png')), { x: 0, y: 0, width: 200, height: 200 })
    if (stamp !== undefined) page.drawText(stamp, { x: 10, y: 10, size: 8, font: await document.embedFont(StandardFonts.Helvetica) })
  })
}

describe('the pdf model', () => {
  it('opens a file and reads its title and pages', async () => {
    expect(await invoke(pdf, { op: 'open', bytes: report })).toEqual({ kind: 'pdf', pageCount: 3, title: energyReport.title })
    expect(report.length).toBeGreaterThan(0)
  })

  it('reads the text layer of each page as it was written', async () => {
    for (const [index, blocks] of energyReport.pages.entries()) {
      const layer = await invoke<PdfLayer>(pdf, { op: 'layer', bytes: report, page: index + 1 })
      expect(layer).toMatchObject({ kind: 'layer', coverage: 1, width: 595, height: 842 })
      expect(characterErrorRate(layer.text, truthOf(blocks))).toBeLessThan(0.005)
    }
  })

  it('tells pages that are pictures from pages that are empty, and a stamp from a text', async () => {
    const coverage = async (bytes: Uint8Array): Promise<number> => (await invoke<PdfLayer>(pdf, { op: 'layer', bytes, page: 1 })).coverage
    expect(await coverage(await scan())).toBe(0)
    expect(await coverage(await scan('Received 3 May 1994, page 2'))).toBeLessThan(0.2)
    expect(await coverage(await pages(1))).toBe(1)
    const short = await pages(1, async (document) => document.getPage(0).drawText('Chapter One', { x: 20, y: 100, font: await document.embedFont(StandardFonts.Courier) }))
    expect(await coverage(short)).toBe(1)
  })

  it('draws a page at a resolution, the same each time', async () => {
    const first = await invoke<PdfRendering>(pdf, { op: 'render', bytes: report, page: 1, dpi: 72 })
    expect(first).toMatchObject({ kind: 'rendering', width: 595, height: 842, dpi: 72 })
    expect(pictureSize(first.png)).toEqual({ width: 595, height: 842 })
    const second = await invoke<PdfRendering>(pdf, { op: 'render', bytes: report, page: 1, dpi: 72 })
    expect(Buffer.from(second.png).equals(first.png)).toBe(true)
  })

  it('draws no more pixels than it may, however large the page claims to be', async () => {
    const huge = await pages(0, async (document) => void document.addPage([14_400, 14_400]))
    const { width, height, dpi } = await invoke<PdfRendering>(pdf, { op: 'render', bytes: huge, page: 1, dpi: 300, clean: false })
    expect(width * height).toBeLessThanOrEqual(RENDERED_PIXELS_MAX)
    expect(dpi).toBeLessThan(36)
  })

  it('leaves the bytes of its caller alone, takes shared ones, and trusts a hash it is given', async () => {
    const shared = new Uint8Array(new SharedArrayBuffer(report.length))
    shared.set(report)
    expect(await invoke(pdf, { op: 'open', bytes: shared, hash: 'one' })).toMatchObject({ pageCount: 3 })
    expect(await invoke(pdf, { op: 'layer', bytes: new Uint8Array(), hash: 'one', page: 3 })).toMatchObject({ coverage: 1 })
  })

  it('serves calls that overlap over more files than it keeps open', async () => {
    const files = await Promise.all([1, 2, 3, 4, 5, 6, 7].map((count) => pages(count)))
    const counts = await Promise.all([...files, ...files].map((bytes) => invoke(pdf, { op: 'open', bytes })))
    expect(counts.map((opened) => (opened as { pageCount: number }).pageCount)).toEqual([1, 2, 3, 4, 5, 6, 7, 1, 2, 3, 4, 5, 6, 7])
  })
})

describe('a hostile file', () => {
  it.each([
    ['cut off', () => report.subarray(0, 900), 'pdf-damaged'],
    ['nothing but a header', () => bytesOf('%PDF-1.7\n'), 'pdf-damaged'],
    ['noise after a header', () => bytesOf(`%PDF-1.4\n${'trailer<</Root 1 0 R>>xref 0 9 '.repeat(300)}`), 'pdf-damaged'],
    ['empty', () => new Uint8Array(), 'pdf-damaged'],
  ])('%s is answered with a reason', async (_, bytes, code) => {
    expect(await invoke(pdf, { op: 'open', bytes: bytes() })).toMatchObject({ kind: 'unreadable', code, reason: expect.stringMatching(/damaged/) })
  })

  it('that is encrypted is answered with a reason', async () => {
    const locked = await pages(1, async (document) => {
      const key = PDFHexString.of('5a'.repeat(32))
      const dictionary = document.context.obj({ Filter: 'Standard', V: 1, R: 2, Length: 40, P: -4, O: key, U: key })
      document.context.trailerInfo.Encrypt = document.context.register(dictionary)
      document.context.trailerInfo.ID = document.context.obj([PDFHexString.of('00'.repeat(16)), PDFHexString.of('00'.repeat(16))])
    })
    expect(await invoke(pdf, { op: 'open', bytes: locked })).toMatchObject({ kind: 'unreadable', code: 'pdf-encrypted' })
  })

  it('with too many pages is answered with a reason', async () => {
    expect(await invoke(pdf, { op: 'open', bytes: await pages(2001) })).toMatchObject({ kind: 'unreadable', code: 'pdf-pages' })
  })

  it('whose page tree leads nowhere does not bring the model down', async () => {
    const broken = await pages(1, async (document) => document.getPage(0).node.set(PDFName.of('Contents'), document.context.obj({ bad: 'contents' })))
    expect(await invoke(pdf, { op: 'layer', bytes: broken, page: 1 })).toHaveProperty('kind')
    expect(await invoke(pdf, { op: 'layer', bytes: report, page: 9 })).toMatchObject({ kind: 'unreadable', code: 'pdf-damaged' })
    expect(await invoke(pdf, { op: 'open', bytes: report })).toMatchObject({ pageCount: 3 })
  })

  it.each([[null], [{}], [{ op: 'print', bytes: new Uint8Array() }], [{ op: 'layer', bytes: new Uint8Array(), page: 0 }], [{ op: 'render', bytes: new Uint8Array(), page: 1, dpi: 9000 }]])(
    'is not the same as a wrong request: %j',
    async (request) => {
      await expect(invoke(pdf, request)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    },
  )
})

describe('a picture of a page', () => {
  it('is decoded and cleaned', async () => {
    const canvas = createCanvas(120, 80)
    const context = canvas.getContext('2d')
    context.fillStyle = '#e8dcc0'
    context.fillRect(0, 0, 120, 80)
    const answer = await invoke<PdfRendering>(pdf, { op: 'picture', bytes: new Uint8Array(await canvas.encode('jpeg', 90)) })
    expect(answer).toMatchObject({ kind: 'rendering', width: 120, height: 80 })
  })

  it('that is damaged or claims to be vast is answered with a reason', async () => {
    const bytes = new Uint8Array(await createCanvas(9, 9).encode('png'))
    const vast = Uint8Array.from(bytes)
    new DataView(vast.buffer).setUint32(16, 200_000)
    new DataView(vast.buffer).setUint32(20, 200_000)
    for (const bad of [vast, bytes.subarray(0, 40), bytesOf('no picture'), Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0xff, 0xff)]) {
      expect(await invoke(pdf, { op: 'picture', bytes: bad })).toMatchObject({ kind: 'unreadable', code: 'image-damaged' })
    }
  })
})

it('finds no text layer in the scanned samples', async () => {
  const bytes = new Uint8Array(readFileSync(new URL('../samples/scan-bridge-inspection.pdf', import.meta.url)))
  expect(await invoke(pdf, { op: 'layer', bytes, page: 1 })).toMatchObject({ text: '', coverage: 0 })
})
