import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SimulatedFileSystem } from '@symphony/conformance/simulator'
import type { FileSystem, Journal } from '@symphony/interface'
import { isFolderOpen, openJournal } from '@symphony/journal'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FIRST_SEGMENT, FOLDER, frameEnds, logText, openInline, replayTexts } from './log-fixtures.ts'

const openReader = (fs: FileSystem, folder = FOLDER): Promise<Journal> => openJournal({ folder, readOnly: true }, { fileSystem: fs })

async function written(texts: readonly string[]): Promise<{ fs: SimulatedFileSystem; writer: Journal }> {
  const fs = new SimulatedFileSystem()
  const writer = await openInline(fs)
  for (const text of texts) await writer.durable(logText(writer, text))
  return { fs, writer }
}

describe('a journal opened for reading only', () => {
  it('reads beside a living writer, changes nothing, and leaves no file open', async () => {
    const { fs, writer } = await written(['a', 'b'])
    const { operations, openFiles } = fs
    const reader = await openReader(fs)
    expect(reader.lastLsn).toBe(2)
    await writer.durable(logText(writer, 'later'))
    const byWriter = fs.operations
    expect(byWriter).toBeGreaterThan(operations)
    expect(replayTexts(reader).texts).toEqual(['1 a', '2 b'])
    await reader.close()
    expect([fs.operations, fs.openFiles]).toEqual([byWriter, openFiles])
    expect(replayTexts(await openReader(fs)).texts).toEqual(['1 a', '2 b', '3 later'])
    await writer.close()
  })

  it('still reads what the writer drops behind a checkpoint after the opening', async () => {
    const { fs, writer } = await written(Array.from({ length: 300 }, (_, index) => `record ${index} ${'x'.repeat(60)}`))
    const reader = await openReader(fs)
    const before = fs.list(FOLDER)
    for (let round = 0; round < 2; round++) {
      await writer.checkpoint([{ component: 1, bytes: new Uint8Array([round]) }])
      await writer.durable(logText(writer, 'between'))
    }
    expect(before.filter((name) => !fs.list(FOLDER).includes(name)).length).toBeGreaterThan(0)
    expect(replayTexts(reader).texts.length).toBe(300)
    const after = await openReader(fs)
    expect(after.checkpointSections).toEqual([{ component: 1, bytes: new Uint8Array([1]) }])
    expect(replayTexts(after).texts).toEqual([expect.stringContaining('between')])
    await writer.close()
  })

  it('leaves the trace of an interrupted write to whoever opens it for writing', async () => {
    const { fs, writer } = await written(['a', 'b'])
    await writer.close()
    const bytes = fs.bytesOf(FIRST_SEGMENT).slice()
    const ends = frameEnds(bytes)
    // The frame of "b" and everything behind it, but for its first bytes.
    const from = ends[0] as number
    bytes.fill(0, from + 20)
    fs.setBytes(FIRST_SEGMENT, bytes)
    const { operations } = fs
    const { texts, tornBytes } = replayTexts(await openReader(fs))
    expect([texts, tornBytes > 0, fs.operations]).toEqual([['1 a'], true, operations])
    expect(fs.bytesOf(FIRST_SEGMENT)).toEqual(bytes)
    const next = await openInline(fs)
    expect(replayTexts(next)).toEqual({ texts: ['1 a'], tornBytes })
    await next.close()
  })

  it('looks again when a file goes away in the moment of looking, and gives up on what stays damaged', async () => {
    const { fs, writer } = await written(['a'])
    await writer.close()
    let misses = 2
    const moving = new Proxy(fs, {
      get(target, key) {
        const value = Reflect.get(target, key) as unknown
        if (key !== 'list') return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value
        return (path: string) => (misses-- > 0 ? [...target.list(path), 'segment-0000000002.log'] : target.list(path))
      },
    })
    expect(replayTexts(await openReader(moving)).texts).toEqual(['1 a'])
    misses = Infinity
    await expect(openReader(moving)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('refuses to write, and says how to', async () => {
    const { fs, writer } = await written(['a'])
    await writer.close()
    const reader = await openReader(fs)
    expect(() => logText(reader, 'no')).toThrow(expect.objectContaining({ code: 'NOT_SUPPORTED', message: expect.stringContaining('without readOnly') }))
    await expect(reader.checkpoint([])).rejects.toMatchObject({ code: 'NOT_SUPPORTED' })
    await expect(reader.durable(reader.lastLsn)).resolves.toBeUndefined()
    replayTexts(reader)
    expect(() => replayTexts(reader)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  })

  it('begins no log where there is none', async () => {
    const fs = new SimulatedFileSystem()
    await expect(openReader(fs)).rejects.toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining(FOLDER) })
    expect(fs.operations).toBe(0)
    await expect(openJournal({ folder: FOLDER, readOnly: 1 as unknown as boolean })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', details: { key: 'readOnly' } })
  })
})

describe('on the disk, beside a writer thread', () => {
  let folder = ''
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'symphony-read-'))))
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('reads every acknowledged record, and knows whether somebody writes', async () => {
    expect(isFolderOpen(folder)).toBe(false)
    const writer = await openJournal({ folder, segmentBytes: 64 * 1024 })
    expect(isFolderOpen(folder)).toBe(true)
    for (let round = 0; round < 20; round++) {
      for (let index = 0; index < 200; index++) logText(writer, `${round} ${'y'.repeat(100)}`)
      await writer.flush()
      for (let index = 0; index < 200; index++) logText(writer, `${round} ${'z'.repeat(100)}`)
      const acknowledged = writer.durableLsn
      await using reader = await openJournal({ folder, readOnly: true })
      expect(replayTexts(reader).texts.length).toBeGreaterThanOrEqual(acknowledged)
    }
    await writer.close()
    expect(isFolderOpen(folder)).toBe(false)
    const content = (): unknown => readdirSync(folder).map((name) => [name, readFileSync(join(folder, name)).length])
    const before = content()
    await using reader = await openJournal({ folder, readOnly: true })
    expect([replayTexts(reader).texts.length, content()]).toEqual([8000, before])
  })
})
