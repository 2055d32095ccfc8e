import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createArtifactStore } from '@symphony/artifacts'
import type { LocalArtifactStore } from '@symphony/artifacts'
import type { ArtifactRef } from '@symphony/interface'
import { VirtualClock } from '@symphony/ports'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { RecordingLog } from './recording-log.ts'

interface Known {
  readonly bytes: Uint8Array
  tags: Record<string, string>
  pins: number
}

/** The store as somebody would write it who does not care about anything but being right. */
interface Model {
  artifacts: Map<string, Known>
  names: Map<string, string[]>
  results: Map<string, string[]>
}

interface Real {
  store: LocalArtifactStore
  readonly log: RecordingLog
  readonly make: () => LocalArtifactStore
}

type Step = (model: Model, real: Real) => void | Promise<void>

// Few distinct contents, on both sides of what goes into a file of its own, so that steps meet each other.
const contents = fc.integer({ min: 0, max: 11 }).map((id) => new Uint8Array(id % 3 === 0 ? 300 + id : id).fill(id))
const word = fc.constantFrom('red', 'green', 'blue')
const refOf = (bytes: Uint8Array): ArtifactRef => createHash('sha256').update(bytes).digest('hex') as ArtifactRef

function putIn(model: Model, bytes: Uint8Array, tags: Record<string, string>, name: string | undefined): void {
  const ref = refOf(bytes)
  const known = model.artifacts.get(ref)
  if (known === undefined) model.artifacts.set(ref, { bytes, tags: { ...tags }, pins: 0 })
  else known.tags = { ...known.tags, ...tags }
  if (name === undefined) return
  const versions = model.names.get(name) ?? []
  if (versions.at(-1) !== ref) model.names.set(name, [...versions, ref])
}

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(contents, fc.dictionary(word, word, { maxKeys: 2 }), fc.option(word, { nil: undefined })).map(([bytes, tags, name]): Step => (model, real) => {
    expect(real.store.put(bytes, { tags, ...(name === undefined ? {} : { name }) })).toBe(refOf(bytes))
    putIn(model, bytes, tags, name)
  }) },
  fc.tuple(contents, fc.integer({ min: 1, max: 100 })).map(([bytes, size]): Step => async (model, real) => {
    const chunks = async function* () {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
    }
    expect(await real.store.putStream(chunks())).toBe(refOf(bytes))
    putIn(model, bytes, {}, undefined)
  }),
  { weight: 3, arbitrary: contents.map((bytes): Step => (model, real) => {
    const ref = refOf(bytes)
    const known = model.artifacts.get(ref)
    if (known !== undefined && known.pins > 0) {
      expect(() => real.store.delete(ref)).toThrow(expect.objectContaining({ code: 'ARTIFACT_PINNED' }) as Error)
      return
    }
    expect(real.store.delete(ref)).toBe(known !== undefined)
    model.artifacts.delete(ref)
    for (const [name, versions] of model.names) model.names.set(name, versions.filter((version) => version !== ref))
  }) },
  fc.tuple(contents, word, word).map(([bytes, key, value]): Step => (model, real) => {
    const known = model.artifacts.get(refOf(bytes))
    if (known === undefined) return
    real.store.tag(refOf(bytes), { [key]: value })
    known.tags[key] = value
  }),
  fc.tuple(contents, fc.boolean()).map(([bytes, isPin]): Step => (model, real) => {
    const known = model.artifacts.get(refOf(bytes))
    if (known === undefined || (!isPin && known.pins === 0)) return
    if (isPin) real.store.pin(refOf(bytes))
    else real.store.unpin(refOf(bytes))
    known.pins += isPin ? 1 : -1
  }),
  fc.tuple(word, fc.array(contents, { maxLength: 3 })).map(([key, outputs]): Step => (model, real) => {
    const refs = outputs.map(refOf)
    if (!refs.every((ref) => model.artifacts.has(ref))) return
    real.store.remember(key, refs)
    model.results.set(key, refs)
  }),
  // A new process: from the log alone, or from a snapshot with nothing after it.
  fc.boolean().map((fromSnapshot): Step => async (_, real) => {
    const snapshot = fromSnapshot ? real.store.snapshot() : undefined
    await real.store.close()
    real.store = real.make()
    if (snapshot !== undefined) real.store.restore(snapshot)
    else for (const { type, body, lsn } of real.log.commands) real.store.applyCommand(type, body, lsn)
    real.store.afterRecovery()
  }),
  // Inside one record, as the conductor puts results.
  fc.tuple(contents, contents).map(([one, two]): Step => (model, real) => {
    real.log.transact(() => {
      real.store.put(one)
      real.store.put(two)
    })
    putIn(model, one, {}, undefined)
    putIn(model, two, {}, undefined)
  }),
)

function compare(model: Model, store: LocalArtifactStore): void {
  expect([...store.refs()].sort()).toEqual([...model.artifacts.keys()].sort())
  expect(store.metrics().artifacts).toBe(model.artifacts.size)
  let storedBytes = 0
  for (const [ref, { bytes, tags, pins }] of model.artifacts) {
    expect(Buffer.compare(store.get(ref as ArtifactRef), bytes)).toBe(0)
    expect(store.head(ref as ArtifactRef)).toMatchObject({ sizeBytes: bytes.length, tags, pins })
    storedBytes += bytes.length
  }
  expect(store.metrics().storedBytes).toBe(storedBytes)
  for (const [name, versions] of model.names) {
    expect(store.versions(name).map(({ ref }) => ref)).toEqual(versions)
    expect(store.latest(name)).toBe(versions.at(-1))
  }
  for (const [key, refs] of model.results) expect(store.recall(key)).toEqual(refs.every((ref) => model.artifacts.has(ref)) ? refs : undefined)
}

it.each([
  ['in memory', false, 30],
  ['with a folder', true, 60],
])('any sequence of calls leaves what a simple model says, %s', async (_, hasFolder, numRuns) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.constantFrom(0, 200, 10_000), fc.constantFrom(400, 100_000), async (steps, cacheBytesMax, packBytesMax) => {
      const folder = mkdtempSync(join(tmpdir(), 'artifacts-model-'))
      const log = new RecordingLog()
      const clock = new VirtualClock()
      const settings = { cacheBytesMax, packBytesMax, largeBytes: 200, artifactsMax: 64, ...(hasFolder ? { folder } : {}) }
      const make = (): LocalArtifactStore => createArtifactStore(settings, { clock, log })
      const model: Model = { artifacts: new Map(), names: new Map(), results: new Map() }
      const real: Real = { store: make(), log, make }
      try {
        for (const run of steps) {
          await run(model, real)
          clock.advance(1)
        }
        compare(model, real.store)
        const corrupt: string[] = []
        for await (const ref of real.store.verify()) corrupt.push(ref)
        expect(corrupt).toEqual([])
        const twin = make()
        for (const { type, body, lsn } of log.commands) twin.applyCommand(type, body, lsn)
        expect(Buffer.compare(twin.snapshot(), real.store.snapshot())).toBe(0)
        await twin.close()
      } finally {
        await real.store.close()
        rmSync(folder, { recursive: true })
      }
    }),
    { numRuns },
  )
})
