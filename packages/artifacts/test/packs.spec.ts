import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createArtifactStore } from '@symphony/artifacts'
import type { ArtifactsInit, LocalArtifactStore } from '@symphony/artifacts'
import type { ArtifactRef } from '@symphony/interface'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { faultyFileSystem } from './faulty-file-system.ts'
import type { FaultyFileSystem } from './faulty-file-system.ts'
import { RecordingLog } from './recording-log.ts'

let folder: string
let log: RecordingLog
let fileSystem: FaultyFileSystem
const open: LocalArtifactStore[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'artifacts-packs-'))
  log = new RecordingLog()
  fileSystem = faultyFileSystem()
})
afterEach(async () => {
  for (const store of open.splice(0)) await store.close()
  expect([...fileSystem.opened]).toEqual([])
  rmSync(folder, { recursive: true })
})

/** A store without a cache, so that every content comes from its pack. */
function reopened(init: ArtifactsInit = {}): LocalArtifactStore {
  const store = createArtifactStore({ folder, largeBytes: 1000, artifactsMax: 64, cacheBytesMax: 0, ...init }, { log, fileSystem })
  open.push(store)
  for (const { type, body, lsn } of log.commands) store.applyCommand(type, body, lsn)
  store.afterRecovery()
  return store
}

const failure = (code: string): Error => expect.objectContaining({ code }) as Error

describe('what a turn puts', () => {
  const texts = Array.from({ length: 20 }, (_, index) => `text ${index}`)
  let store: LocalArtifactStore
  beforeEach(() => {
    store = reopened()
    // The first one makes room in the file for the others.
    store.put('first')
    log.isCollecting = true
  })

  it('is written with one call before its records are handed over', () => {
    const before = fileSystem.calls['write'] ?? 0
    const refs = texts.map((text) => store.put(text))
    expect(fileSystem.calls['write']).toBe(before)
    log.handOver()
    expect(fileSystem.calls['write']).toBe(before + 1)
    expect(refs.map((ref) => reopened().getText(ref))).toEqual(texts)
  })

  it('can be read before it is written', () => {
    const refs = texts.map((text) => store.put(text))
    expect(refs.map((ref) => store.getText(ref))).toEqual(texts)
  })

  it('is written in parts when there is much of it, and in its order with larger contents', () => {
    const much = Array.from({ length: 60 }, (_, index) => (index % 10 === 9 ? 'L' : 's').repeat(index % 10 === 9 ? 70_000 : 9_000) + String(index))
    const wide = reopened({ largeBytes: 100_000 })
    const refs = much.map((text) => wide.put(text))
    log.handOver()
    expect(refs.map((ref) => wide.getText(ref))).toEqual(much)
    const again = reopened({ largeBytes: 100_000 })
    expect(refs.map((ref) => again.getText(ref))).toEqual(much)
  })

  it('that cannot be written is not handed over, and goes with the next attempt', () => {
    const refs = texts.map((text) => store.put(text))
    fileSystem.freeBytes = 100
    expect(() => log.handOver()).toThrow(failure('STORAGE_FULL'))
    fileSystem.freeBytes = Infinity
    log.handOver()
    expect(refs.map((ref) => reopened().getText(ref))).toEqual(texts)
  })

  it('is written when the store is closed before the log', async () => {
    const refs = texts.map((text) => store.put(text))
    await store.close()
    const before = fileSystem.calls['write']
    log.handOver()
    expect(fileSystem.calls['write']).toBe(before)
    expect(refs.map((ref) => reopened().getText(ref))).toEqual(texts)
  })

  it('is never handed over when it was lost with the end of the store', async () => {
    store.put('lost')
    open.length = 0
    fileSystem.freeBytes = 0
    await expect(store.close()).rejects.toThrow(failure('STORAGE_FULL'))
    expect(() => log.handOver()).toThrow(failure('STORAGE_FULL'))
  })
})

describe('contents read in the order they were put', () => {
  const texts = Array.from({ length: 60 }, (_, index) => `text ${index} `.repeat(1 + (index % 20)))

  it('come with few calls, also those that are put meanwhile', () => {
    const store = reopened({ artifactsMax: 128 })
    const refs = texts.map((text) => store.put(text))
    const before = fileSystem.calls['read'] ?? 0
    expect(refs.map((ref) => store.getText(ref))).toEqual(texts)
    expect((fileSystem.calls['read'] ?? 0) - before).toBeLessThan(5)
    for (const text of texts) expect(store.getText(store.put(`more ${text}`))).toBe(`more ${text}`)
  })

  it('come in any other order, and from several packs, as they were put', () => {
    const store = reopened({ packBytesMax: 3000 })
    const refs = texts.map((text) => store.put(text))
    const order = texts.map((_, index) => (index * 7) % 60).concat(texts.map((_, index) => Math.floor(index / 2)), texts.map((_, index) => index))
    for (const index of order) expect(store.getText(refs[index] as ArtifactRef)).toBe(texts[index])
  })

  it('are read anew when what was read ahead is no longer right, and verified on the disk', async () => {
    const store = reopened()
    const refs = texts.map((text) => store.put(text))
    const pack = join(folder, 'packs', '000001.pack')
    const intact = readFileSync(pack)
    const damaged = Buffer.from(intact)
    damaged[damaged.indexOf('text 30')]! ^= 1
    writeFileSync(pack, damaged)
    for (const index of [0, 1]) expect(store.getText(refs[index] as ArtifactRef)).toBe(texts[index])
    expect(() => store.getText(refs[30] as ArtifactRef)).toThrow(failure('ARTIFACT_CORRUPT'))
    writeFileSync(pack, intact)
    expect(store.getText(refs[30] as ArtifactRef)).toBe(texts[30])
    damaged[damaged.indexOf('text 50')]! ^= 1
    writeFileSync(pack, damaged)
    const corrupt: ArtifactRef[] = []
    for await (const ref of store.verify()) corrupt.push(ref)
    expect(corrupt).toEqual([refs[30], refs[50]])
  })
})
