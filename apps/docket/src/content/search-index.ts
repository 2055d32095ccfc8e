import MiniSearch, { type Options } from 'minisearch'
import { SymphonyError } from '@symphony/interface'
import { splitPassages } from './passages.ts'
import { termOf, wordsOf } from './search-terms.ts'
import type { PageSpan } from './merge.ts'

/** A document to be found: its text, and where its pages lie in it. */
export interface IndexedDocument {
  readonly path: string
  /** Of the file's content: evidence carries it, so that anyone can check it against the file. */
  readonly hash: string
  readonly title?: string
  readonly text: string
  readonly pages?: readonly Pick<PageSpan, 'page' | 'offset' | 'length'>[]
}

/** A passage of a document: the number of the document, and where the passage lies in its text. */
export type PassageRow = readonly [document: number, start: number, end: number]

/** Documents, their passages, and the index over the passages (BM25+ by minisearch). */
export interface SearchIndex {
  readonly documents: readonly IndexedDocument[]
  readonly passages: readonly PassageRow[]
  readonly engine: MiniSearch<PassageEntry>
}

export interface PassageEntry {
  readonly id: number
  readonly text: string
  readonly title: string
}

/** Raised whenever stored indexes can no longer be read. */
const FORMAT = 1

const OPTIONS: Options<PassageEntry> = {
  fields: ['text', 'title'],
  tokenize: (text) => [...wordsOf(text)],
  processTerm: termOf,
}

/**
 * Builds the passage index over a set of documents. Give every content once: copies would only repeat its evidence.
 *
 * @example
 * const index = buildSearchIndex([{ path: 'a.txt', hash: '…', text: 'The ferry leaves at six.' }])
 */
export function buildSearchIndex(documents: readonly IndexedDocument[]): SearchIndex {
  const engine = new MiniSearch<PassageEntry>(OPTIONS)
  const passages: PassageRow[] = []
  for (const [number, document] of documents.entries()) {
    for (const { start, end } of splitPassages(document.text)) {
      engine.add({ id: passages.length, text: document.text.slice(start, end), title: headOf(document) })
      passages.push([number, start, end])
    }
  }
  return { documents, passages, engine }
}

/** What is known of a document beside its text: its title and the words of its path. */
export function headOf(document: Pick<IndexedDocument, 'path' | 'title'>): string {
  return `${document.title ?? ''} ${document.path}`
}

/** The index as text, to be stored beside the archive. Equal documents give equal text. */
export function serialiseIndex(index: SearchIndex): string {
  return JSON.stringify({ format: FORMAT, documents: index.documents, passages: index.passages, engine: index.engine })
}

/**
 * The index from its stored text.
 *
 * @throws SymphonyError LAYOUT_MISMATCH for the text of another version, or none at all: build the index again.
 */
export function deserialiseIndex(stored: string): SearchIndex {
  try {
    const { format, documents, passages, engine } = JSON.parse(stored) as { format: number, engine: Parameters<typeof MiniSearch.loadJS>[0] } & SearchIndex
    if (format === FORMAT) return { documents, passages, engine: MiniSearch.loadJS<PassageEntry>(engine, OPTIONS) }
  } catch {
    // Falls through to the one error its caller can act on.
  }
  const message = 'The stored search index is damaged or of another version; build it again from the documents.'
  throw new SymphonyError({ code: 'LAYOUT_MISMATCH', component: 'docket/search', message })
}
