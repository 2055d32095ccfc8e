import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import type { Journal, Lsn } from '@symphony/interface'
import { openJournal } from '@symphony/journal'
import type { JournalInit, JournalPorts } from '@symphony/journal'
import { nodeFileSystem, systemClock } from '@symphony/ports'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { COMMAND_FLAGS, commandBytes } from '../src/command-codec.ts'
import { RecordRing } from '../src/record-ring.ts'
import { encodeSegmentHeader, readSegmentHeader } from '../src/segment-file.ts'
import { SegmentWriter } from '../src/segment-writer.ts'
import { SharedWords } from '../src/shared-words.ts'
import { ThreadWriter } from '../src/thread-writer.ts'
import { frameEnds } from './log-fixtures.ts'

const SEGMENT_BYTES = 1 << 20
let folder: string
let threads: Worker[]
const noticed = (thread: Worker): void => void threads.push(thread)
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'symphony-journal-')), 'log')
  threads = []
  process.on('worker', noticed)
})
afterEach(() => {
  process.off('worker', noticed)
  rmSync(join(folder, '..'), { recursive: true, force: true })
})

const segment = (): string => join(folder, 'segment-0000000001.log')
const open = (init: Partial<JournalInit> = {}, ports: JournalPorts = {}): Promise<Journal> => openJournal({ folder, segmentBytes: SEGMENT_BYTES, ...init }, ports)
/** Commits take no time, however busy the disk of the machine is. */
const onFastDisk: JournalPorts = { clock: { ...systemClock, monotonicMs: () => 0 } }
const log = (journal: Journal, length: number): Promise<Lsn> => {
  const lsn = journal.append(1, 1, new Uint8Array(length))
  return journal.durable(lsn).then(() => lsn)
}

async function lengths(): Promise<readonly number[]> {
  const journal = await open()
  const found: number[] = []
  journal.replay(({ body }) => found.push(body.length))
  await journal.close()
  return found
}

/** Whether the log ends with the mark of an orderly close. */
function isClosed(): boolean {
  const bytes = readFileSync(segment())
  const last = frameEnds(bytes).at(-2) ?? 64
  return bytes.readUInt16LE(last + 12) === 2
}

it('no thread is started for a few records', async () => {
  const journal = await open({}, onFastDisk)
  for (let length = 1; length <= 3; length++) await log(journal, length)
  await journal.checkpoint([])
  await journal.close()
  expect(threads).toEqual([])
  expect(await lengths()).toEqual([])
})

it('what nobody waits for is written all the same', async () => {
  const journal = await open()
  journal.append(1, 1, new Uint8Array(1))
  while (journal.durableLsn < 1) await new Promise((resolve) => setImmediate(resolve))
  await journal.close()
})

it('the thread goes on where the caller has stopped', async () => {
  const journal = await open({ threadAfterCommits: 3 }, onFastDisk)
  const logged: number[] = []
  for (let length = 1; threads.length === 0; length++) logged.push(await log(journal, length))
  expect(logged.length).toBe(3)
  // Until then the caller goes on. Only the thread fills the file ahead of the log, in quiet moments.
  while (statSync(segment()).blocks * 512 < SEGMENT_BYTES) {
    logged.push(await log(journal, logged.length + 1))
    await setTimeout(10)
  }
  for (let count = 0; count < 10; count++) logged.push(await log(journal, logged.length + 1))
  expect(threads.length).toBe(1)
  const { commits, records, bytes } = journal.metrics()
  expect([commits, records]).toEqual([logged.length, logged.length])
  await journal.close()
  expect(await lengths()).toEqual(logged.map((_, index) => index + 1))
  const ends = frameEnds(readFileSync(segment()))
  expect(bytes).toBe((ends.at(-2) as number) - 64)
  expect(isClosed()).toBe(true)
})

