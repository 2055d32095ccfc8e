/** A stretch of a text, in UTF-16 units from its start; the end is not part of it. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** A sentence may end here: its mark, closing quotes or brackets, white space, and something that can start the next. */
const BOUNDARY = /[.!?…]+["'”’)\]]*(?=\s+["'“‘([]?[\p{Lu}\p{N}])|\n\s*\n|\n(?=[-•*] )|\n(?=\s*\S)/gu
/** A full stop after these ends no sentence. */
const ABBREVIATION = /(?:^|[\s(])(?:Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|No|Nos|Fig|Vol|vs|cf|al|ca|approx|incl|etc|e\.g|i\.e|[A-Z])\.$/
/** Longer than this is no sentence but a table or a list of data; it is cut between words. */
const SENTENCE_CHARACTERS_MAX = 600

/**
 * Splits text into sentences, headings and items of lists, as stretches of the text itself, so that whatever is quoted can be found
 * again. A line end inside a paragraph ends a sentence only if the line itself ends like one or is short like a heading.
 */
export function splitSentences(text: string): readonly Span[] {
  const spans: Span[] = []
  let start = 0
  for (const match of text.matchAll(BOUNDARY)) {
    const isBreak = match[0].startsWith('\n')
    const end = isBreak ? match.index : match.index + match[0].length
    if (isBreak ? !breaksSentence(text, match) : ABBREVIATION.test(text.slice(Math.max(start, end - 10), end))) continue
    push(spans, text, start, end)
    start = end
  }
  push(spans, text, start, text.length)
  return spans
}

function breaksSentence(text: string, match: RegExpExecArray): boolean {
  if (/\n\s*\n/.test(match[0])) return true
  const next = text.slice(match.index + 1, match.index + 3)
  if (/^[-•*] /.test(next)) return true
  // A wrapped line is long; what goes on in lower case was wrapped however short the line is.
  if (/^\p{Ll}/u.test(next)) return false
  const line = text.slice(text.lastIndexOf('\n', match.index - 1) + 1, match.index)
  return line.length < 60 || /[.!?:;]["')\]]*\s*$/.test(line)
}

function push(spans: Span[], text: string, from: number, to: number): void {
  let start = from
  let end = to
  while (start < end && /\s/.test(text[start] as string)) start += 1
  while (end > start && /\s/.test(text[end - 1] as string)) end -= 1
  while (end - start > SENTENCE_CHARACTERS_MAX) {
    const space = text.lastIndexOf(' ', start + SENTENCE_CHARACTERS_MAX)
    const cut = space > start ? space : start + SENTENCE_CHARACTERS_MAX
    spans.push({ start, end: cut })
    start = cut
    while (start < end && /\s/.test(text[start] as string)) start += 1
  }
  if (end > start) spans.push({ start, end })
}
