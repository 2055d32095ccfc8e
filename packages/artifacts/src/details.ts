import type { ArtifactInit, ArtifactQuery, ArtifactRef } from '@symphony/interface'
import { invalid } from './failures.ts'
import { isAddress } from './hash-words.ts'
import { SEARCH_TEXT } from './layout.ts'

/** What came with a put, checked, with its defaults. Never changed. */
export interface Details {
  readonly mediaType: string
  readonly name: string | undefined
  readonly tags: Readonly<Record<string, string>>
  readonly parents: readonly ArtifactRef[]
  readonly madeBy: string | undefined
  readonly costMs: number
  /** NaN when its maker did not judge it. */
  readonly quality: number
  /** One of `SEARCH_TEXT`. */
  readonly searchText: number
  /** The text of `SEARCH_TEXT.GIVEN`. */
  readonly text: string | undefined
}

export const MEDIA_TYPES = { BYTES: 'application/octet-stream', TEXT: 'text/plain', JSON: 'application/json' } as const

export const NO_TAGS: Readonly<Record<string, string>> = Object.freeze({})
export const NO_PARENTS: readonly ArtifactRef[] = Object.freeze([])

const plain = new Map<string, Details>(Object.values(MEDIA_TYPES).map((mediaType) => [mediaType, Object.freeze(withoutInit(mediaType))]))

const KEYS: ReadonlySet<string> = new Set(['mediaType', 'name', 'tags', 'parents', 'madeBy', 'costMs', 'quality', 'text'])

/** @throws SymphonyError `INVALID_ARGUMENT`, `UNKNOWN_KEY` */
export function checkedDetails(init: ArtifactInit | undefined, defaultMediaType: string): Details {
  if (init === undefined) return plain.get(defaultMediaType) as Details
  for (const key in init) {
    if (!KEYS.has(key)) throw invalid(`"${key}" is nothing an artifact can have; it can have ${[...KEYS].join(', ')}.`, 'UNKNOWN_KEY')
  }
  const { mediaType = defaultMediaType, name, tags, parents, madeBy, costMs = 0, quality, text } = init
  if (!isWord(mediaType)) throw invalid('"mediaType" has to be a text such as "text/plain".')
  if (name !== undefined && !isWord(name)) throw invalid('"name" has to be a text that is not empty.')
  if (madeBy !== undefined && !isWord(madeBy)) throw invalid('"madeBy" has to be a text that is not empty.')
  if (!(costMs >= 0 && costMs < Infinity)) throw invalid(`"costMs" has to be milliseconds from 0, not ${String(costMs)}.`)
  if (quality !== undefined && !(quality >= 0 && quality <= 1)) throw invalid(`"quality" has to be a number from 0 to 1, not ${String(quality)}.`)
  if (text !== undefined && text !== false && typeof text !== 'string') throw invalid('"text" has to be the text to find it by, or false.')
  return {
    mediaType,
    name,
    tags: tags === undefined ? NO_TAGS : checkedTags(tags),
    parents: parents === undefined ? NO_PARENTS : checkedParents(parents),
    madeBy,
    costMs,
    quality: quality ?? NaN,
    searchText: searchTextOf(text, mediaType),
    text: typeof text === 'string' ? text : undefined,
  }
}

/** A frozen copy. @throws SymphonyError `INVALID_ARGUMENT` */
export function checkedTags(tags: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  if (typeof tags !== 'object' || tags === null) throw invalid('"tags" has to be an object of texts.')
  for (const [key, value] of Object.entries(tags)) if (typeof value !== 'string') throw invalid(`Tag "${key}" has to be a text, not ${typeof value}.`)
  return Object.freeze({ ...tags })
}

/** @throws SymphonyError `INVALID_ARGUMENT` */
export function checkedQuery(query: ArtifactQuery): ArtifactQuery {
  const { text, tags, limit } = query
  if (text !== undefined && typeof text !== 'string') throw invalid('"text" has to be the words to find.')
  if (limit !== undefined && !(Number.isInteger(limit) && limit > 0)) throw invalid(`"limit" has to be a whole number from 1, not ${String(limit)}.`)
  return tags === undefined ? query : { ...query, tags: checkedTags(tags) }
}

function checkedParents(parents: readonly ArtifactRef[]): readonly ArtifactRef[] {
  if (!Array.isArray(parents)) throw invalid('"parents" has to be a list of artifact references.')
  const stranger: unknown = parents.find((parent) => !isAddress(parent))
  if (stranger !== undefined) throw invalid(`"${String(stranger).slice(0, 80)}" among the parents is no artifact reference: 64 lower-case hex digits.`)
  return Object.freeze([...new Set(parents)])
}

function isWord(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function searchTextOf(text: string | false | undefined, mediaType: string): number {
  if (text === false) return SEARCH_TEXT.NONE
  if (text !== undefined) return SEARCH_TEXT.GIVEN
  return /^text\/|^application\/(json|xml)\b|\+(json|xml)\b/.test(mediaType) ? SEARCH_TEXT.CONTENT : SEARCH_TEXT.NONE
}

function withoutInit(mediaType: string): Details {
  return {
    mediaType,
    name: undefined,
    tags: NO_TAGS,
    parents: NO_PARENTS,
    madeBy: undefined,
    costMs: 0,
    quality: NaN,
    searchText: searchTextOf(undefined, mediaType),
    text: undefined,
  }
}
