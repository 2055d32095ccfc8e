import { marked } from 'marked'
import { htmlToPlainText, type ConvertedText } from './html-text.ts'

/** Longer sources are taken as they are: their marks hurt less than the time to parse them. */
const PARSED_CHARACTERS_MAX = 2_000_000
/** A title stands near the top; a heading that opens a document, at the very top. */
const TITLE_WITHIN = 8_000
const TITLE_OPENS_WITHIN = 400
/** Nesting beyond these is cut off, because the parser's time grows with a power of the depth. */
const INDENT_MAX = 40
const QUOTES_MAX = 16
const BULLETS_MAX = 16

/** The readable text of a Markdown document and its first heading. Never throws. */
export function markdownToPlainText(markdown: string): ConvertedText {
  const source = withoutFrontMatter(markdown)
  if (source.length > PARSED_CHARACTERS_MAX) return withTitle(source.trim(), source)
  try {
    const html = marked.parse(flattened(source), { async: false, gfm: true })
    return withTitle(htmlToPlainText(html).text, source)
  } catch {
    return withTitle(source.trim(), source)
  }
}

function withTitle(text: string, source: string): ConvertedText {
  const heading = headingOf(source)
  const title = heading === undefined ? undefined : plainHeading(heading)
  return title === undefined ? { text } : { text, title }
}

/** The first top heading, written in any of the three ways; else a second-level one that opens the document. */
function headingOf(source: string): string | undefined {
  const top = /^(?:# +(\S.*)|<h1[^<>]*>([\s\S]{1,2000}?)<\/h1>|(\S.*)\n={3,}[ \t]*)$/im.exec(source.slice(0, TITLE_WITHIN))
  if (top !== null) return top[1] ?? top[2] ?? top[3]
  return /^\s*(?:#{2,3} +(\S.*)|(\S.*)\n-{3,}[ \t]*)$/m.exec(source.slice(0, TITLE_OPENS_WITHIN))?.slice(1).find((part) => part !== undefined)
}

function plainHeading(heading: string): string | undefined {
  const text = htmlToPlainText(marked.parseInline(heading.replace(/\s#+\s*$/, ''), { async: false })).text.replace(/\s+/g, ' ').trim()
  return text === '' ? undefined : text
}

function withoutFrontMatter(markdown: string): string {
  return markdown.replace(/^---\n[\s\S]{0,10000}?\n---\n/, '')
}

function flattened(source: string): string {
  return source
    .replace(new RegExp(`^[ \\t]{${INDENT_MAX},}`, 'gm'), ' '.repeat(INDENT_MAX))
    .replace(new RegExp(`^(?:[ \\t]*>){${QUOTES_MAX},}`, 'gm'), '>'.repeat(QUOTES_MAX))
    .replace(new RegExp(`^[ \\t]*(?:[-*+>][ \\t]+){${BULLETS_MAX},}`, 'gm'), '- ')
}
