import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Journal, Lsn } from '@symphony/interface'
import { openJournal } from '@symphony/journal'
import type { JournalInit } from '@symphony/journal'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

let folder: string
beforeEach(() => void (folder = join(mkdtempSync(join(tmpdir(), 'symphony-journal-')), 'log')))
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }))

const open = (init: Partial<JournalInit> = {}): Promise<Journal> => openJournal({ folder, segmentBytes: 1 << 20, threadAfterCommits: 0, ...init })

async function sizes(): Promise<readonly number[]> {
  const journal = await open()
  const found: number[] = []
  journal.replay(({ body }) => found.push(body.length))
  await journal.close()
  return found
}

describe('the writer thread', () => {
  it('makes a caller that logs faster than the disk stand still instead of failing', async () => {
    const journal = await open({ recordBytesMax: 1024, ringBytes: 4096 })
    const expected = Array.from({ length: 5000 }, (_, index) => index % 900)
    for (const length of expected) journal.append(1, 1, new Uint8Array(length))
    await journal.close()
    expect(await sizes()).toEqual(expected)
  })

  it('is poisoned by a file it cannot force: what waits is refused, and what comes', async () => {
    const journal = await open()
    await journal.durable(journal.append(1, 1, new Uint8Array(1)))
    journal.syncBefore(1_000_000)
    const lsns = [journal.append(1, 1, new Uint8Array(2)), journal.append(1, 1, new Uint8Array(3))]
    const outcomes = await Promise.allSettled(lsns.map((lsn) => journal.durable(lsn)))
    for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'JOURNAL_POISONED', details: { durableLsn: 1 }, cause: { code: 'STORAGE_FAILED' } } })
    expect(() => journal.append(1, 1, new Uint8Array(1))).toThrow(expect.objectContaining({ code: 'JOURNAL_POISONED' }))
    expect(journal.durableLsn).toBe(1)
    await expect(journal.flush()).rejects.toMatchObject({ code: 'JOURNAL_POISONED' })
    await expect(journal.checkpoint([])).rejects.toMatchObject({ code: 'JOURNAL_POISONED' })
    await expect(journal.close()).rejects.toMatchObject({ code: 'JOURNAL_POISONED' })
    expect(await sizes()).toEqual([1])
  })

  it('says so when a caller is stuck behind a poisoned writer', async () => {
    const journal = await open({ recordBytesMax: 1024, ringBytes: 4096 })
    journal.syncBefore(1_000_000)
    const flood = (): void => {
      for (let index = 0; index < 1000; index++) journal.append(1, 1, new Uint8Array(1000))
    }
    expect(flood).toThrow(expect.objectContaining({ code: 'JOURNAL_POISONED' }))
    await expect(journal.close()).rejects.toMatchObject({ code: 'JOURNAL_POISONED' })
  })

  it('shares an fsync among callers that wait at the same time', async () => {
    const journal = await open()
    const rounds = 20
    const caller = async (): Promise<void> => {
      for (let round = 0; round < rounds; round++) await journal.durable(journal.append(1, 1, new Uint8Array(10)))
    }
    await Promise.all(Array.from({ length: 100 }, caller))
    const { commits, records, durableLsn } = journal.metrics()
    expect(records).toBe(100 * rounds)
    expect(durableLsn).toBe(100 * rounds)
    expect(commits).toBeLessThan(records / 10)
    await journal.close()
  })

  it('gets what nobody waits for at the end of the turn, and what somebody waits for before', async () => {
    const ends: (() => void)[] = []
    const journal = await openJournal({ folder, threadAfterCommits: 0 }, { turns: { later: (run) => void ends.push(run) } })
    const lsns = [1, 2, 3].map((length) => journal.append(1, 1, new Uint8Array(length)))
    await new Promise((resolve) => setImmediate(resolve))
    expect([ends.length, journal.durableLsn]).toEqual([1, 0])
    ends[0]?.()
    while (journal.durableLsn < 3) await new Promise((resolve) => setImmediate(resolve))
    expect(journal.metrics().commits).toBe(1)
    lsns.push(journal.append(1, 1, new Uint8Array(4)))
    await journal.durable(lsns[3] as Lsn)
    expect([ends.length, journal.durableLsn]).toEqual([2, 4])
    await journal.close()
    expect(await sizes()).toEqual([1, 2, 3, 4])
  })

  it('takes over the bytes of a checkpoint, and leaves shared memory and views alone', async () => {
    const journal = await open()
    journal.append(1, 1, new Uint8Array(1))
    const own = new Uint8Array(2_000_000).fill(1)
    const view = new Uint8Array(new Uint8Array(100).fill(2).buffer, 10, 50)
    const shared = new Uint8Array(new SharedArrayBuffer(64)).fill(3)
    const done = journal.checkpoint([{ component: 1, bytes: own }, { component: 2, bytes: view }, { component: 3, bytes: shared }])
    shared.fill(9)
    await done
    expect([own.length, view.length, shared.length]).toEqual([0, 50, 64])
    await journal.close()
    const again = await open()
    expect(again.checkpointSections.map(({ bytes }) => [bytes.length, bytes[0], bytes.at(-1)])).toEqual([[2_000_000, 1, 1], [50, 2, 2], [64, 3, 3]])
    await again.close()
  })

  it('ends without a trace when nothing was handed to it, whatever it was about to do', async () => {
    const journal = await open()
    await journal.durable(journal.append(1, 1, new Uint8Array(7)))
    await journal.close()
    const files = (): number => readdirSync(folder).length + (process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0)
    const before = files()
    for (let turns = 0; turns < 12; turns++) {
      const unused = await open()
      for (let turn = 0; turn < turns ** 3; turn++) await new Promise((resolve) => setImmediate(resolve))
      await unused.close()
      expect(files()).toBe(before)
    }
    expect(await sizes()).toEqual([7])
  })

  it('drops segments two checkpoints have covered', async () => {
    const journal = await open()
    for (let round = 0; round < 4; round++) {
      for (let index = 0; index < 40; index++) journal.append(1, 1, new Uint8Array(100_000))
      await journal.checkpoint([])
    }
    expect(journal.metrics().segments).toBeLessThanOrEqual(6)
    await journal.close()
    expect(await sizes()).toEqual([])
  })

  it('answers at once in the class "none", and forces on flush', async () => {
    const journal = await open({ durability: 'none' })
    const lsn = journal.append(1, 1, new Uint8Array(5))
    expect(journal.durableLsn).toBe(lsn)
    await journal.durable(lsn)
    await journal.flush()
    expect(journal.metrics().commits).toBe(1)
    await journal.close()
    expect(await sizes()).toEqual([5])
  })

  it('commits each record of the class "sync" without a turn in between', async () => {
    const journal = await open({ durability: 'sync' })
    for (let index = 1; index <= 5; index++) await journal.durable(journal.append(1, 1, new Uint8Array(index)))
    expect(journal.durableLsn).toBe(5 as Lsn)
    await journal.close()
    expect(await sizes()).toEqual([1, 2, 3, 4, 5])
  })
})
