import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SimulatedFileSystem } from '@symphony/conformance/simulator'
import { SymphonyError } from '@symphony/interface'
import type { FileSystem, Journal } from '@symphony/interface'
import { openJournal } from '@symphony/journal'
import { filesWithReserve, nodeFileSystem, SpaceReserve } from '@symphony/ports'
import { describe, expect, it, onTestFinished } from 'vitest'
import { FIRST_SEGMENT, FOLDER, logText, openInline, replayTexts, simulatedFolder } from './log-fixtures.ts'

const RESERVE = '/state/reserve'

/** A disk on which the files of a memory have so many bytes of room. Sparse ends cost nothing, as on a real one. */
function tight(inner: SimulatedFileSystem, roomBytes: number): FileSystem {
  const written = new Map<string, number>()
  const paths = new Map<number, string>()
  const used = (): number => [...written].reduce((sum, [path, bytes]) => sum + (inner.stat(path) === undefined ? 0 : bytes), 0)
  return {
    open(path, mode) {
      const file = inner.open(path, mode)
      paths.set(file, path)
      if (mode === 'wx+') written.set(path, 0)
      return file
    },
    write(file, bytes, position) {
      const path = paths.get(file) as string
      const before = written.get(path) ?? 0
      const after = Math.max(before, position + bytes.length)
      if (used() + after - before > roomBytes) throw new SymphonyError({ code: 'STORAGE_FULL', component: 'disk', message: 'No room.' })
      written.set(path, after)
      inner.write(file, bytes, position)
    },
    rename(from, to) {
      inner.rename(from, to)
      written.set(to, written.get(from) ?? 0)
    },
    close: (file) => inner.close(file),
    read: (file, into, position) => inner.read(file, into, position),
    syncData: (file) => inner.syncData(file),
    syncFolder: (path) => inner.syncFolder(path),
    truncate: (file, bytes) => inner.truncate(file, bytes),
    remove: (path) => inner.remove(path),
    makeFolder: (path) => inner.makeFolder(path),
    list: (path) => inner.list(path),
    stat: (path) => inner.stat(path),
  }
}

async function logUntilPoisoned(journal: Journal, text: string): Promise<number> {
  for (;;) {
    try {
      await journal.durable(logText(journal, text))
    } catch (error) {
      expect(error).toMatchObject({ code: 'JOURNAL_POISONED', details: { storageCode: 'STORAGE_FULL' } })
      await journal.close().catch(() => {})
      return journal.durableLsn
    }
  }
}

