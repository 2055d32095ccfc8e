import { artifactsSuite, judge } from '@symphony/conformance'
import type { SuiteSetup } from '@symphony/conformance'
import type { ArtifactInit, ArtifactRef, ArtifactStore, Json, Lsn, ReplicaSource, Supervised } from '@symphony/interface'
import { createArtifactStore } from '@symphony/artifacts'
import { expect, it } from 'vitest'
import { makeSubject } from './subject.ts'

type Break = (store: ArtifactStore) => Partial<ArtifactStore>

/** A store in which some calls do the wrong thing. */
function broken(store: ArtifactStore, breakIt: Break): ArtifactStore {
  const wrong = breakIt(store)
  return new Proxy(store, {
    get(target, key) {
      const own = wrong[key as keyof ArtifactStore] ?? target[key as keyof ArtifactStore]
      return typeof own === 'function' ? (own as (...args: never[]) => unknown).bind(target) : own
    },
  })
}

function setupOf(breakIt: Break, hasFolder = false): SuiteSetup<ArtifactStore> {
  const { supports } = createArtifactStore()
  return {
    supports: { ...supports, features: { ...supports.features, persistence: hasFolder, replica: hasFolder } },
    create: (options) => makeSubject(options, hasFolder, (store) => broken(store, breakIt)),
  }
}

type Toy = readonly [what: string, caught: string, breakIt: Break, hasFolder?: boolean]

/** The optional contract of a store that may fail inside. */
const supervised = (wrong: Partial<Supervised>): Partial<ArtifactStore> => wrong as Partial<ArtifactStore>

const FAILS_INSIDE = 'a store that has failed inside says so once, and takes nothing; a read gives what was put, or says that it may be tried again'
const IS_REBUILT = 'a store that is rebuilt from what it logged is where it was, and goes on from there'

