import { createRequire } from 'node:module'
import { SymphonyError, type Json, type WorkerModel } from '@symphony/interface'
import { splitSentences } from '../content/sentences.ts'
import { findEntities, type Entity } from './nlp-entities.ts'
import { findKeywords, type Keyword } from './nlp-keywords.ts'
import { summarise, type SummarySentence } from './nlp-summary.ts'
import { readTokens, rememberStems, type Stemmer, type Token, type WinkNlp } from './nlp-tokens.ts'

/** What the nlp model is asked. */
export interface NlpRequest {
  readonly text: string
}

/** What is said about a text. JSON, the same for equal text. */
export interface NlpAnswer {
  readonly kind: 'analysed'
  readonly sentences: number
  readonly tokens: number
  /** At most 20, most frequent first. */
  readonly entities: readonly Entity[]
  /** At most 12, weightiest first. */
  readonly keywords: readonly Keyword[]
  /** -1 to 1. */
  readonly sentiment: number
  /** At most 3 sentences in the order of the text; `start` and `end` are offsets in the text that was handed in. */
  readonly summary: readonly SummarySentence[]
  /** 'other' when too few English function words occur for the rest to mean much. */
  readonly language: 'en' | 'other'
  /** Characters looked at. */
  readonly characters: number
  /** The text is longer than was looked at. */
  readonly truncated: boolean
}

/** How the model is created. */
export interface NlpOptions {
  /** Characters analysed of a text. Default {@link NLP_CHARACTERS_MAX}. */
  readonly nlpCharactersMax?: number
}

/** Four pages: what a document is about is clear by then, and a long changelog does not hold up the rest. */
export const NLP_CHARACTERS_MAX = 12_000
/** Longer without a space is a key, an encoded picture or a script that does not divide words. */
const UNBROKEN = /\S{80,}/g
const ENTITIES_MAX = 20
const KEYWORDS_MAX = 12
const SUMMARY_SENTENCES = 3
/** English prose has about 45 stop words in 100 words, lists of names hardly any, other languages few. */
const STOP_WORDS_MIN = 0.15

/**
 * The nlp model: sentences, entities, keywords, sentiment and an extractive summary of English text.
 *
 * @throws SymphonyError INVALID_ARGUMENT for a request without text, or an option out of range.
 *
 * @example
 * const nlp = await load()
 * const { keywords, summary } = await nlp.invoke({ text }, { signal, progress })
 */
export async function load(options?: Json): Promise<WorkerModel> {
  const charactersMax = (options as NlpOptions | undefined)?.nlpCharactersMax ?? NLP_CHARACTERS_MAX
  if (!(Number.isInteger(charactersMax) && charactersMax > 0)) throw invalid('nlpCharactersMax must be a whole number above 0')
  const require = createRequire(import.meta.url)
  const winkNlp = require('wink-nlp') as (model: unknown, pipe: readonly string[]) => WinkNlp
  const model = require('wink-eng-lite-web-model') as { readonly addons: { readonly stem: Stemmer } }
  const nlp = winkNlp(model, ['ner', 'pos', 'negation', 'sentiment'])
  const stem = rememberStems(model.addons.stem)
  return {
    invoke(input, { signal }) {
      signal.throwIfAborted()
      return analyse(checked(input), nlp, stem, charactersMax)
    },
  }
}

function analyse(text: string, nlp: WinkNlp, stem: Stemmer, charactersMax: number): NlpAnswer {
  const part = text.length <= charactersMax ? text : text.slice(0, cutAt(text, charactersMax))
  // What is no word is kept from the language model, whose time grows with the square of a token's length.
  const document = nlp.readDoc(part.replace(UNBROKEN, ' '))
  const tokens = readTokens(document, nlp.its, stem)
  const sentences = splitSentences(part)
  const { keywords, weights } = findKeywords(tokens, KEYWORDS_MAX)
  const stems = new Map(tokens.map((token) => [token.normal, token.stem]))
  const details = document.entities().out(nlp.its.detail) as readonly { readonly type: string, readonly value: string }[]
  return {
    kind: 'analysed',
    sentences: sentences.length,
    tokens: tokens.length,
    entities: findEntities(details, tokens, ENTITIES_MAX),
    keywords,
    sentiment: Math.round((document.out(nlp.its.sentiment) as number) * 1000) / 1000,
    summary: summarise(part, sentences, weights, stems, SUMMARY_SENTENCES),
    language: guessLanguage(tokens),
    characters: part.length,
    truncated: part.length < text.length,
  }
}

/** The end of the last word that fits. */
function cutAt(text: string, charactersMax: number): number {
  const space = text.slice(0, charactersMax).search(/\s\S*$/)
  return space > charactersMax / 2 ? space : charactersMax
}

function guessLanguage(tokens: readonly Token[]): 'en' | 'other' {
  const words = tokens.filter((token) => token.isWord)
  const stops = words.filter((token) => token.isStopWord)
  return stops.length >= words.length * STOP_WORDS_MIN ? 'en' : 'other'
}

function checked(input: unknown): string {
  const text: unknown = (input as Partial<NlpRequest> | null | undefined)?.text
  if (typeof text !== 'string') throw invalid('text must be a string')
  return text
}

function invalid(problem: string): SymphonyError {
  return new SymphonyError({ code: 'INVALID_ARGUMENT', component: 'docket/nlp', message: `The nlp model was asked wrongly: ${problem}.` })
}
