import { displayPath } from '../content/display-path.ts'
import type { Archive, DocumentEntry } from './archive.ts'

/** A document as the page's script reads it: short lists instead of named fields where there are many. */
export interface PageRow {
  readonly n: number
  readonly title: string
  readonly path: string
  readonly type: string
  readonly bytes: number
  readonly characters: number
  readonly sentences: number
  readonly sentiment: number
  readonly language: string
  readonly truncated: boolean
  readonly hash: string
  /** Number of the row with the same content, -1 if this is the first. */
  readonly copyOf: number
  readonly keywords: readonly (readonly [string, number])[]
  readonly entities: readonly (readonly [string, string, number])[]
  readonly summary: readonly string[]
  readonly pages: readonly (readonly [page: number, method: string, confidence: number, dpi: number, doubtful: readonly string[]])[]
  readonly near: readonly (readonly [number, number])[]
}

/** The rows of the documents table. Copies carry no analysis of their own but show that of their original. */
export function pageRows(archive: Archive): readonly PageRow[] {
  const numbers = new Map(archive.documents.map((entry, n) => [entry.path, n]))
  const near = relatives(archive, numbers)
  return archive.documents.map((entry, n) => {
    const copyOf = entry.duplicateOf === undefined ? -1 : (numbers.get(entry.duplicateOf) ?? -1)
    return { n, ...describe(entry), copyOf, near: near.get(copyOf < 0 ? n : copyOf) ?? [] }
  })
}

function describe(entry: DocumentEntry): Omit<PageRow, 'n' | 'copyOf' | 'near'> {
  const { analysis } = entry
  return {
    title: displayPath(entry.title),
    path: displayPath(entry.path),
    type: entry.type,
    bytes: entry.bytes,
    characters: entry.characters,
    sentences: analysis?.sentences ?? 0,
    sentiment: analysis?.sentiment ?? 0,
    language: analysis?.language ?? 'en',
    truncated: analysis?.truncated ?? false,
    hash: entry.hash,
    keywords: analysis?.keywords.map(({ word, count }) => [word, count] as const) ?? [],
    entities: analysis?.entities.map(({ type, value, count }) => [type, value, count] as const) ?? [],
    summary: analysis?.summary.map(({ text }) => text.replace(/\s+/g, ' ')) ?? [],
    pages: entry.pages.map((page) => [page.page, page.method, page.confidence, page.dpi ?? 0, page.doubtful?.map(({ text }) => text) ?? []] as const),
  }
}

function relatives(archive: Archive, numbers: ReadonlyMap<string, number>): ReadonlyMap<number, readonly (readonly [number, number])[]> {
  const found = new Map<number, (readonly [number, number])[]>()
  const add = (from: string, to: string, similarity: number): void => {
    const row = numbers.get(from)
    const other = numbers.get(to)
    if (row === undefined || other === undefined) return
    found.set(row, [...(found.get(row) ?? []), [other, similarity]])
  }
  for (const { leader, members } of archive.nearDuplicates) {
    for (const { id, similarity } of members) {
      add(leader, id, similarity)
      add(id, leader, similarity)
    }
  }
  return found
}
