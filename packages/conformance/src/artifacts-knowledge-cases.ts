import type { ArtifactRef, ArtifactStore, Json } from '@symphony/interface'
import { bytesOf, noise, setUp } from './artifacts-stage.ts'
import { equal, fails, ok, same } from './expectations.ts'
import type { Case } from './suite.ts'

export const knowledgeCases: readonly Case<ArtifactStore>[] = [
  {
    name: 'a later put adds tags and parents, and changes nothing else',
    async run(make) {
      const { store, around } = await setUp(make)
      const [one, two] = [store.put('one'), store.put('two')]
      const createdAtMs = around.clock.nowMs()
      const ref = store.put('text', { tags: { a: '1', b: '1' }, parents: [one], madeBy: 'maker', mediaType: 'text/markdown', costMs: 7, quality: 1 })
      around.clock.advance(1000)
      store.put('text', { tags: { b: '2', c: '2' }, parents: [two, one], madeBy: 'other', costMs: 9, quality: 0 })
      const head = store.head(ref)
      same(head?.tags, { a: '1', b: '2', c: '2' })
      same(head?.parents, [one, two])
      same([head?.madeBy, head?.mediaType, head?.costMs, head?.quality, head?.createdAtMs], ['maker', 'text/markdown', 7, 1, createdAtMs])
      store.tag(ref, { a: '3' })
      same(store.head(ref)?.tags, { a: '3', b: '2', c: '2' })
    },
  },
  {
    name: 'what comes with a put is checked before anything is stored',
    async run(make) {
      const { store } = await setUp(make)
      fails('INVALID_ARGUMENT', () => store.put('x', { quality: 2 }))
      fails('INVALID_ARGUMENT', () => store.put('x', { costMs: NaN }))
      fails('INVALID_ARGUMENT', () => store.put('x', { name: '' }))
      fails('INVALID_ARGUMENT', () => store.put('x', { parents: ['nonsense' as ArtifactRef] }))
      fails('INVALID_ARGUMENT', () => store.put('x', { tags: { a: 1 as unknown as string } }))
      fails('INVALID_ARGUMENT', () => store.put(7 as unknown as string))
      equal(store.metrics().artifacts, 0)
    },
  },
  {
    name: 'a name has versions, and the newest is the latest',
    async run(make) {
      const { store, around } = await setUp(make)
      const first = store.put('first', { name: 'report' })
      around.clock.advance(5)
      const second = store.put('second', { name: 'report' })
      store.put('second', { name: 'report' })
      const createdAtMs = around.clock.nowMs()
      same(store.versions('report'), [{ version: 1, ref: first, createdAtMs: createdAtMs - 5 }, { version: 2, ref: second, createdAtMs }])
      equal(store.latest('report'), second)
      equal(store.head(second)?.name, 'report')
      store.put('first', { name: 'report' })
      equal(store.latest('report'), first)
      equal(store.versions('report').length, 3)
      equal(store.latest('nothing'), undefined)
      same(store.versions('nothing'), [])
    },
  },
  {
    name: 'deleting a version leaves the others and their numbers',
    async run(make) {
      const { store } = await setUp(make)
      const refs = ['1', '2', '3'].map((text) => store.put(text, { name: 'n' }))
      store.delete(refs[2] as ArtifactRef)
      equal(store.latest('n'), refs[1])
      store.put('4', { name: 'n' })
      same(store.versions('n').map(({ version }) => version), [1, 2, 4])
    },
  },
  {
    name: 'lineage goes both ways and survives the deletion of a parent',
    async run(make) {
      const { store } = await setUp(make)
      const page = store.put('page')
      const summary = store.put('summary', { parents: [page], madeBy: 'summarize' })
      const title = store.put('title', { parents: [page, summary] })
      same(store.lineage(page), { ref: page, madeBy: undefined, parents: [], children: [summary, title] })
      same(store.lineage(summary), { ref: summary, madeBy: 'summarize', parents: [page], children: [title] })
      store.delete(title)
      same(store.lineage(summary).children, [])
      store.delete(page)
      same(store.lineage(summary).parents, [page])
      fails('ARTIFACT_UNKNOWN', () => store.lineage(page))
    },
  },
  {
    name: 'a pinned artifact is not deleted until as many pins are gone',
    async run(make) {
      const { store } = await setUp(make)
      const ref = store.put('keep')
      store.pin(ref)
      store.pin(ref)
      equal(store.head(ref)?.pins, 2)
      fails('ARTIFACT_PINNED', () => store.delete(ref))
      store.unpin(ref)
      fails('ARTIFACT_PINNED', () => store.delete(ref))
      equal(store.getText(ref), 'keep')
      store.unpin(ref)
      equal(store.delete(ref), true)
      equal(store.has(ref), false)
      equal(store.delete(ref), false)
      fails('ARTIFACT_UNKNOWN', () => store.get(ref))
    },
  },
  {
    name: 'what was deleted can be put again, as if for the first time',
    async run(make) {
      const { store, around } = await setUp(make)
      const ref = store.put(noise(500), { tags: { old: 'yes' } })
      store.delete(ref)
      equal(store.metrics().storedBytes, 0)
      around.clock.advance(1)
      equal(store.put(noise(500)), ref)
      same(store.head(ref)?.tags, {})
      equal(store.head(ref)?.createdAtMs, around.clock.nowMs())
      same([...store.get(ref)], [...noise(500)])
    },
  },
]

