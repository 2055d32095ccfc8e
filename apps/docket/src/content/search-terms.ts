/** Function words and question words: they occur in every passage and tell none apart. */
const STOP_WORDS = new Set(
  `a about after all also an and any are as at be been before being between both but by can could did do does doing for from further had has have
  having he her here hers him his how i if in into is it its itself just me more most my no nor not of off on once only or other our out over own
  s same she should so some such t than that the their them then there these they this those through to too under until up us very was we were
  what when where which while who whom whose why will with would you your many much long often per tell say says said please find show`.split(/\s+/),
)

/** Words of a text: letters and digits, lower case, with dots and commas inside numbers. */
export function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().match(/\p{N}+(?:[.,]\p{N}+)*|[\p{L}\p{N}]+(?:['’]\p{L}+)?/gu) ?? []
}

/** A word as it is indexed and searched: without possessive and plural endings (Harman's s-stemmer), so that "losses" finds "loss". */
export function termOf(word: string): string {
  const plain = word.replace(/['’]s?$/, '')
  if (plain.length <= 3 || /\p{N}/u.test(plain)) return plain
  if (/(?<![ae])ies$/.test(plain)) return `${plain.slice(0, -3)}y`
  if (/(?:ss|x|ch|sh|z)es$/.test(plain)) return plain.slice(0, -2)
  return /[^us]s$/.test(plain) ? plain.slice(0, -1) : plain
}

/** The terms of a question that can tell passages apart, each once. None for a question of function words. */
export function questionTerms(question: string): readonly string[] {
  return [...new Set(wordsOf(question).filter((word) => !STOP_WORDS.has(word)).map(termOf))]
}
