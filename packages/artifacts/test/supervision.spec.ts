import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ARTIFACTS_LAYOUT, createArtifactStore } from '@symphony/artifacts'
import type { ArtifactsBackend, ArtifactsLayout, LocalArtifactStore } from '@symphony/artifacts'
import type { ArtifactRef } from '@symphony/interface'
import { attachRegion, TABLE_LINE } from '@symphony/shared-memory'
import type { Region } from '@symphony/shared-memory'
import { RecordingLog } from './recording-log.ts'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'artifacts-supervision-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

function setup(hasFolder = false): { readonly store: LocalArtifactStore; readonly log: RecordingLog; readonly rebuild: () => void } {
  const log = new RecordingLog()
  const store = createArtifactStore({ artifactsMax: 4_096, largeBytes: 64, ...(hasFolder ? { folder } : {}) }, { log })
  const rebuild = (): void => {
    store.reset()
    for (const { type, body, lsn } of log.commands) store.applyCommand(type, body, lsn)
    store.afterRecovery()
  }
  return { store, log, rebuild }
}

const panic = expect.objectContaining({ code: 'BACKEND_PANIC', retryable: true })

describe('a backend of the store that panics', () => {
  const ref = (store: LocalArtifactStore): ArtifactRef => store.latest('first') as ArtifactRef
  const changes: Readonly<Record<Exclude<keyof ArtifactsBackend, 'name'>, (store: LocalArtifactStore) => void>> = {
    put: (store) => void store.put('second', { name: 'first' }),
    tag: (store) => store.tag(ref(store), { a: 'b' }),
    pin: (store) => store.pin(ref(store)),
    delete: (store) => void store.delete(ref(store)),
    remember: (store) => store.remember('key', [ref(store)]),
    forget: (store) => void store.forget('known'),
  }
  for (const [of, change] of Object.entries(changes) as [Exclude<keyof ArtifactsBackend, 'name'>, (store: LocalArtifactStore) => void][]) {
    for (const when of ['before', 'after'] as const) {
      it(`in ${of}, ${when} its effect: rebuilt, it has made the change, for it was logged`, () => {
        for (const hasFolder of [false, true]) {
          const { store, rebuild } = setup(hasFolder)
          const other = createArtifactStore({ artifactsMax: 4_096 })
          for (const one of [store, other]) {
            one.put('a first content', { name: 'first' })
            one.remember('known', [])
          }
          store.attachBackend((own) => ({
            ...own,
            [of]: (...given: readonly unknown[]) => {
              if (when === 'after') (own[of] as (...all: readonly unknown[]) => unknown)(...given)
              throw new Error(`panics in ${of}`)
            },
          }))
          expect(() => change(store)).toThrow(panic)
          expect(store.health().status).toBe('quarantined')
          expect(() => change(store)).toThrow(panic)
          rebuild()
          change(other)
          const seen = (one: LocalArtifactStore): unknown => [[...one.refs()].map((each) => ({ ...one.head(each), createdAtMs: 0 })), one.recall('key'), one.recall('known')]
          expect(seen(store)).toEqual(seen(other))
          expect(store.checkInvariants(1)).toBeUndefined()
          // Under its own backend it goes on.
          store.put('third')
          rmSync(folder, { recursive: true, force: true })
        }
      })
    }
  }
})

describe('a store that is quarantined', () => {
  it('gives contents that match their address, from memory and from files, and never says that there is none', () => {
    for (const hasFolder of [false, true]) {
      const { store } = setup(hasFolder)
      const [small, large, json] = [store.put('small'), store.put('large'.repeat(40)), store.putJson({ a: 1 })]
      store.quarantine('a test says so')
      expect([store.getText(small), store.getText(large).length, store.getJson(json), store.getValue(json)]).toEqual(['small', 200, { a: 1 }, { a: 1 }])
      expect(() => store.get('e'.repeat(64) as ArtifactRef)).toThrow(panic)
      expect(() => store.head(small)).toThrow(panic)
    }
  })

  it('gives no content that does not match its address', () => {
    const { store } = setup()
    const [first] = [store.put('first'), store.put('other')]
    ;(store.get(first) as Uint8Array)[0]! ^= 1
    store.quarantine('a test says so')
    expect(() => store.get(first)).toThrow(panic)
  })

  it('removes no file, whatever was to be removed: what it knows of what lives may be wrong', async () => {
    const log = new RecordingLog()
    const forced = Promise.withResolvers<void>()
    log.durable = () => forced.promise
    const store = createArtifactStore({ artifactsMax: 64, largeBytes: 8, folder }, { log })
    const content = 'a content that has a file of its own'
    const ref = store.put(content)
    store.delete(ref)
    store.put(content)
    ;(attachRegion(ARTIFACTS_LAYOUT, store.region).tables.index.columns.slot).fill(0)
    store.quarantine('a test says so')
    forced.resolve()
    await forced.promise
    await new Promise((resolve) => setImmediate(resolve))
    expect(readdirSync(join(folder, 'large'), { recursive: true })).toContain(join(ref.slice(0, 2), ref))
    store.reset()
    for (const { type, body, lsn } of log.commands) store.applyCommand(type, body, lsn)
    store.afterRecovery()
    await new Promise((resolve) => setImmediate(resolve))
    expect(store.getText(ref)).toBe(content)
    await store.close()
  })
})

describe('looking at what must always hold', () => {
  const writes: readonly (readonly [what: string, write: (region: Region<ArtifactsLayout>) => void])[] = [
    ['a row that is somebody else\'s', ({ tables }) => void (tables.artifacts.columns.sequence[1] = 0)],
    ['a number nobody had', ({ tables }) => void (tables.artifacts.columns.sequence[1] = 77)],
    ['a list that goes nowhere', ({ tables }) => void (tables.artifacts.columns.newer[0] = 3)],
    ['a list that ends early', ({ words }) => void (words.newest[0] = 1)],
    ['pins that cannot be', ({ tables }) => void (tables.artifacts.columns.pins[1] = -1)],
    ['another size', ({ tables }) => void (tables.artifacts.columns.sizeBytes[2] = 1)],
    ['more rows than there are', ({ tables }) => void (tables.artifacts.line[TABLE_LINE.USED] = 9_999)],
    ['a free row that is not', ({ tables }) => void (tables.artifacts.line[TABLE_LINE.FREE] = 2)],
    ['an address that is not found', ({ tables }) => void tables.index.columns.slot.fill(0)],
    ['an address that is another', ({ tables }) => void (tables.hashes.columns.word[0]! ^= 1)],
  ]
  for (const [what, write] of writes) {
    it(`finds ${what}`, () => {
      const { store, rebuild } = setup()
      for (const content of ['first', 'second', 'third']) store.put(content, { name: content })
      for (let look = 0; look < 3; look++) expect(store.checkInvariants(8)).toBeUndefined()
      write(attachRegion(ARTIFACTS_LAYOUT, store.region))
      expect(store.checkInvariants(8)).toBeTypeOf('string')
      expect(store.health().status).toBe('quarantined')
      rebuild()
      expect(store.checkInvariants(8)).toBeUndefined()
      expect(store.getText(store.latest('third') as ArtifactRef)).toBe('third')
    })
  }
})
