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
  readonly its: Readonly<Record<'value' | 'normal' | 'stem' | 'pos' | 'type' | 'stopWordFlag' | 'detail' | 'sentiment', unknown>>
}

/** All tokens of a document, column by column from the model, row by row to whoever works on them. */
export function readTokens(document: WinkDocument, its: WinkNlp['its']): readonly Token[] {
  const tokens = document.tokens()
  const column = <T>(accessor: unknown): readonly T[] => tokens.out(accessor) as readonly T[]
  const normals = column<string>(its.normal)
  const stems = column<string>(its.stem)
  const parts = column<string>(its.pos)
  const types = column<string>(its.type)
  const stops = column<boolean>(its.stopWordFlag)
  return column<string>(its.value).map((value, at) => ({
    value,
    normal: normals[at] ?? value,
    stem: stems[at] ?? value,
    pos: parts[at] ?? 'X',
    isWord: types[at] === 'word',
    isStopWord: stops[at] === true,
  }))
}
