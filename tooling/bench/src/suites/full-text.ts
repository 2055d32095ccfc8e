import { createArtifactStore } from '@symphony/artifacts'
import MiniSearch from 'minisearch'
import type { SearchOptions } from 'minisearch'
import type { Benchmark, Contestant, Prepared } from '../benchmark.ts'
import { libraryOf } from '../workloads/library.ts'

const words = Array.from({ length: 5000 }, (_, index) => `word${index.toString(36)}`)
const DOCUMENTS = 2000
const textOf = (document: number): string => `document${document} ${Array.from({ length: 60 }, (_, index) => words[(document * 37 + index * index * 13) % words.length]).join(' ')}`

function indexText(): Prepared {
  let store: ReturnType<typeof createArtifactStore>
  return {
    prepare() {
      store = createArtifactStore({})
    },
    run() {
      for (let document = 0; document < DOCUMENTS; document++) store.put(textOf(document))
      if (store.search({ text: 'word0' }).length === 0) throw new Error('nothing was found')
      return DOCUMENTS
    },
    dispose: () => store.close(),
  }
}

const miniSearchIndex: Contestant = {
  name: 'minisearch',
  setup: () => ({
    run() {
      const index = new MiniSearch({ fields: ['text'] })
      for (let id = 0; id < DOCUMENTS; id++) index.add({ id, text: textOf(id) })
      return DOCUMENTS
    },
  }),
}

function queryText(): Prepared {
  const store = createArtifactStore({})
  for (let document = 0; document < 20_000; document++) store.put(textOf(document))
  store.search({ text: 'word1' })
  let next = 0
  return {
    run() {
      for (let index = 0; index < 50; index++) store.search({ text: words[next++ % words.length] as string, limit: 20 })
      return 50
    },
    dispose: () => store.close(),
  }
}

function miniSearchQuery(name: string, options: SearchOptions): Contestant {
  return {
    name,
    setup() {
      const engine = new MiniSearch({ fields: ['text'] })
      for (let id = 0; id < 20_000; id++) engine.add({ id, text: textOf(id) })
      let next = 0
      return {
        run() {
          for (let index = 0; index < 50; index++) engine.search(words[next++ % words.length] as string, options)
          return 50
        },
      }
    },
  }
}

/** The store's own rules: longer words may be begun only, or misspelt. */
const tolerant: SearchOptions = { prefix: (term) => term.length > 3, fuzzy: (term) => (term.length > 4 ? 0.2 : false) }
const queryPeers = [miniSearchQuery('minisearch, prefix and fuzzy', tolerant), miniSearchQuery('minisearch, exact', {})]

const MANY_DOCUMENTS = 100_000
const QUERIES = 200

/** One query in a hundred takes longer than this: of one or two words, every other one misspelt, ranked, of one kind and media type. */
function slowQueries(): Prepared {
  const library = libraryOf(MANY_DOCUMENTS)
  const store = createArtifactStore({})
  for (let document = 0; document < MANY_DOCUMENTS; document++) store.put(library.document(document), { tags: { kind: `kind-${document % 16}` } })
  let next = 0
  let found = 0
  const ask = (): number => {
    const { text, document } = library.query(next++)
    const startedAtMs = performance.now()
    found += store.search({ text, tags: { kind: `kind-${document % 16}` }, mediaType: 'text/plain', limit: 20 }).length
    return performance.now() - startedAtMs
  }
  return {
    run() {
      const timesMs = Float64Array.from({ length: QUERIES }, ask).sort()
      if (found === 0) throw new Error('nothing was found')
      return timesMs[Math.ceil(QUERIES * 0.99) - 1] as number
    },
    dispose: () => store.close(),
  }
}

export const fullText: readonly Benchmark[] = [
  { group: 'Artifacts', name: 'full text: documents indexed', unit: 'op/s', bar: 8e3, setup: indexText, peers: [miniSearchIndex] },
  { group: 'Artifacts', name: 'full text: query of one word, 20,000 documents', unit: 'op/s', setup: queryText, peers: queryPeers },
  { group: 'Artifacts', name: 'full text: p99 of ranked, fuzzy, filtered queries, 100,000 documents', unit: 'ms', bar: 10, setup: slowQueries },
]
