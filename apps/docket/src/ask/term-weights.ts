import type { SearchIndex } from '../content/search-index.ts'
import { termOf, wordsOf } from '../content/search-terms.ts'

/** How much each term of a question is worth. */
export interface TermWeights {
  /** Share of the question's weight that a text covers, 0 to 1. */
  coverage(text: string): number
  /** The same weights for the sentences of a document whose head covers some terms already: those hardly count any more. */
  beside(head: string): TermWeights
}

interface Weighted {
  readonly term: string
  readonly weight: number
}

/** What a term that the document's head has is still worth in a sentence. */
const HEAD_SHARE = 0.25
/** A longer form of a term counts nearly as much as the term itself, another spelling somewhat less. */
const RELATED_SHARE = 0.8
const RELATED_LETTERS_MIN = 4
const ENDING_LETTERS_MAX = 5
const MISSPELT_SHARE = 0.6
const MISSPELT_LETTERS_MIN = 6

/**
 * Weighs terms by how few passages have them (inverse document frequency), so that a rare word of the question decides and a word that
 * occurs nowhere keeps other words from passing for an answer.
 */
export function weighTerms(index: SearchIndex, terms: readonly string[]): TermWeights {
  const total = index.passages.length
  return weights(
    terms.map((term) => {
      const passages = index.engine.search(term, { fields: ['text'] }).length
      return { term, weight: Math.log2(1 + total / (1 + passages)) }
    }),
  )
}

function weights(weighted: readonly Weighted[]): TermWeights {
  const sum = weighted.reduce((all, { weight }) => all + weight, 0)
  return {
    coverage(text) {
      const present = termsIn(text)
      let covered = 0
      for (const { term, weight } of weighted) covered += weight * presence(term, present)
      return sum === 0 ? 0 : covered / sum
    },
    beside(head) {
      const present = termsIn(head)
      return weights(weighted.map(({ term, weight }) => ({ term, weight: present.has(term) ? weight * HEAD_SHARE : weight })))
    },
  }
}

function termsIn(text: string): ReadonlySet<string> {
  return new Set(wordsOf(text).map(termOf))
}

function presence(term: string, present: ReadonlySet<string>): number {
  if (present.has(term)) return 1
  let best = 0
  for (const word of present) best = Math.max(best, likeness(term, word))
  return best
}

function likeness(term: string, word: string): number {
  const [short, long] = term.length <= word.length ? [term, word] : [word, term]
  if (short.length < RELATED_LETTERS_MIN || long.length - short.length > ENDING_LETTERS_MAX) return 0
  // "inspect" and "inspected", "replace" and "replacement", "supply" and "supplies".
  if (long.startsWith(short) || (/[ey]$/.test(short) && short.length > RELATED_LETTERS_MIN && long.startsWith(short.slice(0, -1)))) return RELATED_SHARE
  return short.length >= MISSPELT_LETTERS_MIN && differByOne(short, long) ? MISSPELT_SHARE : 0
}

/** Whether one letter changed, added or left out makes one word of the other. */
function differByOne(short: string, long: string): boolean {
  if (long.length - short.length > 1) return false
  let start = 0
  while (start < short.length && short[start] === long[start]) start += 1
  return short.slice(start + (long.length === short.length ? 1 : 0)) === long.slice(start + 1)
}