describe('a reserve for the day the disk is full', () => {
  it('is held or not there, never half', () => {
    const memory = simulatedFolder()
    const disk = tight(memory, 3_000_000)
    const large = new SpaceReserve(disk, RESERVE, 4_000_000)
    expect([large.fill(), large.isHeld(), memory.stat(RESERVE)]).toEqual([false, false, undefined])
    const fitting = new SpaceReserve(disk, RESERVE, 2_500_000)
    expect([fitting.fill(), fitting.isHeld(), memory.stat(RESERVE)?.sizeBytes]).toEqual([true, true, 2_500_000])
    expect([fitting.fill(), memory.openFiles]).toEqual([true, 0])
    expect([fitting.release(), fitting.isHeld(), fitting.release()]).toEqual([true, false, false])
  })

  it('is given to a write that finds no room, once, and to nothing else', () => {
    const memory = simulatedFolder()
    const disk = tight(memory, 10_000)
    new SpaceReserve(disk, RESERVE, 4000).fill()
    const files = filesWithReserve(disk, RESERVE)
    const file = files.open('/state/a', 'wx+')
    files.write(file, new Uint8Array(6000), 0)
    expect(memory.stat(RESERVE)).toBeDefined()
    files.write(file, new Uint8Array(3000), 6000)
    expect([memory.stat(RESERVE), memory.stat('/state/a')?.sizeBytes]).toEqual([undefined, 9000])
    expect(() => files.write(file, new Uint8Array(3000), 9000)).toThrow(expect.objectContaining({ code: 'STORAGE_FULL' }))
    new SpaceReserve(disk, RESERVE, 500).fill()
    memory.arm({ failures: [{ operation: 'sync', at: 1, code: 'STORAGE_FULL' }] })
    expect(() => files.syncData(file)).toThrow(expect.objectContaining({ code: 'STORAGE_FULL' }))
    expect(memory.stat(RESERVE)).toBeDefined()
  })

  it('lets the log go on for as long as it lasts, and what was acknowledged is there afterwards', async () => {
    const bodies: number[] = []
    for (const reserveBytes of [0, 6000]) {
      const memory = simulatedFolder()
      const disk = tight(memory, 9000)
      if (reserveBytes > 0) new SpaceReserve(disk, RESERVE, reserveBytes).fill()
      const journal = await openInline(disk, { reservePath: RESERVE })
      const acknowledged = await logUntilPoisoned(journal, 'x'.repeat(300))
      const again = await openInline(memory.powerCut())
      expect(replayTexts(again).texts).toHaveLength(acknowledged)
      bodies.push(acknowledged)
    }
    // As much as without: the reserve came out of the same disk.
    expect(bodies[0]).toBeGreaterThan(20)
    expect(bodies[1]).toBe(bodies[0])
  })

  it('is not touched by a checkpoint, which the log can do without', async () => {
    const memory = simulatedFolder()
    const disk = tight(memory, 9000)
    new SpaceReserve(disk, RESERVE, 4000).fill()
    const journal = await openInline(disk, { reservePath: RESERVE })
    logText(journal, 'a')
    await expect(journal.checkpoint([{ component: 1, bytes: new Uint8Array(8000) }])).rejects.toMatchObject({ code: 'STORAGE_FULL' })
    expect(memory.stat(RESERVE)).toBeDefined()
    await journal.durable(logText(journal, 'b'))
    expect(memory.bytesOf(FIRST_SEGMENT).length).toBeGreaterThan(0)
  })

  it('refuses a path that is none', async () => {
    await expect(openJournal({ folder: FOLDER, reservePath: '' })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', details: { key: 'reservePath' } })
  })

  it.skipIf(!mayMount())('on a real disk that fills, with the writer thread (needs root and tmpfs)', async () => {
    const disk = mountedTmpfs('3m')
    const reserve = new SpaceReserve(nodeFileSystem, join(disk, 'reserve'), 1024 * 1024)
    expect(reserve.fill()).toBe(true)
    // Before the thread has a quiet moment, in which it would take the room for what it fills ahead.
    writeFileSync(join(disk, 'others'), new Uint8Array(2 * 1024 * 1024 - 200_000))
    const folder = join(disk, 'journal')
    const journal = await openJournal({ folder, reservePath: join(disk, 'reserve'), threadAfterCommits: 0, segmentBytes: 4 * 1024 * 1024, recordBytesMax: 65_536 })
    await journal.durable(logText(journal, 'first'))
    let whileHeld = 0
    for (; reserve.isHeld(); whileHeld++) await journal.durable(logText(journal, 'y'.repeat(20_000)))
    // Found no room, took the reserve, and was acknowledged all the same.
    const acknowledged = await logUntilPoisoned(journal, 'z'.repeat(20_000))
    expect(acknowledged).toBeGreaterThan(whileHeld + 20)
    rmSync(join(disk, 'others'))
    const again = await openJournal({ folder, reservePath: join(disk, 'reserve') })
    expect(replayTexts(again).texts.length).toBeGreaterThanOrEqual(acknowledged)
    expect(reserve.fill()).toBe(true)
    await again.durable(logText(again, 'goes on'))
    await again.close()
    expect(statSync(join(disk, 'reserve')).size).toBe(1024 * 1024)
  })
})

function mayMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  const folder = mkdtempSync(join(tmpdir(), 'symphony-mount-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'ignore' })
    execFileSync('umount', [folder], { stdio: 'ignore' })
    return true
  } catch {
    return false
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function mountedTmpfs(size: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'symphony-full-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder])
  onTestFinished(() => {
    execFileSync('umount', ['-l', folder])
    rmSync(folder, { recursive: true, force: true })
  })
  return folder
}
