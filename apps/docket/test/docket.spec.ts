import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { askDocket, runDocket } from '@symphony/docket'
import type { Archive, DocketOutcome } from '@symphony/docket'
import { createRuntime } from '@symphony/runtime'

const samples = fileURLToPath(new URL('../samples', import.meta.url))
let base = ''
let folder = ''
let stateFolder = ''

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'docket-'))
  folder = join(base, 'documents')
  stateFolder = join(base, 'state')
  mkdirSync(folder)
})

afterEach(() => rmSync(base, { recursive: true, force: true }))

function write(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), content)
}

const run = (): Promise<DocketOutcome> => runDocket({ sources: [{ folder, label: 'documents' }], stateFolder })

const archiveOf = (outcome: DocketOutcome): Archive => JSON.parse(readFileSync(outcome.archive, 'utf8')) as Archive

function writeLetters(count: number): void {
  for (let number = 0; number < count; number++) {
    write(`letters/letter-${number}.txt`, `Letter number ${number}\n\nThe harbour office of pier ${number} writes about cargo ${number * 7}. The crane was repaired on ${1 + (number % 28)} March 1999.`)
  }
}

describe('docket', () => {
  it('remembers everything: nothing changed, nothing runs', async () => {
    writeLetters(10)
    const first = await run()
    expect(first).toMatchObject({ finished: true, documents: 10, tasks: { recalled: 0, failed: 0 } })
    const before = readFileSync(first.archive)
    const second = await run()
    expect(second.tasks).toEqual({ run: 0, recalled: first.tasks.run, failed: 0, total: first.tasks.total })
    expect(readFileSync(second.archive)).toEqual(before)
  })

  it('says in its report which part of it was not well, and nothing when all were', async () => {
    writeLetters(3)
    const policy = { name: 'clueless', score: () => { throw new Error('no idea') } }
    const outcome = await runDocket({ sources: [{ folder, label: 'documents' }], stateFolder, runtime: { policy } })
    expect(outcome).toMatchObject({ finished: true, documents: 3, tasks: { failed: 0 } })
    expect(outcome.health).toEqual([expect.stringMatching(/^conductor is degraded since \d{4}-.*"clueless" threw, and tasks go first come, first served/)])
    expect(readFileSync(outcome.report, 'utf8')).toContain('&quot;clueless&quot; threw')
    const well = await run()
    expect(well.health).toEqual([])
    expect(readFileSync(well.report, 'utf8')).not.toContain('degraded')
  })

  it('runs only the cone of what changed', async () => {
    writeLetters(10)
    await run()
    write('letters/letter-3.txt', 'Letter number 3, rewritten.\n\nThe crane is still broken.')
    // The listing, the file, its text, its analysis and signature, and what is made of all: archive, index, report.
    expect((await run()).tasks.run).toBe(8)
    utimesSync(join(folder, 'letters/letter-4.txt'), new Date(0), new Date(0))
    // Touched but equal: the listing and the file are looked at, everything after is recalled.
    expect((await run()).tasks.run).toBe(2)
  })

  it('links copies and unpacks them once', async () => {
    writeLetters(3)
    const single = await run()
    write('copies/again.txt', readFileSync(join(folder, 'letters/letter-0.txt')))
    const outcome = await run()
    expect(outcome).toMatchObject({ documents: 3, duplicates: 1 })
    // The listing, the new file, archive, index and report; no content task.
    expect(outcome.tasks).toMatchObject({ run: 5, total: single.tasks.total + 1 })
    expect(archiveOf(outcome).documents.find((document) => document.duplicateOf !== undefined)).toMatchObject({ path: 'documents/letters/letter-0.txt', duplicateOf: 'documents/copies/again.txt' })
  })

  it('lists what cannot be read with its reason, and completes everything else', async () => {
    writeLetters(3)
    write('bomb.txt.gz', gzipSync(new Uint8Array(256 * 1024 * 1024)))
    write('cut.pdf', readFileSync(join(samples, 'energy-report-2024.pdf')).subarray(0, 700))
    write('junk.md', Uint8Array.from({ length: 5000 }, (_, index) => (index * 197 + (index >> 3) * 31) % 256))
    write('empty.txt', '')
    write('line\nbreak\u0007.txt', 'A name nobody should have chosen, but the text is fine.')
    write('huge.txt', '')
    truncateSync(join(folder, 'huge.txt'), 2 * 1024 ** 3)
    symlinkSync('.', join(folder, 'loop'))
    symlinkSync('nowhere.txt', join(folder, 'dangling.txt'))
    const outcome = await run()
    const archive = archiveOf(outcome)
    expect(Object.fromEntries(archive.unreadable.map((entry) => [entry.path.slice('documents/'.length), entry.code]))).toEqual({
      'bomb.txt.gz': 'gzip-bomb',
      'cut.pdf': 'pdf-damaged',
      'dangling.txt': 'symlink-dangling',
      'empty.txt': 'empty',
      'huge.txt': 'too-large',
      'junk.md': 'binary',
      loop: 'symlink-loop',
    })
    for (const entry of archive.unreadable) expect(entry.reason.length).toBeGreaterThan(10)
    expect(outcome).toMatchObject({ finished: true, documents: 4, unreadable: 7 })
    expect(readFileSync(outcome.report, 'utf8')).not.toContain('\u0007')
  })

  it('leaves out what it writes itself, wherever that lies', async () => {
    writeLetters(3)
    stateFolder = join(folder, '.symphony/docket')
    const first = await run()
    const second = await run()
    expect(first).toMatchObject({ documents: 3, unreadable: 0 })
    expect(second.tasks).toMatchObject({ run: 0, total: first.tasks.total })
  })

  it('answers with quotes that are in the file they name', async () => {
    writeLetters(5)
    await run()
    const { evidence } = await askDocket({ stateFolder, question: 'Who writes about cargo 28?' })
    expect(evidence[0]).toMatchObject({ path: 'documents/letters/letter-4.txt', quote: expect.stringContaining('cargo 28') })
    expect(readFileSync(join(folder, 'letters/letter-4.txt'), 'utf8')).toContain(evidence[0]?.quote)
  })

  it('says that there is no archive yet', async () => {
    await expect(askDocket({ stateFolder, question: 'anything?' })).rejects.toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining('symphony run docket') })
  })

  it('stops when told to and goes on where it stopped', async () => {
    writeLetters(60)
    const controller = new AbortController()
    const stopped = await runDocket({ sources: [{ folder, label: 'documents' }], stateFolder, signal: controller.signal, onProgress: ({ succeeded }) => succeeded > 60 && controller.abort() })
    expect(stopped.finished).toBe(false)
    const done = await run()
    expect(done).toMatchObject({ finished: true, resumed: true, documents: 60 })
    expect(done.tasks.recalled).toBeGreaterThanOrEqual(stopped.tasks.run)
    expect(done.tasks.run + done.tasks.recalled).toBe(done.tasks.total)
  })

  it('goes on after kill -9 without computing any finished task again', async () => {
    writeLetters(150)
    await killed(folder, stateFolder, 200)
    const durable = await durableTasks()
    expect(durable).toBeGreaterThanOrEqual(200)
    const done = await run()
    expect(done).toMatchObject({ finished: true, resumed: true, documents: 150 })
    expect(done.tasks).toMatchObject({ recalled: durable, run: done.tasks.total - durable, failed: 0 })
  })

  it('reads a scan, as well as its resolution allows, and names the page', async () => {
    write('letter.pdf', readFileSync(join(samples, 'scan-lease-letter.pdf')))
    const outcome = await run()
    expect(outcome.pages).toEqual({ total: 2, recognised: 2 })
    expect(archiveOf(outcome).documents[0]?.pages.every((page) => page.method === 'ocr' && page.confidence > 80)).toBe(true)
    const { evidence } = await askDocket({ stateFolder, question: 'Who is the landlord of the boathouse?' })
    expect(evidence[0]).toMatchObject({ path: 'documents/letter.pdf', page: expect.any(Number) })
  }, 60_000)
})

/** Starts a run in a process that kills itself once so many tasks are done and durable. */
function killed(documents: string, state: string, afterTasks: number): Promise<void> {
  const args = ['--conditions=@symphony/source', fileURLToPath(new URL('./children/interrupted.ts', import.meta.url)), documents, state, String(afterTasks)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  return new Promise((resolve, reject) => {
    child.on('exit', (code, signal) => (signal === 'SIGKILL' ? resolve() : reject(new Error(`the run ended by itself (${code})`))))
  })
}

/** How many tasks of the interrupted run the state folder says are done. */
async function durableTasks(): Promise<number> {
  await using symphony = await createRuntime({ folder: stateFolder })
  const [id] = symphony.dag.runs()
  return symphony.dag.progress(id ?? '').succeeded
}
