import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { load } from '../src/models/pdf.ts'
import type { PdfRendering } from '../src/models/pdf-render.ts'
import { emptyDocument, layOut, truthOf, type Style } from './layout.ts'
import { bridgeInspection } from './prose/bridge-inspection.ts'
import { carrierConditions } from './prose/carrier-conditions.ts'
import { energyReport } from './prose/energy-report.ts'
import { fieldGuide } from './prose/field-guide.ts'
import { gardenMinutes } from './prose/garden-minutes.ts'
import { leaseLetter } from './prose/lease-letter.ts'
import { ferryTimetable, newsletter } from './prose/newsletter.ts'
import type { Prose } from './prose/prose.ts'
import { pumpManual } from './prose/pump-manual.ts'
import { scanPage, type Scan } from './scanner.ts'

/** A file of the samples folder: its path inside, and its bytes. */
export interface Sample {
  readonly path: string
  readonly bytes: Uint8Array
}

const A4: Style = { width: 595, height: 842, margin: 64, size: 11, face: 'serif', titled: true }
const A5: Style = { width: 420, height: 595, margin: 42, size: 10.5, face: 'typewriter', titled: false }
const SLIP: Style = { width: 300, height: 330, margin: 24, size: 6, face: 'serif', titled: false }

const CLEAN: Scan = { dpi: 150, skew: 0.4, blur: 0, noise: 5, ink: 40, paper: [0.98, 0.96, 0.9], quality: 55 }
const WORN: Scan = { dpi: 150, skew: -1.2, blur: 1, noise: 16, ink: 78, paper: [0.95, 0.91, 0.82], quality: 50 }
const HARD: Scan = { dpi: 300, skew: 0.9, blur: 2, noise: 18, ink: 80, paper: [0.93, 0.93, 0.9], quality: 45 }

/** The PDFs with a text layer, the texts, the copies and the broken files: cheap to make, equal in every run. */
export async function textSamples(): Promise<readonly Sample[]> {
  const guide = encode(fieldGuide(1))
  const minutes = await layOut(gardenMinutes, A4)
  return [
    { path: 'energy-report-2024.pdf', bytes: await layOut(energyReport, A4) },
    { path: 'garden-minutes.pdf', bytes: minutes },
    { path: 'pump-manual.pdf', bytes: await layOut(pumpManual, { ...A4, face: 'sans' }) },
    { path: 'newsletter.html', bytes: encode(newsletter) },
    { path: 'field-guide.md', bytes: guide },
    { path: 'ferry-timetable.txt.gz', bytes: gzipSync(ferryTimetable, { level: 9 }) },
    { path: 'copies/field-guide-copy.md', bytes: guide },
    { path: 'copies/field-guide-second-edition.md', bytes: encode(fieldGuide(2)) },
    { path: 'broken/garden-minutes-cut-off.pdf', bytes: minutes.subarray(0, 900) },
    { path: 'broken/not-a-text.md', bytes: Uint8Array.from({ length: 600 }, (_, index) => (index * 151 + (index >> 3) * 77) % 256) },
  ]
}

/** The scans: pages drawn, worsened and stored as pictures without a text layer, each with its true text. */
export async function scannedSamples(): Promise<readonly Sample[]> {
  return [
    ...(await scanned('scan-bridge-inspection', bridgeInspection, A5, WORN, 1926)),
    ...(await scanned('scan-lease-letter', leaseLetter, { ...A5, face: 'serif' }, CLEAN, 1968)),
    ...(await scanned('scan-carrier-conditions', carrierConditions, SLIP, HARD, 1901)),
  ]
}

async function scanned(name: string, prose: Prose, style: Style, scan: Scan, seed: number): Promise<readonly Sample[]> {
  const pdf = await load()
  const bytes = await layOut(prose, style)
  const document = await emptyDocument(prose.title)
  for (const index of prose.pages.keys()) {
    const request = { op: 'render', bytes, page: index + 1, dpi: scan.dpi, clean: false }
    const { png } = (await pdf.invoke(request, { signal: new AbortController().signal, progress: () => undefined })) as PdfRendering
    const picture = await document.embedJpg(await scanPage(png, scan, seed + index))
    document.addPage([style.width, style.height]).drawImage(picture, { x: 0, y: 0, width: style.width, height: style.height })
  }
  await pdf.unload?.()
  const truth = { file: `${name}.pdf`, pages: prose.pages.map((blocks) => truthOf(blocks)) }
  return [
    { path: `${name}.pdf`, bytes: await document.save({ useObjectStreams: true }) },
    { path: `truth/${name}.json`, bytes: encode(`${JSON.stringify(truth, null, 2)}\n`) },
  ]
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const folder = dirname(fileURLToPath(import.meta.url))
  for (const { path, bytes } of [...(await textSamples()), ...(await scannedSamples())]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), bytes)
    console.log(`${path}  ${bytes.length} bytes`)
  }
}
