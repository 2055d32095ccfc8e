/** What the language model says about one token. */
export interface Token {
  readonly value: string
  readonly normal: string
  readonly stem: string
  /** Part of speech: NOUN, PROPN, ADJ, VERB, SPACE, PUNCT and so on. */
  readonly pos: string
  readonly isWord: boolean
  readonly isStopWord: boolean
}

/** The part of the wink-nlp package used here: its own types leave the accessors too loose to use under strict rules. */
export interface WinkDocument {
  tokens(): WinkItems
  entities(): WinkItems
  out(accessor: unknown): unknown
}

export interface WinkItems {
  out(accessor: unknown): unknown
}

export interface WinkNlp {
  readDoc(text: string): WinkDocument
  readonly its: Readonly<Record<'value' | 'normal' | 'pos' | 'type' | 'stopWordFlag' | 'detail' | 'sentiment', unknown>>
}

/** Reduces a word to what its inflected forms share. */
export type Stemmer = (word: string) => string

/** Words remembered: the vocabulary of a folder of documents, a few megabytes. */
const REMEMBERED_MAX = 50_000

/** A stemmer that remembers, since the words of a language come back and stemming costs as much as recognising them. */
export function rememberStems(stem: Stemmer): Stemmer {
  const known = new Map<string, string>()
  return (word) => {
    const found = known.get(word)
    if (found !== undefined) return found
    if (known.size === REMEMBERED_MAX) known.clear()
    const stemmed = stem(word)
    known.set(word, stemmed)
    return stemmed
  }
}

/** All tokens of a document, column by column from the model, row by row to whoever works on them. */
export function readTokens(document: WinkDocument, its: WinkNlp['its'], stem: Stemmer): readonly Token[] {
  const tokens = document.tokens()
  const column = <T>(accessor: unknown): readonly T[] => tokens.out(accessor) as readonly T[]
  const normals = column<string>(its.normal)
  const parts = column<string>(its.pos)
  const types = column<string>(its.type)
  const stops = column<boolean>(its.stopWordFlag)
  return column<string>(its.value).map((value, at) => {
    const normal = normals[at] ?? value
    const isWord = types[at] === 'word'
    return { value, normal, stem: isWord ? stem(normal) : normal, pos: parts[at] ?? 'X', isWord, isStopWord: stops[at] === true }
  })
}
