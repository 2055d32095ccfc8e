import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createArtifactStore } from '@symphony/artifacts'
import type { LocalArtifactStore } from '@symphony/artifacts'
import type { ArtifactRef } from '@symphony/interface'
import { isSymphonyError } from '@symphony/interface'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { RecordingLog } from './recording-log.ts'

let folder: string
let log: RecordingLog
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'artifacts-damage-'))
  log = new RecordingLog()
})
afterEach(() => rmSync(folder, { recursive: true }))

function reopened(): LocalArtifactStore {
  const store = createArtifactStore({ folder, cacheBytesMax: 0, largeBytes: 1000, artifactsMax: 64 }, { log })
  for (const { type, body, lsn } of log.commands) store.applyCommand(type, body, lsn)
  return store
}

async function corruptOf(store: LocalArtifactStore): Promise<readonly ArtifactRef[]> {
  const found: ArtifactRef[] = []
  for await (const ref of store.verify()) found.push(ref)
  return found
}

it('a flip of any byte of a pack gives the right bytes or says corrupt, and verify finds it', async () => {
  const contents = ['', 'a', 'some text', 'x'.repeat(33)]
  const first = reopened()
  const refs = contents.map((text) => first.put(text))
  await first.close()
  const pack = join(folder, 'packs', '000001.pack')
  const intact = readFileSync(pack)
  const store = reopened()
  let told = 0
  for (let at = 0; at < intact.length; at++) {
    const damaged = Buffer.from(intact)
    damaged[at]! ^= 1 << (at % 8)
    writeFileSync(pack, damaged)
    let corrupt = 0
    for (const [index, ref] of refs.entries()) {
      try {
        expect(store.getText(ref)).toBe(contents[index])
      } catch (error) {
        expect(isSymphonyError(error, 'ARTIFACT_CORRUPT')).toBe(true)
        corrupt++
      }
    }
    // A flip in a header or between entries harms no content; a flip in a content harms one.
    expect(corrupt).toBeLessThanOrEqual(1)
    const found = await corruptOf(store)
    expect(found.length).toBeGreaterThanOrEqual(corrupt)
    expect(found.length).toBeLessThanOrEqual(1)
    told += found.length
  }
  // All but the padding is covered: four headers of 40 bytes and 43 bytes of content.
  expect(told).toBe(4 * 40 + 43)
  await store.close()
})

it('a pack cut at any length gives the right bytes or says corrupt', async () => {
  const first = reopened()
  const [one, two] = [first.put('first content'), first.put('second content')]
  await first.close()
  const pack = join(folder, 'packs', '000001.pack')
  const intact = readFileSync(pack)
  const store = reopened()
  for (let length = 0; length <= intact.length; length++) {
    writeFileSync(pack, intact.subarray(0, length))
    for (const [ref, text] of [[one, 'first content'], [two, 'second content']] as const) {
      try {
        expect(store.getText(ref)).toBe(text)
      } catch (error) {
        expect(isSymphonyError(error, 'ARTIFACT_CORRUPT')).toBe(true)
      }
    }
  }
  expect(store.getText(two)).toBe('second content')
  await store.close()
})

it('a missing pack and a missing file are corrupt, and new contents do not take their place', async () => {
  const first = reopened()
  const small = first.put('small')
  const large = first.put('l'.repeat(2000))
  await first.close()
  rmSync(join(folder, 'packs', '000001.pack'))
  rmSync(join(folder, 'large', large.slice(0, 2), large))
  const store = reopened()
  for (const ref of [small, large]) expect(() => store.get(ref)).toThrow(expect.objectContaining({ code: 'ARTIFACT_CORRUPT', details: expect.objectContaining({ ref }) }) as Error)
  const other = store.put('other')
  expect(readdirSync(join(folder, 'packs'))).toEqual(['000002.pack'])
  expect(store.getText(other)).toBe('other')
  expect(await corruptOf(store)).toEqual([small, large])
  expect(store.delete(small)).toBe(true)
  expect(store.put('small')).toBe(small)
  expect(store.getText(small)).toBe('small')
  await store.close()
})

it('new entries go behind a tail nobody knows', async () => {
  const first = reopened()
  const known = first.put('known')
  await first.close()
  const pack = join(folder, 'packs', '000001.pack')
  const tail = Buffer.from('written but never recorded')
  writeFileSync(pack, Buffer.concat([readFileSync(pack), tail]))
  const store = reopened()
  const next = store.put('next')
  expect(store.getText(known)).toBe('known')
  expect(store.getText(next)).toBe('next')
  expect(readFileSync(pack).includes(tail)).toBe(true)
  await store.close()
})

it('salvages what verifies from files alone, and steps over damage', async () => {
  const first = reopened()
  const refs = ['one', 'two', 'three', 'l'.repeat(2000), 'm'.repeat(3000)].map((text) => first.put(text, { tags: { lost: 'yes' } }))
  await first.close()
  const pack = join(folder, 'packs', '000001.pack')
  const bytes = readFileSync(pack)
  bytes[bytes.indexOf('two')]! ^= 1
  writeFileSync(pack, bytes)
  const damaged = join(folder, 'large', (refs[4] as string).slice(0, 2), refs[4] as string)
  writeFileSync(damaged, readFileSync(damaged).fill(0, 7, 8))
  log = new RecordingLog()
  const store = reopened()
  expect(await store.salvage()).toBe(3)
  expect(await store.salvage()).toBe(0)
  expect([...store.refs()].sort()).toEqual([refs[0], refs[2], refs[3]].sort())
  expect(store.getText(refs[3] as ArtifactRef)).toBe('l'.repeat(2000))
  expect(store.head(refs[0] as ArtifactRef)?.tags).toEqual({})
  await store.close()
  const again = reopened()
  expect(again.getText(refs[2] as ArtifactRef)).toBe('three')
  await again.close()
})
