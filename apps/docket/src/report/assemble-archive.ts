import { nearDuplicates, type NearDuplicates } from '../content/near-duplicates.ts'
import type { DocumentType } from '../content/sniff.ts'
import type { UnreadableContent } from '../content/unreadable.ts'
import type { Analysis, Archive, ArchiveTotals, DocumentEntry, PageEntry, UnreadableEntry } from './archive.ts'

/** A file that was ingested. */
export interface ArchiveFile {
  readonly path: string
  readonly hash: string
  readonly bytes: number
  readonly type: DocumentType
}

/** What became of a content, whatever number of files hold it. */
export interface ArchiveContent {
  readonly title?: string
  readonly characters: number
  readonly pages?: readonly PageEntry[]
  readonly analysis?: Analysis
  /** From `signature`; contents without one are compared with nothing. */
  readonly signature?: readonly number[]
}

export interface ArchiveParts {
  readonly files: readonly ArchiveFile[]
  /** By hash. A file whose content is missing here is listed as failed. */
  readonly contents: ReadonlyMap<string, ArchiveContent | UnreadableContent>
  readonly unreadable: readonly UnreadableEntry[]
}

const KEYWORDS_MAX = 60
const KEYWORD_DOCUMENTS_MIN = 2

/** Puts the results of all tasks together. The order of the parts does not matter: equal parts give an equal archive. */
export function assembleArchive(parts: ArchiveParts): Archive {
  const unreadable = [...parts.unreadable]
  const documents: DocumentEntry[] = []
  const first = new Map<string, DocumentEntry>()
  for (const file of [...parts.files].sort(byPath)) {
    const content = parts.contents.get(file.hash)
    if (content === undefined || 'kind' in content) {
      const verdict = content ?? { code: 'failed' as const, reason: 'A task on this file failed; the run says which.' }
      unreadable.push({ path: file.path, code: verdict.code, reason: verdict.reason, bytes: file.bytes })
      continue
    }
    const entry = describe(file, content, first.get(file.hash)?.path)
    if (!first.has(file.hash)) first.set(file.hash, entry)
    documents.push(entry)
  }
  const distinct = [...first.values()]
  const groups = findNearDuplicates(distinct, parts.contents)
  unreadable.sort(byPath)
  return {
    format: 1,
    totals: total(documents, distinct, groups, unreadable),
    documents,
    unreadable,
    nearDuplicates: groups,
    keywords: countKeywords(distinct, groups),
  }
}

function describe(file: ArchiveFile, content: ArchiveContent, duplicateOf: string | undefined): DocumentEntry {
  return {
    path: file.path,
    hash: file.hash,
    bytes: file.bytes,
    type: file.type,
    title: titleOf(file.path, content.title),
    characters: content.characters,
    pages: content.pages ?? [],
    ...(duplicateOf === undefined ? {} : { duplicateOf }),
    ...(content.analysis === undefined ? {} : { analysis: pick(content.analysis) }),
  }
}

/** Only what belongs to an archive: the model's answer may carry more. */
function pick({ sentences, tokens, language, sentiment, keywords, entities, summary, truncated }: Analysis): Analysis {
  return { sentences, tokens, language, sentiment, keywords, entities, summary, truncated }
}

/** Known by its folder, whatever its first line says: all licences begin alike. */
const LICENCE = /^(?:licen[cs]e|copying|notice)\b/i
const NAMELESS = /^(?:readme|changelog|history|changes|index)\b/i

/** A document without a title is known by its name; one with a name like README, by its folder too. */
function titleOf(path: string, title: string | undefined): string {
  const parts = path.split('/')
  const name = parts.at(-1) ?? path
  const folder = parts.at(-3)?.startsWith('@') === true ? `${parts.at(-3)}/${parts.at(-2)}` : parts.at(-2)
  const placed = folder === undefined ? name : `${folder}: ${name}`
  if (LICENCE.test(name)) return placed
  return title ?? (NAMELESS.test(name) ? placed : name)
}

function findNearDuplicates(distinct: readonly DocumentEntry[], contents: ArchiveParts['contents']): readonly NearDuplicates[] {
  const signed = distinct.flatMap(({ path, hash }) => {
    const content = contents.get(hash)
    const own = content !== undefined && 'signature' in content ? content.signature : undefined
    return own === undefined ? [] : [{ id: path, signature: own }]
  })
  return [...nearDuplicates(signed)].sort((a, b) => b.members.length - a.members.length || (a.leader < b.leader ? -1 : 1))
}

function total(
  documents: readonly DocumentEntry[],
  distinct: readonly DocumentEntry[],
  groups: readonly NearDuplicates[],
  unreadable: readonly UnreadableEntry[],
): ArchiveTotals {
  const copies = documents.filter((entry) => entry.duplicateOf !== undefined)
  const pages = distinct.flatMap((entry) => entry.pages)
  const recognised = pages.filter((page) => page.method === 'ocr')
  const sum = (numbers: readonly number[]): number => numbers.reduce((all, number) => all + number, 0)
  return {
    files: documents.length + unreadable.length,
    bytes: sum(documents.map((entry) => entry.bytes)) + sum(unreadable.map((entry) => entry.bytes ?? 0)),
    documents: distinct.length,
    duplicates: copies.length,
    duplicateBytes: sum(copies.map((entry) => entry.bytes)),
    nearDuplicates: sum(groups.map((group) => group.members.length)),
    unreadable: unreadable.length,
    pages: pages.length,
    pagesRecognised: recognised.length,
    confidenceMean: recognised.length === 0 ? 0 : Math.round((sum(recognised.map((page) => page.confidence)) / recognised.length) * 10) / 10,
    characters: sum(distinct.map((entry) => entry.characters)),
  }
}

/** Of each group of near-duplicates only the leader counts, or a licence in a hundred wordings would be what everything is about. */
function countKeywords(distinct: readonly DocumentEntry[], groups: readonly NearDuplicates[]): Archive['keywords'] {
  const counts = new Map<string, number>()
  const followers = new Set(groups.flatMap((group) => group.members.map(({ id }) => id)))
  for (const { analysis, path } of distinct) {
    if (followers.has(path)) continue
    for (const word of new Set(analysis?.keywords.map((keyword) => keyword.word.toLowerCase()))) counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  return [...counts]
    .filter(([, documents]) => documents >= KEYWORD_DOCUMENTS_MIN)
    .sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))
    .slice(0, KEYWORDS_MAX)
    .map(([word, documents]) => ({ word, documents }))
}

function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  return Buffer.compare(Buffer.from(a.path), Buffer.from(b.path))
}
