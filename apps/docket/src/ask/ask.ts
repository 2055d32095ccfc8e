import { pageAt } from '../content/merge.ts'
import { headOf, type SearchIndex } from '../content/search-index.ts'
import { questionTerms } from '../content/search-terms.ts'
import { splitSentences } from '../content/sentences.ts'
import { likelihood } from './likelihood.ts'
import { weighTerms, type TermWeights } from './term-weights.ts'

/** A sentence that supports an answer, and where to find it. */
export interface Evidence {
  readonly path: string
  /** From 1; absent for documents without pages. */
  readonly page?: number
  /** Word for word from the document's text, at `offset`. */
  readonly quote: string
  readonly offset: number
  /** Of the file's content. */
  readonly hash: string
  /** 0 to 1: how much of the question the sentence covers. For ordering, not for certainty. */
  readonly score: number
}

/** An answer made of sentences from the archive, and nothing else. */
export interface Answer {
  readonly answer: string
  readonly evidence: readonly Evidence[]
}

export interface AskOptions {
  /** Default 5. */
  readonly evidenceMax?: number
}

export const NO_ANSWER = 'Nothing in the archive answers this question.'
/** Opens an answer that covers the question only in part. */
export const UNSURE = 'Nothing answers this plainly; the closest passage:'
const SURE_MIN = 0.5
const EVIDENCE_MAX = 5
const PASSAGES_MAX = 60
/** Covering less of the question's weight than this is a chance meeting of words. */
const COVERAGE_MIN = 0.34
/** A second sentence joins the answer if it covers most of the question too. */
const SECOND_MIN = 0.75
/** A sentence keeps this share of what only its neighbours in the passage say. */
const PASSAGE_SHARE = 0.35

interface Candidate extends Evidence {
  readonly key: string
}

/**
 * Answers a question with sentences from the archive, each with its document, page and exact place. The same index and question give
 * the same answer. A question nothing matches gets {@link NO_ANSWER} and no evidence.
 *
 * @example
 * const { answer, evidence } = ask(index, 'How large are the heat losses?')
 * for (const { path, page, quote } of evidence) console.log(`${quote} (${path}, page ${page})`)
 */
export function ask(index: SearchIndex, question: string, options: AskOptions = {}): Answer {
  const terms = questionTerms(question)
  if (terms.length === 0) return { answer: NO_ANSWER, evidence: [] }
  const weights = weighTerms(index, terms)
  const found = index.engine.search(terms.join(' '), {
    prefix: (term) => term.length > 3 && !/\d/.test(term),
    fuzzy: (term) => (term.length > 5 && !/\d/.test(term) ? 0.2 : false),
    boost: { title: 0.6 },
    // The same word spelt as asked is worth more than a longer or a similar one.
    weights: { prefix: 0.5, fuzzy: 0.3 },
  })
  const best = found.slice(0, PASSAGES_MAX).flatMap((hit) => candidatesOf(index, hit.id as number, question, weights))
  const evidence = distinct(best.sort(byScore)).slice(0, options.evidenceMax ?? EVIDENCE_MAX)
  return { answer: compose(evidence), evidence: evidence.map(({ key: _, ...rest }) => rest) }
}

function candidatesOf(index: SearchIndex, number: number, question: string, weights: TermWeights): readonly Candidate[] {
  const [documentNumber, start, end] = index.passages[number] ?? [0, 0, 0]
  const document = index.documents[documentNumber]
  if (document === undefined) return []
  const passage = document.text.slice(start, end)
  const head = headOf(document)
  // A document about a thing does not name it in every sentence, so its head counts for each of its passages.
  const around = weights.coverage(`${head} ${passage}`)
  if (around < COVERAGE_MIN) return []
  const own = weights.beside(head)
  return splitSentences(passage).map((span) => {
    const quote = passage.slice(span.start, span.end)
    const covered = own.coverage(quote)
    const share = covered * (1 - PASSAGE_SHARE) + around * PASSAGE_SHARE
    const score = covered === 0 ? 0 : share * likelihood(question, quote, document.title)
    const offset = start + span.start
    const page = pageAt(document.pages ?? [], offset)
    const { path, hash } = document
    const place = { path, ...(page === undefined ? {} : { page }) }
    return { ...place, quote, offset, hash, score: Math.round(Math.min(1, score) * 1000) / 1000, key: keyOf(quote) }
  })
}

/** Equal sentences of different documents are one piece of evidence. */
function keyOf(quote: string): string {
  return quote.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ' ').trim()
}

function distinct(candidates: readonly Candidate[]): readonly Candidate[] {
  const seen = new Set<string>()
  return candidates.filter(({ key, score }) => {
    if (key === '' || score < COVERAGE_MIN || seen.has(key)) return false
    seen.add(key)
    return true
  })
}

function byScore(a: Candidate, b: Candidate): number {
  if (a.score !== b.score) return b.score - a.score
  // A short sentence says it more plainly; the rest is only for a fixed order.
  return a.quote.length - b.quote.length || (a.path < b.path ? -1 : a.path > b.path ? 1 : a.offset - b.offset)
}

function compose(evidence: readonly Evidence[]): string {
  const [first, second] = evidence
  if (first === undefined) return NO_ANSWER
  const both = second !== undefined && second.hash === first.hash && second.score >= SECOND_MIN * first.score && Math.abs(second.offset - first.offset) < 300
  if (first.score < SURE_MIN) return `${UNSURE} ${plain(first.quote)}`
  if (!both) return plain(first.quote)
  return [first, second].sort((a, b) => a.offset - b.offset).map(({ quote }) => plain(quote)).join(' ')
}

function plain(quote: string): string {
  return quote.replace(/^[-•*]\s+/, '').replace(/\s+/g, ' ')
}
