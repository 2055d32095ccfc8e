import type { Span } from '../content/sentences.ts'

/** A sentence of a summary, word for word from the text. */
export interface SummarySentence extends Span {
  readonly text: string
}

const CHARACTERS_MIN = 40
const CHARACTERS_MAX = 320
/** Less than this share of letters and spaces is code, a table or a list of addresses. */
const LETTERS_MIN = 0.85
/** What a text is about is said at its start. */
const OPENING_SHARE = 0.2
const OPENING_WEIGHT = 1.3
/** An item of a list is seldom understood alone. */
const ITEM_WEIGHT = 0.6

/**
 * The sentences that carry most of a text's frequent words, in their order in the text. A word counts once a sentence and the sum is
 * divided by the root of the sentence's length, so that neither length nor repetition wins; the opening fifth of the text weighs 1.3,
 * items of lists 0.6.
 */
export function summarise(
  text: string,
  sentences: readonly Span[],
  weights: ReadonlyMap<string, number>,
  stems: ReadonlyMap<string, string>,
  max: number,
): readonly SummarySentence[] {
  const seen = new Set<string>()
  const scored = sentences.flatMap((span) => {
    const sentence = text.slice(span.start, span.end)
    if (!isProse(sentence) || seen.has(sentence)) return []
    seen.add(sentence)
    const place = span.start <= text.length * OPENING_SHARE ? OPENING_WEIGHT : 1
    return [{ span, sentence, score: place * (sentence.startsWith('- ') ? ITEM_WEIGHT : 1) * weigh(sentence, weights, stems) }]
  })
  if (scored.length === 0) return opening(text, sentences, max)
  return scored
    .sort((a, b) => b.score - a.score || a.span.start - b.span.start)
    .slice(0, max)
    .sort((a, b) => a.span.start - b.span.start)
    .map(({ span, sentence }) => ({ text: sentence, start: span.start, end: span.end }))
}

/** What a text without a whole sentence has to say for itself: how it begins. */
function opening(text: string, sentences: readonly Span[], max: number): readonly SummarySentence[] {
  return sentences
    .map(({ start, end }) => ({ text: text.slice(start, end), start, end }))
    .filter((sentence) => sentence.text.length <= CHARACTERS_MAX && /\p{L}{2}/u.test(sentence.text))
    .slice(0, max)
}

function isProse(sentence: string): boolean {
  if (sentence.length < CHARACTERS_MIN || sentence.length > CHARACTERS_MAX || !/[.!?:]["')\]]*$/.test(sentence)) return false
  const letters = sentence.replace(/[^\p{L}\s]/gu, '').length
  return letters >= sentence.length * LETTERS_MIN
}

function weigh(sentence: string, weights: ReadonlyMap<string, number>, stems: ReadonlyMap<string, string>): number {
  const words = sentence.toLowerCase().match(/\p{L}+/gu) ?? []
  let sum = 0
  for (const stem of new Set(words.map((word) => stems.get(word) ?? word))) sum += Math.log2(1 + (weights.get(stem) ?? 0))
  return sum / Math.sqrt(words.length + 1)
}
