import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createArtifactStore } from '@symphony/artifacts'
import type { ArtifactsInit, LocalArtifactStore } from '@symphony/artifacts'
import type { ArtifactRef } from '@symphony/interface'
import { SymphonyError } from '@symphony/interface'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { faultyFileSystem } from './faulty-file-system.ts'
import type { FaultyFileSystem } from './faulty-file-system.ts'
import { RecordingLog } from './recording-log.ts'

let folder: string
let log: RecordingLog
let fileSystem: FaultyFileSystem
const open: LocalArtifactStore[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'artifacts-folder-'))
  log = new RecordingLog()
  fileSystem = faultyFileSystem(log.trace)
})
afterEach(async () => {
  for (const store of open.splice(0)) await store.close()
  expect([...fileSystem.opened]).toEqual([])
  rmSync(folder, { recursive: true })
})

function reopened(init: ArtifactsInit = {}): LocalArtifactStore {
  const store = createArtifactStore({ folder, largeBytes: 1000, artifactsMax: 64, ...init }, { log, fileSystem })
  open.push(store)
  for (const { type, body, lsn } of log.commands) store.applyCommand(type, body, lsn)
  store.afterRecovery()
  return store
}

const failure = (code: string): Error => expect.objectContaining({ code }) as Error

async function* twoChunks(): AsyncGenerator<Uint8Array, void, undefined> {
  yield Buffer.alloc(800, 1)
  yield Buffer.alloc(800, 2)
}

/** What a store has in its folder, without the empty folders. */
function files(): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map(({ name }) => name).sort()
}

it('files are forced before the record that speaks of them', () => {
  const store = reopened()
  log.trace.length = 0
  store.put('small')
  store.put('smaller')
  store.put('l'.repeat(2000))
  store.tag(store.put('small'), { a: 'b' })
  // A new pack and its folder; the pack again, by the log; a large content, its place and the folder above; nothing for a tag.
  expect(log.trace.map((entry) => entry.replace(/^sync \d+/, 'sync by the log'))).toEqual([
    'syncFolder', 'sync by the log', 'record 1', 'sync by the log', 'record 1', 'syncFolder', 'syncData', 'rename', 'syncFolder', 'record 1', 'record 2',
  ])
})

it.each([['a small content', 'small'], ['a content in two writes', 'x'.repeat(70_000)], ['a large content', 'l'.repeat(200_000)]])(
  'a full disk refuses %s and takes it when there is room again',
  (_, text) => {
    const store = reopened({ largeBytes: 100_000 })
    const before = store.put('before')
    const commands = log.commands.length
    for (const freeBytes of [0, 5, 45, text.length]) {
      fileSystem.freeBytes = freeBytes
      if (text.length + 40 <= freeBytes || (text.length > 100_000 && text.length <= freeBytes)) continue
      expect(() => store.put(text)).toThrow(failure('STORAGE_FULL'))
      expect(store.metrics().artifacts).toBe(1)
      expect(store.getText(before)).toBe('before')
    }
    expect(log.commands.length).toBe(commands)
    expect(store.health()).toMatchObject({ status: 'degraded', reasons: [expect.stringContaining('STORAGE_FULL')] })
    fileSystem.freeBytes = Infinity
    const ref = store.put(text)
    const after = store.put('after')
    expect(store.health().status).toBe('healthy')
    expect(readdirSync(join(folder, 'tmp'))).toEqual([])
    const again = reopened()
    for (const [put, expected] of [[before, 'before'], [ref, text], [after, 'after']] as const) expect(again.getText(put)).toBe(expected)
  },
)

it('a full disk ends a stream without a trace', async () => {
  const store = reopened()
  fileSystem.freeBytes = 1000
  await expect(store.putStream(twoChunks())).rejects.toThrow(failure('STORAGE_FULL'))
  expect(store.metrics().artifacts).toBe(0)
  expect(files()).toEqual([])
  fileSystem.freeBytes = Infinity
  const ref = await store.putStream(twoChunks())
  expect(store.get(ref).length).toBe(1600)
})

it('a stream in the middle is nowhere to be seen, and a store that ends there leaves nothing for the next', async () => {
  const store = reopened()
  let goOn: (() => void) | undefined
  let reached: (() => void) | undefined
  const isMidway = new Promise<void>((resolve) => {
    reached = resolve
  })
  const slow = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    yield* twoChunks()
    reached?.()
    await new Promise<void>((resolve) => {
      goOn = resolve
    })
    yield Buffer.alloc(10)
  }
  const put = store.putStream(slow())
  const refused = expect(put).rejects.toThrow(failure('CLOSED'))
  await isMidway
  expect(readdirSync(join(folder, 'tmp')).length).toBe(1)
  expect([...store.refs()]).toEqual([])
  await store.close()
  goOn?.()
  await refused
  expect(files()).toEqual([])
})