const toys: readonly Toy[] = [
  ['a store that goes on with a broken inside', FAILS_INSIDE, () => supervised({ quarantine() {} })],
  ['a store that says no where it does not know', FAILS_INSIDE, (store) => ({ has: (ref: ArtifactRef) => store.health().status !== 'quarantined' && store.has(ref) })],
  ['a store that is told its log on top of what it had', IS_REBUILT, () => supervised({ reset() {} })],
  ['a store that forgets in the middle of being rebuilt', IS_REBUILT, (store) => ({
    applyCommand: (type: number, body: Uint8Array, lsn: Lsn) => {
      if (Number(lsn) % 7 !== 0) store.applyCommand(type, body, lsn)
    },
  })],
  ['a store that gives a different address to every put', 'equal content is stored once, whatever it was put as', (store) => {
    let count = 0
    return { put: (content: Uint8Array | string, init?: ArtifactInit) => store.put(typeof content === 'string' ? `${content}${++count}` : Buffer.concat([content, Buffer.of(++count)]), init) }
  }],
  ['a store that keeps the bytes of its caller', 'what happens to the bytes after a put does not matter', (store) => {
    const kept = new Map<ArtifactRef, Uint8Array>()
    return {
      put(content: Uint8Array | string, init?: ArtifactInit) {
        const ref = store.put(content, init)
        if (typeof content !== 'string') kept.set(ref, content)
        return ref
      },
      get: (ref: ArtifactRef) => kept.get(ref) ?? store.get(ref),
    }
  }],
  ['a store that forgets what a second put says', 'a later put adds tags and parents, and changes nothing else', (store) => ({
    put: (content: Uint8Array | string, init?: ArtifactInit) => {
      const ref = store.put(content)
      store.delete(ref)
      return store.put(content, init)
    },
  })],
  ['a store that answers with nothing for what it does not know', 'what was never put is unknown', (store) => ({ get: (ref: ArtifactRef) => (store.has(ref) ? store.get(ref) : new Uint8Array()) })],
  ['a store that deletes what is pinned', 'a pinned artifact is not deleted until as many pins are gone', () => ({ pin() {}, unpin() {} })],
  ['a store whose pins do not count', 'a pinned artifact is not deleted until as many pins are gone', (store) => ({
    pin: (ref: ArtifactRef) => {
      if (store.head(ref)?.pins === 0) store.pin(ref)
    },
  })],
  ['a store that recalls results with gaps', 'a result is recalled only while all of it is there', (store) => {
    const results = new Map<string, readonly ArtifactRef[]>()
    return {
      remember: (key: string, refs: readonly ArtifactRef[]) => {
        store.remember(key, refs)
        results.set(key, [...refs])
      },
      recall: (key: string) => results.get(key),
    }
  }],
  ['a store that writes JSON as it comes', 'equal values have one address as JSON', (store) => ({
    putJson: (value: Json, init?: ArtifactInit) => store.put(JSON.stringify(value), { mediaType: 'application/json', ...init }),
  })],
  ['a store that parses whatever looks like JSON', 'a content comes back as the value it was made of', (store) => ({
    getValue: (ref: ArtifactRef) => (/^[{["]/.test(store.getText(ref)) ? store.getJson(ref) : store.get(ref)),
  })],
  ['a store that takes what it can of a broken stream', 'a stream that breaks off leaves nothing', (store) => ({
    async putStream(content: AsyncIterable<Uint8Array>, init?: ArtifactInit) {
      const chunks: Uint8Array[] = []
      try {
        for await (const chunk of content) chunks.push(chunk.slice())
      } catch (error) {
        store.put(Buffer.concat(chunks), init)
        throw error
      }
      return store.put(Buffer.concat(chunks), init)
    },
  })],
  ['a store that holds on to the chunks of a stream', 'a stream is stored as the same content put at once', (store) => ({
    async putStream(content: AsyncIterable<Uint8Array>, init?: ArtifactInit) {
      const chunks: Uint8Array[] = []
      for await (const chunk of content) chunks.push(chunk)
      return store.put(Buffer.concat(chunks), init)
    },
  })],
  ['a store whose search lags behind', 'a search finds text, names and tags as soon as they are put', (store) => {
    let last: readonly ArtifactRef[] = []
    return {
      search: (query) => {
        const hits = store.search(query).filter(({ ref }) => last.includes(ref))
        last = [...store.refs()]
        return hits
      },
    }
  }],
  ['a store that replays only what is about content', 'replaying the log gives the state that wrote it', (store) => ({
    applyCommand: (type, body, lsn) => {
      if (type === 1) store.applyCommand(type, body, lsn)
    },
  })],
  ['a store that says nothing of what it deletes', 'what was logged is told by command and address, and looking changes nothing', (store) => ({
    describeCommand: (type, body) => (type === 5 ? undefined : store.describeCommand?.(type, body)),
  })],
  ['a store whose snapshot tells the time', 'a snapshot does not depend on reads and on the time', (store) => {
    let reads = 0
    return {
      get: (ref: ArtifactRef) => {
        reads++
        return store.get(ref)
      },
      snapshot: () => Buffer.concat([store.snapshot(), Buffer.of(reads)]),
    }
  }],
  ['a store that loses what it had when it is opened again', 'everything is there after opening again, and goes on', () => ({ applyCommand() {} }), true],
  ['a store that says nothing about damage', 'changed bytes are never handed out', () => ({ async *verify() {} }), true],
  ['a store whose replica nobody can make', 'a replica told the log gives the same snapshot at every point, from the beginning and from any checkpoint on', ({ replica }) => ({ replica: { ...(replica as ReplicaSource), factory: 'nobody' } }), true],
  ['a store that has a replica without a word', 'who does not claim a replica offers none', () => ({ replica: { module: 'data:text/javascript,', factory: 'create', init: null } })],
  ['a store that works on after its end', 'a closed store refuses everything, and closing twice is no mistake', () => ({ close: async () => {} })],
]

it.each(toys.map((toy) => [toy[0], toy[1], toy] as const))('%s is caught by: %s', async (_, caught, [, , breakIt, hasFolder = false]) => {
  const outcomes = await judge({ ...artifactsSuite, cases: artifactsSuite.cases.filter(({ name }) => name === caught) }, setupOf(breakIt, hasFolder))
  expect(outcomes.map(({ name, outcome }) => `${outcome}: ${name}`)).toEqual([`failed: ${caught}`])
})

it('an unbroken store behind the same proxy passes', async () => {
  for (const hasFolder of [false, true]) {
    const outcomes = await judge(artifactsSuite, setupOf(() => ({}), hasFolder))
    expect(outcomes.filter(({ outcome }) => outcome === 'failed')).toEqual([])
  }
})
