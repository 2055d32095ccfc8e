import type { ArtifactHit, ArtifactQuery } from '@symphony/interface'
import { lazyModule } from '@symphony/ports'
import type MiniSearch from 'minisearch'
import type { ArtifactState } from './artifact-state.ts'
import type { Contents } from './contents.ts'
import { SEARCH_TEXT } from './layout.ts'

const minisearch = lazyModule<typeof import('minisearch')>(() => import.meta.resolve('minisearch'))

/** As much of a content is indexed. */
const TEXT_BYTES_MAX = 64 * 1024
const LIMIT_DEFAULT = 20
/** Removed entries stay in the posting lists until there are so many, then all go at once. */
const CLEAN_UP_ENTRIES = 1_000
const CLEAN_UP_SHARE = 0.2

interface TextEntry {
  readonly id: number
  readonly name: string
  readonly tags: string
  readonly text: string
}

/**
 * Full text over contents, names and tags. Derived, hence never logged: it is built from what is stored when the first search
 * comes, and from then on takes in what changed before it answers, so that a search always sees what was put before it.
 */
export class TextIndex {
  readonly #state: ArtifactState
  readonly #contents: Contents
  #index: MiniSearch<TextEntry> | undefined
  /** Rows that changed since the index last looked at them. */
  readonly #changed = new Set<number>()
  /** Why there is no index: what is derived must not keep what is stored from being stored. */
  #failure: string | undefined

  constructor(state: ArtifactState, contents: Contents) {
    this.#state = state
    this.#contents = contents
  }

  /** Why texts are not searched, undefined while they are. */
  get failure(): string | undefined {
    return this.#failure
  }

  /** A row was added or its name or tags changed. */
  changed(row: number): void {
    if (this.#index !== undefined) this.#changed.add(row)
  }

  removed(row: number): void {
    this.#changed.delete(row)
    this.#guarded(() => {
      if (this.#index?.has(row) === true) this.#index.discard(row)
    })
  }

  /** Everything may be different: begin anew at the next search. */
  reset(): void {
    this.#failure = undefined
    this.#index = undefined
    this.#changed.clear()
  }

  /** Takes in what changed. Cheap when nothing did. @returns undefined when the index has failed */
  refresh(): MiniSearch<TextEntry> | undefined {
    return this.#guarded(() => this.#refreshed())
  }

  #guarded<R>(work: () => R): R | undefined {
    if (this.#failure !== undefined) return undefined
    try {
      return work()
    } catch (error) {
      this.#failure = error instanceof Error ? error.message : String(error)
      this.#index = undefined
      this.#changed.clear()
      return undefined
    }
  }

  #refreshed(): MiniSearch<TextEntry> {
    let index = this.#index
    if (index === undefined) {
      this.#index = index = newIndex()
      for (let row = this.#state.oldest; row >= 0; row = (this.#state.columns.newer[row] as number) - 1) this.#add(index, row)
    }
    if (this.#changed.size > 0) {
      for (const row of this.#changed) {
        if (index.has(row)) index.discard(row)
        this.#add(index, row)
      }
      this.#changed.clear()
    }
    if (index.dirtCount > CLEAN_UP_ENTRIES && index.dirtFactor > CLEAN_UP_SHARE) {
      // One batch of everything: it is done when the call returns, and no timer is involved.
      void index.vacuum({ batchSize: Infinity, batchWait: 0 })
    }
    return index
  }

  search({ text, tags, mediaType, madeBy, limit = LIMIT_DEFAULT }: ArtifactQuery): readonly ArtifactHit[] {
    const state = this.#state
    const wanted = Object.entries(tags ?? {})
    const matches = (row: number): boolean => {
      const record = state.record(row)
      if (mediaType !== undefined && record.mediaType !== mediaType) return false
      if (madeBy !== undefined && record.madeBy !== madeBy) return false
      return wanted.every(([key, value]) => record.tags[key] === value)
    }
    const hits: ArtifactHit[] = []
    if (text === undefined) {
      for (let row = state.newest; row >= 0 && hits.length < limit; row = (state.columns.older[row] as number) - 1) {
        if (matches(row)) hits.push({ ref: state.record(row).ref, score: 0, head: state.head(row) })
      }
      return hits
    }
    const isFiltered = wanted.length > 0 || mediaType !== undefined || madeBy !== undefined
    const found = this.#guarded(() => this.#refreshed().search(text, isFiltered ? { filter: ({ id }) => matches(id as number) } : {}))
    if (found === undefined) return this.#byMetadata(text, matches, limit)
    return found.slice(0, limit).map(({ id, score }) => ({ ref: state.record(id as number).ref, score, head: state.head(id as number) }))
  }

  /** Without an index: newest first, what has all words in its name or tags. */
  #byMetadata(text: string, matches: (row: number) => boolean, limit: number): readonly ArtifactHit[] {
    const state = this.#state
    const words = text.toLowerCase().split(/\s+/).filter((word) => word !== '')
    const hits: ArtifactHit[] = []
    for (let row = state.newest; row >= 0 && hits.length < limit; row = (state.columns.older[row] as number) - 1) {
      const { names, tags, ref } = state.record(row)
      const told = [...names, ...Object.values(tags)].join(' ').toLowerCase()
      if (words.length > 0 && words.every((word) => told.includes(word)) && matches(row)) hits.push({ ref, score: 0, head: state.head(row) })
    }
    return hits
  }

  #add(index: MiniSearch<TextEntry>, row: number): void {
    const { names, tags, text } = this.#state.record(row)
    const searchText = this.#state.columns.searchText[row]
    const isFindable = searchText !== SEARCH_TEXT.NONE || names.length > 0 || Object.keys(tags).length > 0
    if (!isFindable) return
    const content = searchText === SEARCH_TEXT.CONTENT ? this.#contentOf(row) : (text ?? '')
    index.add({ id: row, name: names.join(' '), tags: Object.values(tags).join(' '), text: content })
  }

  #contentOf(row: number): string {
    try {
      const bytes = this.#contents.prefix(this.#state.stored(row), TEXT_BYTES_MAX)
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
    } catch {
      // A damaged content must not keep the others from being found; `get` and `verify` tell about it.
      return ''
    }
  }
}

function newIndex(): MiniSearch<TextEntry> {
  return new (minisearch().default)<TextEntry>({
    fields: ['name', 'tags', 'text'],
    autoVacuum: false,
    searchOptions: {
      boost: { name: 3, tags: 2 },
      // Short words have too many neighbours for likeness to mean anything.
      prefix: (term) => term.length > 3,
      fuzzy: (term) => (term.length > 4 ? 0.2 : false),
      combineWith: 'AND',
    },
  })
}
