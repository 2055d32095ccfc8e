import type { Token } from './nlp-tokens.ts'

/** A word or pair of words a text is about. */
export interface Keyword {
  readonly word: string
  readonly count: number
}

/** Keywords and the weight of every stem, by which sentences are judged too. */
export interface KeywordReport {
  readonly keywords: readonly Keyword[]
  /** How often each stem that may be a keyword occurs. */
  readonly weights: ReadonlyMap<string, number>
}

/** Words of programs, which documentation is full of and which say nothing about a subject. */
const CODE_WORDS = new Set(
  'const let var function return import export require default await async new true false null undefined console log string number boolean void type'.split(' '),
)
const CONTENT = new Set(['NOUN', 'PROPN', 'ADJ'])
const LETTERS = /^\p{L}[\p{L}'’-]+$/u
/** A pair says more than a word, so it wins over a word that is half as frequent again. */
const PAIR_WEIGHT = 1.6
const PAIR_COUNT_MIN = 2

interface Candidate {
  readonly stems: readonly string[]
  count: number
  /** Spellings and how often each occurred: the most frequent one is shown. */
  readonly spellings: Map<string, number>
}

/**
 * What a text is about: nouns, names and adjectives by frequency, stop words and words of programs left out, inflected
 * forms counted together by their stem, pairs of neighbours (at least two occurrences) weighted 1.6. A word is left out when a better
 * pair contains it and it hardly occurs without. Ties go to whatever comes first in the text, so equal texts give equal keywords.
 */
export function findKeywords(tokens: readonly Token[], max: number): KeywordReport {
  const words = new Map<string, Candidate>()
  const pairs = new Map<string, Candidate>()
  let previous: Token | undefined
  for (const token of tokens) {
    const current = isContent(token) ? token : undefined
    if (current !== undefined) count(words, [current])
    if (current !== undefined && previous !== undefined && current.pos !== 'ADJ' && current.stem !== previous.stem) count(pairs, [previous, current])
    previous = current
  }
  const weights = new Map([...words].map(([stem, { count: times }]) => [stem, times]))
  return { keywords: choose([...words.values()], [...pairs.values()], max), weights }
}

function isContent(token: Token): boolean {
  return token.isWord && !token.isStopWord && CONTENT.has(token.pos) && LETTERS.test(token.value) && !CODE_WORDS.has(token.normal)
}

function count(candidates: Map<string, Candidate>, tokens: readonly Token[]): void {
  const key = tokens.map((token) => token.stem).join(' ')
  // Names keep their capitals; other words are shown in lower case wherever they stood.
  const spelling = tokens.map((token) => (token.pos === 'PROPN' ? token.value : token.normal)).join(' ')
  const candidate = candidates.get(key) ?? { stems: tokens.map((token) => token.stem), count: 0, spellings: new Map<string, number>() }
  candidate.count += 1
  candidate.spellings.set(spelling, (candidate.spellings.get(spelling) ?? 0) + 1)
  candidates.set(key, candidate)
}

function choose(words: readonly Candidate[], pairs: readonly Candidate[], max: number): readonly Keyword[] {
  const scored = [
    ...pairs.filter((pair) => pair.count >= PAIR_COUNT_MIN).map((candidate) => ({ candidate, score: candidate.count * PAIR_WEIGHT })),
    ...words.map((candidate) => ({ candidate, score: candidate.count })),
  ].sort((a, b) => b.score - a.score)
  const chosen: Candidate[] = []
  for (const { candidate } of scored) {
    if (chosen.length === max) break
    if (!chosen.some((better) => overlaps(candidate, better))) chosen.push(candidate)
  }
  return chosen.map((candidate) => ({ word: commonSpelling(candidate), count: candidate.count }))
}

function overlaps(candidate: Candidate, better: Candidate): boolean {
  if (candidate.stems.length === 1) return better.stems.length === 2 && better.stems.includes(candidate.stems[0] as string) && candidate.count <= better.count * PAIR_WEIGHT
  return better.stems.length === 2 && candidate.stems.some((stem) => better.stems.includes(stem))
}

function commonSpelling(candidate: Candidate): string {
  let best = ''
  let times = 0
  for (const [spelling, found] of candidate.spellings) {
    if (found <= times) continue
    best = spelling
    times = found
  }
  return best
}
