/** The text of one page, and whatever else is known of it. */
export interface PageText {
  /** From 1. */
  readonly page: number
  readonly text: string
}

/** Where a page lies in its document's text, and whatever else was known of the page. */
export type PageSpan<P extends PageText = PageText> = Omit<P, 'text'> & {
  /** In UTF-16 units from the start of the document's text. */
  readonly offset: number
  readonly length: number
}

export interface MergedDocument<P extends PageText = PageText> {
  readonly text: string
  readonly pages: readonly PageSpan<P>[]
}

/** A line that leaves more room than this share of the widest was ended on purpose. */
const ROOM_LEFT = 0.85

/**
 * Joins the texts of a document's pages, so that evidence found in the whole can name its page. Lines are joined to paragraphs and
 * words divided at line ends are made whole; lines of a list stay apart. An empty page keeps its place with length 0.
 *
 * @example
 * mergePages([{ page: 1, text: 'One' }, { page: 2, text: 'Two' }]) // text 'One\n\nTwo', offsets 0 and 5
 */
export function mergePages<P extends PageText>(pages: readonly P[]): MergedDocument<P> {
  let text = ''
  const spans = pages.map(({ text: raw, ...rest }): PageSpan<P> => {
    const flowing = reflow(raw)
    if (text !== '' && flowing !== '') text += '\n\n'
    const offset = text.length
    text += flowing
    return { ...rest, offset, length: flowing.length }
  })
  return { text, pages: spans }
}

/** The number of the page on which a place of the document's text lies; undefined for a document without pages. */
export function pageAt(pages: readonly Pick<PageSpan, 'page' | 'offset' | 'length'>[], offset: number): number | undefined {
  let found: number | undefined
  for (const span of pages) {
    if (span.offset > offset) break
    if (span.length > 0) found = span.page
  }
  return found
}

/** Lines to paragraphs. A line end is kept where the next word would still have fitted: there the author wanted it. */
export function reflow(text: string): string {
  const lines = text.split('\n').map((line) => line.trim())
  const widest = Math.max(0, ...lines.map((line) => line.length))
  let flowing = ''
  for (const [index, line] of lines.entries()) {
    flowing += line
    const next = lines[index + 1]
    if (next === undefined) break
    if (line === '' || next === '') flowing += '\n'
    else if (/\p{Ll}[-\u00ad]$/u.test(line) && /^\p{Ll}/u.test(next)) flowing = flowing.slice(0, -1)
    else flowing += wasWrapped(line, next, widest) ? ' ' : '\n'
  }
  return flowing.replace(/\n{3,}/g, '\n\n').trim()
}

function wasWrapped(line: string, next: string, widest: number): boolean {
  const word = next.split(' ', 1)[0] ?? ''
  return line.length + 1 + word.length > widest * ROOM_LEFT
}
