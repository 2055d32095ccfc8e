import { createHash } from 'node:crypto'
import { Script } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { signature } from '../src/content/near-duplicates.ts'
import { unreadable } from '../src/content/unreadable.ts'
import { fieldGuide } from '../samples/prose/field-guide.ts'
import { archiveJson } from '../src/report/archive-json.ts'
import type { Analysis, RunFigures } from '../src/report/archive.ts'
import { assembleArchive, type ArchiveContent, type ArchiveFile, type ArchiveParts } from '../src/report/assemble-archive.ts'
import { PAGE_SCRIPT } from '../src/report/page-script.ts'
import { renderReport } from '../src/report/render-report.ts'

const HOSTILE = `</script><script>alert(1)</script><img src=x onerror=alert(2)>"'\`&amp;<!--`

function analysis(word: string): Analysis {
  return {
    sentences: 3,
    tokens: 40,
    language: 'en',
    sentiment: 0.25,
    keywords: [{ word, count: 3 }],
    entities: [{ type: 'NAME', value: word, count: 2 }],
    summary: [{ text: `About ${word}.`, start: 0, end: 9 }],
    truncated: false,
  }
}

const run: RunFigures = { runId: HOSTILE, tasksRun: 10, tasksRecalled: 4, tasksFailed: 1, elapsedMs: 61_000, pools: [{ model: HOSTILE, instances: 2, calls: 9, busyMs: 1234 }], notes: [HOSTILE] }

const pages = [{ page: 1, method: 'ocr', confidence: 71, dpi: 300, tried: [150, 300], doubtful: [{ text: HOSTILE, confidence: 12 }] }] as const
const files: readonly ArchiveFile[] = [
  { path: 'b/copy.md', hash: 'h1', bytes: 100, type: 'markdown' },
  { path: 'a/guide.md', hash: 'h1', bytes: 100, type: 'markdown' },
  { path: 'b/second.md', hash: 'h2', bytes: 120, type: 'markdown' },
  { path: `c/${HOSTILE}\n\u202e.pdf`, hash: 'h3', bytes: 5000, type: 'pdf' },
  { path: 'd/locked.pdf', hash: 'h4', bytes: 70, type: 'pdf' },
  { path: 'd/lost.txt', hash: 'h5', bytes: 7, type: 'text' },
]
const contents = new Map<string, ArchiveContent | ReturnType<typeof unreadable>>([
  ['h1', { title: 'Guide', characters: 90, analysis: analysis('hedge'), signature: signature(fieldGuide(1)) }],
  ['h2', { title: 'Guide again', characters: 95, analysis: analysis('hedge'), signature: signature(fieldGuide(2)) }],
  ['h3', { title: HOSTILE, characters: 10, pages, analysis: analysis(HOSTILE) }],
  ['h4', unreadable('pdf-encrypted', HOSTILE)],
])
const parts: ArchiveParts = { files, contents, unreadable: [{ path: `z/${HOSTILE}`, code: 'binary', reason: 'It is binary.' }] }

describe('assembleArchive', () => {
  it('links copies to the first of them, counts, and passes over nothing', () => {
    const archive = assembleArchive(parts)
    expect(archive.totals).toEqual({
      files: 7,
      bytes: 5397,
      documents: 3,
      duplicates: 1,
      duplicateBytes: 100,
      nearDuplicates: 1,
      unreadable: 3,
      pages: 1,
      pagesRecognised: 1,
      confidenceMean: 71,
      characters: 195,
    })
    expect(archive.documents.map(({ path, duplicateOf }) => [path, duplicateOf])).toEqual([
      ['a/guide.md', undefined],
      ['b/copy.md', 'a/guide.md'],
      ['b/second.md', undefined],
      [files[3]?.path, undefined],
    ])
    expect(archive.nearDuplicates).toEqual([{ leader: 'a/guide.md', members: [{ id: 'b/second.md', similarity: expect.any(Number) }] }])
    expect(archive.unreadable.map(({ path, code }) => [path, code])).toEqual([['d/locked.pdf', 'pdf-encrypted'], ['d/lost.txt', 'failed'], [`z/${HOSTILE}`, 'binary']])
  })

  it('depends on the parts, not on their order', () => {
    const shuffled = { ...parts, files: files.toReversed(), contents: new Map([...contents].toReversed()) }
    expect(archiveJson(assembleArchive(shuffled))).toBe(archiveJson(assembleArchive(parts)))
    expect(JSON.parse(archiveJson(assembleArchive(parts)))).toEqual(assembleArchive(parts))
  })
})

describe('renderReport', () => {
  const html = renderReport(assembleArchive(parts), run)

  it('shows hostile names and texts as text', () => {
    expect(html.match(/<script\b/g)).toHaveLength(2)
    expect(html).not.toMatch(/<img|<iframe|<object/i)
    expect(html).not.toContain('\u202e')
    expect(html).toContain('&lt;img src=x onerror=alert(2)&gt;')
    const rows = JSON.parse(/<script type="application\/json" id="rows">(.*?)<\/script>/s.exec(html)?.[1] ?? '') as { title: string, path: string }[]
    expect(rows.map(({ title }) => title)).toContain(HOSTILE)
    expect(rows.every(({ path }) => !/[\n\u202e]/.test(path))).toBe(true)
  })

  it('loads nothing and allows its own script alone', () => {
    expect(html).not.toMatch(/\b(?:src|href|action|srcset)\s*=\s*["']?(?:https?:|\/\/|data:)/i)
    expect(html).not.toMatch(/url\(|@import/i)
    const hash = createHash('sha256').update(PAGE_SCRIPT).digest('base64')
    expect(html).toContain(`default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'`)
    expect(html).toContain(`<script>${PAGE_SCRIPT}</script>`)
    expect(PAGE_SCRIPT).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval|fetch|XMLHttpRequest/)
  })

  it('has a script that parses', () => {
    expect(() => new Script(PAGE_SCRIPT)).not.toThrow()
  })

  it('is the same for the same archive and figures', () => {
    expect(renderReport(assembleArchive({ ...parts, files: files.toReversed() }), run)).toBe(html)
  })

  it('leaves out what there is nothing of', () => {
    const empty = renderReport(assembleArchive({ files: [], contents: new Map(), unreadable: [] }))
    for (const id of ['recognised', 'duplicates', 'unreadable', 'run', 'keywords']) expect(empty).not.toContain(`id="${id}"`)
    expect(empty).toContain('0 files, 0 distinct documents.')
  })

  it('holds five thousand documents', () => {
    const many = Array.from({ length: 5000 }, (_, at): ArchiveFile => ({ path: `f/${at}.md`, hash: `x${at}`, bytes: 10, type: 'markdown' }))
    const large = assembleArchive({ files: many, contents: new Map(many.map(({ hash }, at) => [hash, { title: `Title ${at}`, characters: 9, analysis: analysis(`word${at % 50}`) }])), unreadable: [] })
    expect(renderReport(large).length).toBeLessThan(4_000_000)
    expect(large.keywords).toHaveLength(50)
  })
})
