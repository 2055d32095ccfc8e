import { createHash } from 'node:crypto'
import type { ArtifactRef, ArtifactStore } from '@symphony/interface'
import { bytesOf, chunksOf, NOBODY, noise, setUp, streamed } from './artifacts-stage.ts'
import { equal, fails, rejects, same } from './expectations.ts'
import type { Case } from './suite.ts'

export const contentCases: readonly Case<ArtifactStore>[] = [
  {
    name: 'the address is the SHA-256 of the content',
    async run(make) {
      const { store } = await setUp(make)
      const bytes = noise(777)
      equal(store.put(bytes), createHash('sha256').update(bytes).digest('hex'))
      equal(store.put(bytesOf()), createHash('sha256').digest('hex'))
    },
  },
  {
    name: 'equal content is stored once, whatever it was put as',
    async run(make) {
      const { store } = await setUp(make)
      const ref = store.put('grüße')
      equal(store.put(new TextEncoder().encode('grüße')), ref)
      equal(store.metrics().artifacts, 1)
      equal(store.metrics().storedBytes, 7)
      equal(store.metrics().deduplicatedBytes, 7)
      equal(store.metrics().puts, 2)
      same([...store.refs()], [ref])
    },
  },
  {
    name: 'bytes out are bytes in, for every kind of size',
    async run(make) {
      const { store } = await setUp(make)
      for (const length of [0, 1, 7, 8, 255, 4096, 70_000]) {
        const bytes = noise(length, length + 1)
        const ref = store.put(bytes)
        same([...store.get(ref)], [...bytes])
        same([...(await streamed(store, ref))], [...bytes])
        equal(store.head(ref)?.sizeBytes, length)
      }
    },
  },
  {
    name: 'what happens to the bytes after a put does not matter',
    async run(make) {
      const { store } = await setUp(make)
      const bytes = noise(100)
      const ref = store.put(bytes)
      const before = [...bytes]
      bytes.fill(0)
      same([...store.get(ref)], before)
    },
  },
  {
    name: 'a put is visible when it returns',
    async run(make) {
      const { store, around } = await setUp(make)
      const ref = store.put('now', { tags: { a: 'b' } })
      equal(store.has(ref), true)
      equal(store.getText(ref), 'now')
      same(store.head(ref), {
        ref, sizeBytes: 3, mediaType: 'text/plain', createdAtMs: around.clock.nowMs(), name: undefined, tags: { a: 'b' }, parents: [], madeBy: undefined, costMs: 0,
        quality: undefined, pins: 0,
      })
    },
  },
  {
    name: 'what was never put is unknown',
    async run(make) {
      const { store } = await setUp(make)
      const near = store.put('something').replace(/.$/, (digit) => (digit === '0' ? '1' : '0')) as ArtifactRef
      for (const ref of [NOBODY, near, 'no address' as ArtifactRef]) {
        equal(store.has(ref), false)
        equal(store.head(ref), undefined)
        equal(store.delete(ref), false)
        fails('ARTIFACT_UNKNOWN', () => store.get(ref))
        fails('ARTIFACT_UNKNOWN', () => store.getText(ref))
        fails('ARTIFACT_UNKNOWN', () => store.open(ref))
        fails('ARTIFACT_UNKNOWN', () => store.lineage(ref))
        fails('ARTIFACT_UNKNOWN', () => store.tag(ref, { a: 'b' }))
        fails('ARTIFACT_UNKNOWN', () => store.pin(ref))
        fails('ARTIFACT_UNKNOWN', () => store.remember('key', [ref]))
      }
    },
  },
  {
    name: 'references come oldest first, also while artifacts are deleted',
    async run(make) {
      const { store } = await setUp(make)
      const refs = ['a', 'b', 'c', 'd', 'e'].map((text) => store.put(text))
      store.put('a')
      same([...store.refs()], refs)
      const seen: ArtifactRef[] = []
      for (const ref of store.refs()) {
        seen.push(ref)
        // Deletes itself and its successor, and puts a new one in their place.
        if (ref === refs[1]) {
          store.delete(refs[1] as ArtifactRef)
          store.delete(refs[2] as ArtifactRef)
          refs.push(store.put('f'))
        }
      }
      same(seen, [refs[0], refs[1], refs[3], refs[4], refs[5]])
    },
  },
]

export const streamCases: readonly Case<ArtifactStore>[] = [
  {
    name: 'a stream is stored as the same content put at once',
    needs: ['streams'],
    async run(make) {
      const { store } = await setUp(make, { largeBytes: 10_000 })
      for (const length of [0, 1, 9_999, 10_001, 45_678]) {
        const bytes = noise(length, length + 1)
        const ref = await store.putStream(chunksOf(bytes, 1000), { tags: { length: String(length) } })
        equal(ref, createHash('sha256').update(bytes).digest('hex'))
        equal(store.metrics().deduplicatedBytes, 0)
        same([...store.get(ref)], [...bytes])
        same([...(await streamed(store, ref))], [...bytes])
        same(store.head(ref)?.tags, { length: String(length) })
      }
      const artifacts = store.metrics().artifacts
      await store.putStream(chunksOf(noise(45_678, 45_679), 777))
      equal(store.metrics().artifacts, artifacts)
      equal(store.metrics().deduplicatedBytes, 45_678)
    },
  },
  {
    name: 'a stream that breaks off leaves nothing',
    needs: ['streams'],
    async run(make) {
      const { store } = await setUp(make, { largeBytes: 1000 })
      const reason = new Error('the line went dead')
      const broken = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
        yield noise(800)
        yield noise(800)
        throw reason
      }
      let thrown: unknown
      await store.putStream(broken()).catch((error: unknown) => {
        thrown = error
      })
      equal(thrown, reason)
      equal(store.metrics().artifacts, 0)
      same([...store.refs()], [])
    },
  },
]

export const lifecycleCases: readonly Case<ArtifactStore>[] = [
  {
    name: 'a content beyond the limit is refused and changes nothing',
    async run(make) {
      const { store } = await setUp(make, { artifactBytesMax: 100 })
      store.put(noise(100))
      fails('ARTIFACT_TOO_LARGE', () => store.put(noise(101)))
      await rejects('ARTIFACT_TOO_LARGE', store.putStream(chunksOf(noise(1000), 60)))
      equal(store.metrics().artifacts, 1)
    },
  },
  {
    name: 'a store says how it feels',
    async run(make) {
      const { store } = await setUp(make)
      equal(store.health().status, 'healthy')
      await store.close()
      equal(store.health().status, 'closed')
    },
  },
  {
    name: 'a closed store refuses everything, and closing twice is no mistake',
    async run(make) {
      const { store } = await setUp(make)
      const ref = store.put('x')
      await store.close()
      await store.close()
      const calls: readonly (() => unknown)[] = [
        () => store.put('y'), () => store.putJson(1), () => store.get(ref), () => store.has(ref), () => store.head(ref), () => store.tag(ref, {}), () => store.latest('n'),
        () => store.versions('n'), () => store.lineage(ref), () => store.pin(ref), () => store.unpin(ref), () => store.delete(ref), () => store.recall('k'),
        () => store.remember('k', []), () => store.forget('k'), () => store.refs(), () => store.open(ref), () => store.verify(),
      ]
      for (const call of calls) fails('CLOSED', call)
      await rejects('CLOSED', store.putStream(chunksOf(noise(10), 5)))
    },
  },
]
