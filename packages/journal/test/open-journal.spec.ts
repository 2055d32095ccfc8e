import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SimulatedFileSystem } from '@symphony/conformance/simulator'
import type { Lsn } from '@symphony/interface'
import { openJournal } from '@symphony/journal'
import type { JournalInit } from '@symphony/journal'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeCheckpoint } from '../src/checkpoint-file.ts'
import { lockByFile } from '../src/folder-lock.ts'
import { createSegment } from '../src/segment-file.ts'
import { FIRST_SEGMENT, FOLDER, frameEnds, logText, openInline, replayTexts, simulatedFolder } from './log-fixtures.ts'

let base: string
beforeAll(() => void (base = mkdtempSync(join(tmpdir(), 'symphony-journal-'))))
afterAll(() => rmSync(base, { recursive: true, force: true }))

describe('what openJournal is given', () => {
  it.each([
    [{ folder: '' }, 'INVALID_ARGUMENT', 'folder'],
    [{ folder: '/x', durability: 'later' }, 'INVALID_ARGUMENT', 'durability'],
    [{ folder: '/x', writer: 'process' }, 'INVALID_ARGUMENT', 'writer'],
    [{ folder: '/x', segmentBytes: 100 }, 'INVALID_ARGUMENT', 'segmentBytes'],
    [{ folder: '/x', segmentBytes: 4096, recordBytesMax: 4096 }, 'INVALID_ARGUMENT', 'recordBytesMax'],
    [{ folder: '/x', ringBytes: 4096 }, 'INVALID_ARGUMENT', 'ringBytes'],
    [{ folder: '/x', segmentSize: 1 }, 'UNKNOWN_KEY', 'segmentSize'],
  ])('%j is refused with %s', async (init, code, key) => {
    await expect(openJournal(init as unknown as JournalInit)).rejects.toMatchObject({ code, component: 'journal', details: { key } })
  })

  it('a file system of your own needs the inline writer', async () => {
    await expect(openJournal({ folder: '/x' }, { fileSystem: new SimulatedFileSystem() })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  it('a path that is a file is refused as storage', async () => {
    const path = join(base, 'file')
    writeFileSync(path, '')
    await expect(openJournal({ folder: join(path, 'log') })).rejects.toMatchObject({ code: 'STORAGE_FAILED', component: 'journal' })
  })

  it('commands out of range are refused, and nothing is logged', async () => {
    const journal = await openInline(new SimulatedFileSystem())
    expect(() => journal.append(1, 65536, new Uint8Array(1))).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
    expect(() => journal.append(256 as 1, 1, new Uint8Array(1))).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
    expect(journal.lastLsn).toBe(0)
    await expect(journal.transact(() => journal.checkpoint([]))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await journal.close()
  })
})

describe('the lock file, where there are no abstract sockets', () => {
  it('refuses while its process lives, and is taken over when that is gone', async () => {
    const unlock = await lockByFile(base)
    await expect(lockByFile(base)).rejects.toMatchObject({ code: 'JOURNAL_LOCKED', message: expect.stringContaining(String(process.pid)) })
    await unlock()
    // Larger than any process number there can be.
    writeFileSync(join(base, 'journal.lock'), '4194999')
    await (await lockByFile(base))()
  })
})

describe('numbers', () => {
  it.each([2 ** 32 - 3, 2 ** 53 - 10])('pass %i without a scratch', async (start) => {
    const fs = simulatedFolder()
    const logId = new Uint8Array(16).fill(5)
    fs.close(createSegment(fs, FOLDER, logId, 1, 4096))
    for (const _ of writeCheckpoint(fs, FOLDER, logId, { lsn: start, sections: [] }));
    const journal = await openInline(fs)
    expect(journal.lastLsn).toBe(start)
    for (let index = 1; index <= 6; index++) expect(logText(journal, String(index))).toBe(start + index)
    await journal.durable((start + 6) as Lsn)
    expect(journal.durableLsn).toBe(start + 6)
    await journal.close()
    const { texts } = replayTexts(await openInline(fs))
    expect(texts).toEqual(Array.from({ length: 6 }, (_, index) => `${start + index + 1} ${index + 1}`))
  })

  it('pass 2^32 on the way to the writer thread and back', async () => {
    const folder = join(base, 'large')
    const { nodeFileSystem } = await import('@symphony/ports')
    nodeFileSystem.makeFolder(folder)
    const logId = new Uint8Array(16).fill(5)
    nodeFileSystem.close(createSegment(nodeFileSystem, folder, logId, 1, 1 << 20))
    for (const _ of writeCheckpoint(nodeFileSystem, folder, logId, { lsn: 2 ** 32 - 3, sections: [] }));
    await using journal = await openJournal({ folder, segmentBytes: 1 << 20 })
    for (let index = 1; index <= 6; index++) {
      await journal.durable(logText(journal, 'x'))
      expect(journal.durableLsn).toBe(2 ** 32 - 3 + index)
    }
  })
})

describe('the format', () => {
  // Version 1, byte for byte: a later release has to read this. Log id from seeded random 1.
  it('stays as it was written down', async () => {
    const fs = new SimulatedFileSystem()
    const journal = await openInline(fs)
    journal.append(3, 258, new Uint8Array([1, 2, 3]))
    journal.transact(() => {
      journal.append(1, 1, new Uint8Array(0))
      journal.append(2, 2, new Uint8Array(8).fill(9))
    })
    await journal.close()
    const bytes = fs.bytesOf(FIRST_SEGMENT)
    expect(Buffer.from(bytes.subarray(0, frameEnds(bytes).at(-1))).toString('hex').replace(/(.{64})/g, '$1\n').trim().split('\n')).toMatchInlineSnapshot(`
      [
        "53594d50484c4f470100000040000000a00087fbf7479cb86dfe747d23673f27",
        "01000000000000000000000000000000000000000000000000000000f5b3877b",
        "4800000015ab6204f5b3877b0100000001000000000000000200000000000000",
        "0301020103000000010203000000000001000100000000000201020008000000",
        "09090909090909092000000071ced2f615ab6204020000000300000000000000",
        "0000000000000000",
      ]
    `)
  })
})