it('what an earlier process left unfinished is removed at the start', () => {
  reopened()
  writeFileSync(join(folder, 'tmp', '17'), 'half a content')
  reopened()
  expect(files()).toEqual([])
})

it('a log that fails leaves the store as it was', () => {
  const store = reopened()
  const kept = store.put('kept')
  log.failure = new SymphonyError({ code: 'JOURNAL_POISONED', component: 'journal', message: 'An fsync failed; nothing more is acknowledged.' })
  const before = store.snapshot()
  const changes: readonly (() => unknown)[] = [
    () => store.put('new'), () => store.put('l'.repeat(2000)), () => store.put('kept', { tags: { a: 'b' } }), () => store.tag(kept, { a: 'b' }), () => store.pin(kept),
    () => store.delete(kept), () => store.remember('key', [kept]),
  ]
  for (const change of changes) expect(change).toThrow(failure('JOURNAL_POISONED'))
  expect(Buffer.compare(store.snapshot(), before)).toBe(0)
  expect(store.getText(kept)).toBe('kept')
  log.failure = undefined
})

it('a large file goes when its deletion is durable, and not if its content came back meanwhile', async () => {
  const store = reopened()
  log.isHeld = true
  const [gone, back] = [store.put('g'.repeat(2000)), store.put('b'.repeat(2000))]
  store.delete(gone)
  store.delete(back)
  store.put('b'.repeat(2000))
  await Promise.resolve()
  expect(files()).toEqual([gone, back].sort())
  log.commit()
  await Promise.resolve()
  await Promise.resolve()
  expect(files()).toEqual([back])
  expect(store.getText(back)).toBe('b'.repeat(2000))
  log.isHeld = false
})

it('a large file whose deletion was replayed goes after recovery', async () => {
  const store = reopened()
  const [gone, back] = [store.put('g'.repeat(2000)), store.put('b'.repeat(2000))]
  log.isHeld = true
  store.delete(gone)
  store.delete(back)
  store.put('b'.repeat(2000))
  // The end of a process: nothing it was waiting for happens any more.
  const closed = store.close()
  expect(files()).toEqual([gone, back].sort())
  const next = reopened()
  log.commit()
  log.isHeld = false
  await closed
  await Promise.resolve()
  expect(files()).toEqual([back])
  expect(next.getText(back)).toBe('b'.repeat(2000))
})

it('a full pack is followed by another, and one in which nothing lives is removed', async () => {
  const store = reopened({ packBytesMax: 300 })
  const refs = Array.from({ length: 9 }, (_, index) => store.put(String(index).repeat(50)))
  expect(files()).toEqual(['000001.pack', '000002.pack', '000003.pack'])
  for (const ref of refs.slice(3, 6)) store.delete(ref)
  await Promise.resolve()
  await Promise.resolve()
  expect(files()).toEqual(['000001.pack', '000003.pack'])
  for (const ref of refs.slice(6)) store.delete(ref)
  await Promise.resolve()
  // The last one is still written to.
  expect(files()).toEqual(['000001.pack', '000003.pack'])
  const again = reopened({ packBytesMax: 300 })
  expect([...again.refs()]).toEqual(refs.slice(0, 3))
  const ref = again.put('next')
  expect(again.getText(ref)).toBe('next')
})

it('a file the log may still have to force stays open to the end, and takes no space', async () => {
  const store = reopened({ packBytesMax: 300 })
  const refs = Array.from({ length: 9 }, (_, index) => store.put(String(index).repeat(50)))
  expect(fileSystem.opened.size).toBe(3)
  const truncated = fileSystem.calls['truncate'] ?? 0
  for (const ref of refs.slice(0, 6)) store.delete(ref)
  await Promise.resolve()
  await Promise.resolve()
  expect(files()).toEqual(['000003.pack'])
  expect(fileSystem.opened.size).toBe(3)
  expect(fileSystem.calls['truncate']).toBe(truncated + 2)
})

it('a device that fails refuses a large content and leaves nothing of it', () => {
  const store = reopened()
  const failing = new SymphonyError({ code: 'STORAGE_FAILED', component: 'file-system', message: 'Could not force data to the disk: EIO.' })
  const { syncData } = fileSystem
  fileSystem.syncData = () => {
    throw failing
  }
  expect(() => store.put('l'.repeat(2000))).toThrow(failing)
  expect(files()).toEqual([])
  fileSystem.syncData = syncData
  expect(store.getText(store.put('l'.repeat(2000)))).toBe('l'.repeat(2000))
})

