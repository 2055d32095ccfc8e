import { SimulatedFileSystem } from '@symphony/conformance/simulator'
import { isSymphonyError } from '@symphony/interface'
import { inspectJournal } from '@symphony/journal'
import { describe, expect, it } from 'vitest'
import { FIRST_SEGMENT, FOLDER, frameEnds, logText, openInline, simulatedFolder } from '../log-fixtures.ts'
import { flip, longLog, segmentPathOf } from './stored-logs.ts'

describe('inspectJournal', () => {
  it('tells what lies in the folder, and writes nothing', async () => {
    const fs = await longLog(60, 20)
    const { operations, openFiles } = fs
    const report = await inspectJournal(FOLDER, { fileSystem: fs })
    expect([fs.operations, fs.openFiles]).toEqual([operations, openFiles])
    expect(report).toMatchObject({ lastLsn: 60, earliestLsn: 40, damages: [], tornBytes: 0, refusal: undefined, setAside: [], isOpen: false })
    expect(report.logId).toMatch(/^[0-9a-f]{32}$/)
    expect(report.checkpoints.map(({ lsn, verifies, sections }) => [lsn, verifies, sections])).toEqual([60, 40].map((lsn) => [lsn, true, [{ component: 1, bytes: 2 }]]))
    const holding = report.segments.filter(({ records }) => records > 0)
    expect(holding.length).toBeGreaterThan(1)
    for (const [index, { firstLsn, lastLsn, records, commits }] of holding.entries()) {
      expect([lastLsn - firstLsn + 1, commits]).toEqual([records, records])
      if (index > 0) expect(firstLsn).toBe((holding[index - 1]?.lastLsn as number) + 1)
    }
    expect(holding.at(-1)).toMatchObject({ lastLsn: 60, isClosed: true })
    const records = holding.reduce((sum, segment) => sum + segment.records, 0)
    expect(report.commands).toEqual([{ component: 1, type: 7, commands: records, bytes: records * 303 }])
  })

  it('refuses what is not a log, and a log of a later format', async () => {
    await expect(inspectJournal(FOLDER, { fileSystem: new SimulatedFileSystem() })).rejects.toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining(FOLDER) })
    const { encodeSegmentHeader } = await import('../../src/segment-file.ts')
    const { crc32 } = await import('node:zlib')
    const header = encodeSegmentHeader(new Uint8Array(16), 1)
    header[8] = 2
    new DataView(header.buffer).setUint32(60, crc32(header.subarray(0, 60)), true)
    const fs = simulatedFolder()
    fs.setBytes(FIRST_SEGMENT, header)
    await expect(inspectJournal(FOLDER, { fileSystem: fs })).rejects.toMatchObject({ code: 'LAYOUT_MISMATCH', message: expect.stringContaining('format version 2') })
  })

  it('finds damage opening does without, and says that opening does', async () => {
    const fs = await longLog(60, 20)
    const path = `${FOLDER}/checkpoint-0000000000000040.ckpt`
    flip(fs, path, 60)
    flip(fs, segmentPathOf((await inspectJournal(FOLDER, { fileSystem: fs })).segments[0]?.number as number), 200)
    const report = await inspectJournal(FOLDER, { fileSystem: fs })
    expect(report.refusal).toBeUndefined()
    expect(report.checkpoints.map(({ verifies }) => verifies)).toEqual([true, false])
    expect(report.damages).toMatchObject([{ offset: 64, isTorn: false, what: expect.stringContaining('checksum') }])
  })

  it('agrees with opening about every bit of a log, and names the place', async () => {
    for (const isClosed of [true, false]) {
      const source = simulatedFolder()
      const journal = await openInline(source)
      for (const text of ['alpha', 'a somewhat longer second record', 'gamma']) await journal.durable(logText(journal, text))
      if (isClosed) await journal.close()
      const bytes = source.bytesOf(FIRST_SEGMENT).slice()
      for (let at = 0; at < (frameEnds(bytes).at(-1) as number); at++) {
        const fs = simulatedFolder()
        fs.setBytes(FIRST_SEGMENT, bytes)
        flip(fs, FIRST_SEGMENT, at)
        const report = await inspectJournal(FOLDER, { fileSystem: fs })
        const refused = await openInline(fs.killed()).then((opened) => opened.close(), (error: unknown) => error)
        expect(report.refusal?.code, `byte ${at}`).toBe(isSymphonyError(refused) ? refused.code : undefined)
        expect(report.damages.length, `byte ${at}`).toBeGreaterThan(0)
        expect(report.damages.some(({ path, offset, bytes: length }) => path === FIRST_SEGMENT && offset <= at && at < offset + length), `byte ${at}`).toBe(true)
        if (!isSymphonyError(refused)) expect(report.damages.every(({ isTorn }) => isTorn)).toBe(true)
      }
    }
  })
})