it.each([1, 2, 3])('a journal that is closed while its thread starts, after %i commits, is whole', async (count) => {
  const journal = await open({ threadAfterCommits: 1 })
  for (let length = 1; length <= count; length++) await log(journal, length)
  journal.append(1, 1, new Uint8Array(count + 1))
  await journal.close()
  expect(threads.length).toBe(1)
  expect(isClosed()).toBe(true)
  expect(await lengths()).toEqual(Array.from({ length: count + 1 }, (_, index) => index + 1))
})

it.each([0, 1])('a thread that took over and is closed before it got more than the %i records that waited leaves all of it, and the closing mark', async (waiting) => {
  await (await open()).close()
  const { logId } = readSegmentHeader(nodeFileSystem, folder, 1)
  const chain = new DataView(encodeSegmentHeader(logId, 1).buffer).getUint32(60, true)
  const options = { folder, segmentBytes: SEGMENT_BYTES, recordBytesMax: 1024, isSynced: true }
  const shared = new SharedWords()
  const ring = RecordRing.create(shared.words, 1 << 14)
  const publish = (length: number): void => {
    ring.put(ring.reserve(commandBytes(length)), 1, COMMAND_FLAGS.last, 1, new Uint8Array(length))
    ring.seal()
    ring.publish()
  }
  const caller = new SegmentWriter(nodeFileSystem, options, { logId, segment: 1, offset: 64, chain, nextLsn: 1, sealed: [], hasNext: false, checkpoints: [] })
  publish(1)
  caller.commit(ring)
  const thread = new ThreadWriter(options, { shared, ring }, () => {})
  await thread.started
  for (let count = 0; count < waiting; count++) publish(2)
  thread.begin(caller.handOver())
  await thread.close()
  expect(isClosed()).toBe(true)
  expect(await lengths()).toEqual([1, 2].slice(0, waiting + 1))
})

it('much to write starts the thread at once', async () => {
  const journal = await open({ segmentBytes: 1 << 22 })
  await Promise.all([log(journal, 600_000), log(journal, 600_000)])
  await log(journal, 1)
  expect(threads.length).toBe(1)
  await journal.close()
})

it('the thread goes on for a caller that does not end its turn', async () => {
  const journal = await open({ threadAfterCommits: 1, durability: 'sync' })
  await log(journal, 1)
  const pause = new Int32Array(new SharedArrayBuffer(4))
  let count = 1
  // So few bytes the caller does not commit within its turn: only somebody else can make them durable.
  for (; journal.durableLsn < 2 && count < 6_000; count++) {
    journal.append(1, 1, new Uint8Array(1))
    Atomics.wait(pause, 0, 0, 10)
  }
  expect(journal.durableLsn).toBeGreaterThan(1)
  await journal.close()
  expect(await lengths()).toEqual(Array.from({ length: count }, () => 1))
})

it('a slow disk starts the thread at once', async () => {
  let nowMs = 0
  const journal = await open({}, { clock: { ...systemClock, monotonicMs: () => (nowMs += 30) } })
  await log(journal, 1)
  await new Promise((resolve) => setImmediate(resolve))
  expect(threads.length).toBe(1)
  await journal.close()
})

it('a large state has its thread from the beginning', async () => {
  const journal = await open({}, onFastDisk)
  await log(journal, 1)
  await journal.checkpoint([{ component: 1, bytes: new Uint8Array(5_000_000) }])
  await journal.close()
  expect(threads.length).toBe(0)
  await (await open()).close()
  expect(threads.length).toBe(1)
})

it('is poisoned by a file it cannot force before there is a thread: what waits is refused, and what comes', async () => {
  const journal = await open({}, onFastDisk)
  await log(journal, 1)
  journal.syncBefore(1_000_000)
  await expect(log(journal, 2)).rejects.toMatchObject({ code: 'JOURNAL_POISONED', details: { durableLsn: 1 }, cause: { code: 'STORAGE_FAILED' } })
  expect(() => journal.append(1, 1, new Uint8Array(1))).toThrow(expect.objectContaining({ code: 'JOURNAL_POISONED' }))
  await expect(journal.close()).rejects.toMatchObject({ code: 'JOURNAL_POISONED' })
  expect(threads).toEqual([])
  expect(await lengths()).toEqual([1])
})
