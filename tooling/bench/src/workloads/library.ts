const WORDS = 30_000
const WORDS_PER_DOCUMENT = 60
/** Of the most common words every document has some: nobody looks for them. */
const COMMON_WORDS = 100

const SYLLABLES = ['ba', 'cer', 'di', 'fo', 'gul', 'ha', 'jen', 'ki', 'lor', 'mu', 'na', 'pel', 'qui', 'ros', 'su', 'tan', 've', 'wil', 'xo', 'yar', 'zen', 'ast', 'ent', 'ip', 'or', 'und']

/** Documents in a made-up language, and questions about them. */
export interface Library {
  document(number: number): string
  /** One or two words of a document, every other question with a misspelt word. */
  query(number: number): { readonly text: string; readonly document: number }
}

/** The same documents in every run. As in a natural language, the nth word is about n times as rare as the first, and words share beginnings. */
export function libraryOf(documents: number): Library {
  const words = vocabulary(randomFrom(1))
  const wordsOf = (document: number): readonly number[] => {
    const random = randomFrom(document + 2)
    return Array.from({ length: WORDS_PER_DOCUMENT }, () => Math.floor(WORDS ** random()) - 1)
  }
  return {
    document: (number) => `${wordsOf(number).map((word) => words[word]).join(' ')} n${number}`,
    query(number) {
      const random = randomFrom(-number - 1)
      const document = Math.floor(random() * documents)
      const telling = wordsOf(document).filter((word) => word >= COMMON_WORDS)
      const asked = Array.from({ length: 1 + (number % 2) }, () => words[telling[Math.floor(random() * telling.length)] as number] as string)
      if (number % 4 > 1) asked[0] = misspelt(asked[0] as string)
      return { text: asked.join(' '), document }
    },
  }
}

/** Distinct words of two to four syllables. */
function vocabulary(random: () => number): readonly string[] {
  const words = new Set<string>()
  while (words.size < WORDS) {
    const syllables = 2 + Math.floor(random() * 3)
    words.add(Array.from({ length: syllables }, () => SYLLABLES[Math.floor(random() * SYLLABLES.length)]).join(''))
  }
  return [...words]
}

/** A letter of the middle is missing. */
function misspelt(word: string): string {
  const at = word.length >> 1
  return word.slice(0, at) + word.slice(at + 1)
}

/** Numbers from 0 to 1 that look random and are the same for the same seed. */
function randomFrom(seed: number): () => number {
  let state = Math.imul(seed, 2654435761) | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
