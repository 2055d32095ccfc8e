import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { openJournal } from '@symphony/journal'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const fixture = fileURLToPath(new URL('./fixtures/journal-process-entry.ts', import.meta.url))
let base: string
beforeAll(() => void (base = mkdtempSync(join(tmpdir(), 'symphony-journal-'))))
afterAll(() => rmSync(base, { recursive: true, force: true }))

function start(folder: string, mode: string): ChildProcess {
  return spawn(process.execPath, ['--conditions=@symphony/source', fixture, folder, mode], { stdio: ['ignore', 'pipe', 'inherit'] })
}

const ended = (child: ChildProcess): Promise<number | null> => new Promise((resolve) => child.once('exit', (code) => resolve(code)))

async function linesOf(child: ChildProcess, onLine: (line: string) => void = () => {}): Promise<readonly string[]> {
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout as NonNullable<ChildProcess['stdout']> })) {
    lines.push(line)
    onLine(line)
  }
  return lines
}

/** Opens the folder and checks that it holds whole pairs, numbered without a gap; returns the last number. */
async function lastWholeRecord(folder: string): Promise<number> {
  const journal = await openJournal({ folder, segmentBytes: 1 << 20 })
  const section = journal.checkpointSections[0]
  const from = section === undefined ? 0 : Number(new TextDecoder().decode(section.bytes))
  const seen: string[] = []
  const { commands } = journal.replay(({ lsn, type, body }) => seen.push(`${lsn} ${type} ${new TextDecoder().decode(body)}`))
  expect(seen).toEqual(Array.from({ length: commands }, (_, at) => from + 1 + (at >> 1)).map((lsn, at) => `${lsn} ${(at % 2) + 1} ${at % 2 === 0 ? 'first' : 'second'} of ${lsn}`))
  const { lastLsn } = journal
  await journal.close()
  return lastLsn
}

describe('a process that is killed while it appends', () => {
  it('has lost nothing it was told to be durable, again and again in the same folder', async () => {
    const folder = join(base, 'killed')
    let acknowledged = 0
    for (const wanted of [3, 60, 130]) {
      const child = start(folder, 'append')
      const exit = ended(child)
      let count = 0
      const lines = await linesOf(child, () => void (++count === wanted && child.kill('SIGKILL')))
      await exit
      expect(lines.length).toBeGreaterThanOrEqual(wanted)
      acknowledged = Math.max(...lines.map(Number))
      expect(await lastWholeRecord(folder)).toBeGreaterThanOrEqual(acknowledged)
    }
    expect(acknowledged).toBeGreaterThan(1000)
  })

  it('holds the folder while it lives, and not a moment longer', async () => {
    const folder = join(base, 'locked')
    const child = start(folder, 'append')
    const exit = ended(child)
    let refusal: Promise<unknown> | undefined
    await linesOf(child, () => {
      refusal ??= openJournal({ folder })
        .catch((error: unknown) => error)
        .finally(() => child.kill('SIGKILL'))
    })
    expect(await refusal).toMatchObject({ code: 'JOURNAL_LOCKED', retryable: true, message: expect.stringContaining(folder) })
    await exit
    await (await openJournal({ folder })).close()
  })
})

describe('processes of one cluster', () => {
  it('do not share a folder, although they share what they listen on', async () => {
    const cluster = fileURLToPath(new URL('./fixtures/cluster-entry.ts', import.meta.url))
    const child = spawn(process.execPath, ['--conditions=@symphony/source', cluster, join(base, 'cluster')], { stdio: ['ignore', 'pipe', 'inherit'] })
    expect(await linesOf(child)).toEqual(['JOURNAL_LOCKED open'])
  })
})

describe('a process that ends without a close', () => {
  it('waits for the promises that are open', async () => {
    const folder = join(base, 'pending')
    const child = start(folder, 'pending')
    const exit = ended(child)
    expect(await linesOf(child)).toEqual(['durable 1'])
    expect(await exit).toBe(0)
    expect(await lastWholeRecord(folder)).toBe(1)
  })

  it('is not kept alive by a journal that is merely open', async () => {
    const child = start(join(base, 'idle'), 'idle')
    const exit = ended(child)
    expect(await linesOf(child)).toEqual(['open'])
    expect(await exit).toBe(0)
  })

  it('is not kept alive by a journal nobody waits for, and keeps what was acknowledged', async () => {
    const folder = join(base, 'silent')
    const child = start(folder, 'silent')
    const exit = ended(child)
    expect(await linesOf(child)).toEqual(['durable 1'])
    expect(await exit).toBe(0)
    expect(await lastWholeRecord(folder)).toBe(1)
  })
})
