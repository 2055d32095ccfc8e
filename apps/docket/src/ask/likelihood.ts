/** What kind of answer a question calls for, and how it shows in a sentence. */
const EXPECTATIONS: readonly { readonly asked: RegExp, readonly shown: RegExp }[] = [
  { asked: /\bhow (?:much|many|long|often|old|far|high|deep|large|big|fast|hot|cold)\b|\b(?:price|cost|number|amount|share|percent)\b/i, shown: /\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|hundred|thousand|half)\b/i },
  { asked: /\bwhen\b|\bwhat (?:date|day|time|year|month)\b/i, shown: /\d|\b(?:january|february|march|april|may|june|july|august|september|october|november|december|monday|tuesday|wednesday|thursday|friday|saturday|sunday|spring|summer|autumn|winter)\b/i },
  { asked: /\bwho\b|\bwhose\b/i, shown: /(?:^|[\s(])\p{Lu}\p{Ll}+ \p{Lu}\p{Ll}+|\b(?:Mr|Mrs|Miss|Ms|Dr)\b/u },
  { asked: /\bwhy\b/i, shown: /\b(?:because|since|due|reason|therefore|cause[sd]?|so that)\b/i },
]
const MISSING = 0.8
/** Headings name what follows and answer nothing; the title of the document even less. */
const HEADING = 0.7
const TITLE = 0.5
/** Lists of words, tables and code are seldom an answer. */
const NO_PROSE = 0.6
const PROSE_CHARACTERS_MAX = 400
const LETTERS_MIN = 0.75

/** How likely a sentence answers a question at all, 0 to 1, whatever words they share: by its form, and by the kind of thing asked for. */
export function likelihood(question: string, sentence: string, title: string | undefined): number {
  const expected = EXPECTATIONS.find(({ asked }) => asked.test(question))
  const fits = expected === undefined || expected.shown.test(sentence) ? 1 : MISSING
  return fits * formOf(sentence, title)
}

function formOf(sentence: string, title: string | undefined): number {
  if (sentence === title) return TITLE
  const letters = sentence.replace(/[^\p{L}\p{N}\s]/gu, '').length
  if (letters < sentence.length * LETTERS_MIN || sentence.length > PROSE_CHARACTERS_MAX) return NO_PROSE
  if (/[.!?]["')\]]*$/.test(sentence)) return 1
  // A line of data, such as "Weight: 4.6 kilograms", ends without a full stop and is an answer all the same.
  return /:\s*\S/.test(sentence) ? 1 : HEADING
}