export const resultCases: readonly Case<ArtifactStore>[] = [
  {
    name: 'a result is recalled under its key, in order',
    async run(make) {
      const { store } = await setUp(make)
      const [a, b] = [store.put('a'), store.put('b')]
      const key = '0'.repeat(64)
      equal(store.recall(key), undefined)
      store.remember(key, [b, a, b])
      same(store.recall(key), [b, a, b])
      store.remember(key, [a])
      same(store.recall(key), [a])
      store.remember('nothing came of it', [])
      same(store.recall('nothing came of it'), [])
      equal(store.forget(key), true)
      equal(store.forget(key), false)
      equal(store.recall(key), undefined)
      const { remembered, recallHits, recallMisses } = store.metrics()
      same([remembered, recallHits, recallMisses], [1, 3, 2])
    },
  },
  {
    name: 'a result is recalled only while all of it is there',
    async run(make) {
      const { store } = await setUp(make)
      const [a, b] = [store.put('a'), store.put('b')]
      store.remember('key', [a, b])
      store.delete(b)
      equal(store.recall('key'), undefined)
      store.put('b')
      same(store.recall('key'), [a, b])
    },
  },
  {
    name: 'equal values have one address as JSON',
    async run(make) {
      const { store } = await setUp(make)
      const ref = store.putJson({ b: [1, 'ü', { d: null, c: -0 }], a: 1e21 })
      equal(store.putJson({ a: 1e21, b: [1, 'ü', { c: 0, d: null }] }), ref)
      equal(store.getText(ref), '{"a":1e+21,"b":[1,"ü",{"c":0,"d":null}]}')
      same(store.getJson(ref), { a: 1e21, b: [1, 'ü', { c: 0, d: null }] })
      equal(store.head(ref)?.mediaType, 'application/json')
      ok(store.putJson('1') !== store.putJson(1), 'a text is not a number')
    },
  },
  {
    name: 'a content comes back as the value it was made of',
    async run(make) {
      const { store } = await setUp(make)
      same(store.getValue(store.putJson({ a: [1, null] })), { a: [1, null] })
      same(store.getValue(store.put('{"b":2}', { mediaType: 'application/json' })), { b: 2 })
      for (const mediaType of ['text/plain', 'application/vnd.x+json']) {
        const bytes = store.getValue(store.put(`["${mediaType}"]`, { mediaType })) as Uint8Array
        same([...bytes], [...new TextEncoder().encode(`["${mediaType}"]`)])
      }
      fails('INVALID_ARGUMENT', () => store.getValue(store.put('{', { mediaType: 'application/json' })))
      const gone = store.putJson('gone')
      store.delete(gone)
      fails('ARTIFACT_UNKNOWN', () => store.getValue(gone))
    },
  },
  {
    name: 'what JSON cannot carry is refused with the place where it is',
    async run(make) {
      const { store } = await setUp(make)
      const circle: Record<string, unknown> = {}
      circle['self'] = [circle]
      const refused: readonly (readonly [value: unknown, path: string])[] = [
        [{ a: [0, NaN] }, '$.a[1]'], [{ 'b c': Infinity }, '$["b c"]'], [() => 1, '$'], [[undefined], '$[0]'], [{ n: 1n }, '$.n'], [circle, '$.self[0]'],
        [{ m: new Map() }, '$.m'],
      ]
      for (const [value, path] of refused) {
        const error = fails('INVALID_ARGUMENT', () => store.putJson(value as Json))
        ok(error.message.includes(path), `the message of ${path} names it: ${error.message}`)
      }
      equal(store.metrics().artifacts, 0)
    },
  },
]

export const searchCases: readonly Case<ArtifactStore>[] = [
  {
    name: 'a search finds text, names and tags as soon as they are put',
    needs: ['search'],
    async run(make) {
      const { store } = await setUp(make)
      const found = (query: Parameters<ArtifactStore['search']>[0]): readonly ArtifactRef[] => store.search(query).map(({ ref }) => ref)
      const whale = store.put('The whale swims in the cold ocean', { tags: { kind: 'animal' }, madeBy: 'reader' })
      same(found({ text: 'ocean' }), [whale])
      const ship = store.put('A ship crosses the ocean, and the ocean is wide', { name: 'logbook', mediaType: 'text/markdown' })
      same([...found({ text: 'ocean' })].sort(), [whale, ship].sort())
      same(found({ text: 'ocean', tags: { kind: 'animal' } }), [whale])
      same(found({ text: 'ocean', mediaType: 'text/markdown' }), [ship])
      same(found({ text: 'ocean', madeBy: 'reader' }), [whale])
      same(found({ text: 'ocean', limit: 1 }).length, 1)
      same(found({ text: 'logbook' }), [ship])
      same(found({ tags: { kind: 'animal' } }), [whale])
      same(found({ text: 'mountain' }), [])
      equal(store.search({ text: 'whale' })[0]?.head.sizeBytes, 33)
      store.tag(ship, { mood: 'adventurous' })
      same(found({ text: 'adventurous' }), [ship])
      store.delete(whale)
      same(found({ text: 'ocean' }), [ship])
    },
  },
  {
    name: 'a search finds what it was told to find an artifact by, and not what it was told to leave alone',
    needs: ['search'],
    async run(make) {
      const { store } = await setUp(make)
      const photo = store.put(bytesOf(1, 2, 3), { mediaType: 'image/png', text: 'a lighthouse at night' })
      store.put('the secret lighthouse', { text: false })
      same(store.search({ text: 'lighthouse' }).map(({ ref }) => ref), [photo])
      same(store.search({ text: 'secret' }), [])
    },
  },
  {
    name: 'a store without search refuses one',
    without: ['search'],
    async run(make) {
      const { store } = await setUp(make)
      store.put('something')
      fails('NOT_SUPPORTED', () => store.search({ text: 'something' }))
    },
  },
]