it('a process that ends without a word leaves zeros behind, and the next one writes there', () => {
  const pack = join(folder, 'packs', '000001.pack')
  const ended = reopened()
  const one = ended.put('one')
  const sizeBytes = statSync(pack).size
  expect(sizeBytes).toBeGreaterThan(100_000)
  const next = reopened()
  const two = next.put('two')
  expect(readFileSync(pack).indexOf('two')).toBe(48 + 40)
  expect([next.getText(one), next.getText(two)]).toEqual(['one', 'two'])
})

it('a store that closes leaves no zeros', async () => {
  const store = reopened()
  store.put('1234')
  await store.close()
  expect(statSync(join(folder, 'packs', '000001.pack')).size).toBe(48)
})

it('without a log a folder forgets with its process, but loses nothing to the next', async () => {
  const first = createArtifactStore({ folder, artifactsMax: 64 })
  const ref = first.put('mine')
  await first.close()
  const second = createArtifactStore({ folder, artifactsMax: 64 })
  expect(second.supports.features['persistence']).toBe(false)
  expect(second.has(ref)).toBe(false)
  const other = second.put('other')
  expect(await second.salvage()).toBe(1)
  expect([second.getText(ref), second.getText(other)]).toEqual(['mine', 'other'])
  await second.close()
})

it('the cache stays within its bounds and answers without the disk', () => {
  const store = reopened({ cacheBytesMax: 1024 * 1024, largeBytes: 100_000 })
  const refs = Array.from({ length: 60 }, (_, index) => store.put(new Uint8Array(index % 2 === 0 ? 5_000 : 50_000).fill(index + 1)))
  expect(store.metrics().cachedBytes).toBeLessThanOrEqual(1024 * 1024)
  expect(store.metrics().cachedBytes).toBeGreaterThan(0)
  for (const [index, ref] of refs.entries()) expect(store.get(ref)[0]).toBe(index + 1)
  expect(store.metrics().cachedBytes).toBeLessThanOrEqual(1024 * 1024)
  const last = refs.slice(-2)
  const reads = fileSystem.calls['read']
  for (const ref of last) store.get(ref)
  expect(fileSystem.calls['read']).toBe(reads)
  const { cacheHits, cacheMisses } = store.metrics()
  expect(cacheHits + cacheMisses).toBe(62)
})

it('a folder that cannot be made is told about', () => {
  writeFileSync(join(folder, 'file'), '')
  expect(() => createArtifactStore({ folder: join(folder, 'file') })).toThrow(SymphonyError)
  expect(existsSync(join(folder, 'file'))).toBe(true)
  expect(() => createArtifactStore({ cacheBytes: 1 } as ArtifactsInit)).toThrow(failure('UNKNOWN_KEY'))
  expect(() => createArtifactStore({ artifactsMax: 0 })).toThrow(failure('INVALID_ARGUMENT'))
})

it('a full table refuses before it writes', () => {
  const store = reopened({ artifactsMax: 2 })
  store.put('1')
  store.put('2')
  const before = fileSystem.calls['write']
  expect(() => store.put('3')).toThrow(failure('CAPACITY_EXCEEDED'))
  expect(fileSystem.calls['write']).toBe(before)
  store.put('2', { tags: { a: 'b' } })
  expect(store.health().status).toBe('degraded')
  store.delete([...store.refs()][0] as ArtifactRef)
  store.put('3')
})

it('a store that only reads finds everything, changes nothing, and takes nothing new', async () => {
  const store = reopened()
  const [small, large, gone] = [store.put('small'), store.put('l'.repeat(2000)), store.put('g'.repeat(2000))]
  writeFileSync(join(folder, 'tmp', 'interrupted'), 'x')
  const before = files()
  const reader = createArtifactStore({ folder, readOnly: true, largeBytes: 1000, artifactsMax: 64 }, { fileSystem })
  open.push(reader)
  for (const { type, body, lsn } of log.commands) reader.applyCommand(type, body, lsn)
  reader.afterRecovery()
  expect([reader.getText(small), reader.get(large).length]).toEqual(['small', 2000])
  for await (const ref of reader.verify()) expect(ref).toBe('intact')
  expect(() => reader.put('new')).toThrow(failure('NOT_SUPPORTED'))
  expect(() => reader.put('n'.repeat(2000))).toThrow(failure('NOT_SUPPORTED'))
  expect(reader.delete(gone)).toBe(true)
  expect(files()).toEqual(before)
  const empty = join(folder, 'nowhere')
  open.push(createArtifactStore({ folder: empty, readOnly: true }, { fileSystem }))
  expect(existsSync(empty)).toBe(false)
  expect(() => createArtifactStore({ readOnly: true })).toThrow(failure('INVALID_ARGUMENT'))
})
