import { splitSentences, type Span } from './sentences.ts'

/** Neighbouring sentences that are found together. */
export interface Passage extends Span {
  readonly sentences: readonly Span[]
}

const SENTENCES_MAX = 3
const CHARACTERS_MAX = 600

/** Cuts a text into passages of up to three sentences or 600 characters; a longer sentence is a passage of its own. A blank line ends one unless it is but a heading. */
export function splitPassages(text: string): readonly Passage[] {
  const passages: Passage[] = []
  let open: Span[] = []
  const close = (): void => {
    const first = open[0]
    const last = open.at(-1)
    if (first !== undefined && last !== undefined) passages.push({ start: first.start, end: last.end, sentences: open })
    open = []
  }
  for (const span of splitSentences(text)) {
    const first = open[0]
    const last = open.at(-1)
    if (first !== undefined && last !== undefined) {
      const full = open.length === SENTENCES_MAX || span.end - first.start > CHARACTERS_MAX
      if (full || startsAnew(text, last, span)) close()
    }
    open.push(span)
  }
  close()
  return passages
}

/** A heading stays with what follows it, since its words are often what is asked for. */
function startsAnew(text: string, last: Span, next: Span): boolean {
  const between = text.slice(last.end, next.start)
  return /\n\s*\n/.test(between) && /[.!?:]["')\]]*$/.test(text.slice(last.start, last.end))
}
