import { compile, type HtmlToTextOptions } from 'html-to-text'
import { tidyText } from './decode-text.ts'

/** Text and title of a converted document. */
export interface ConvertedText {
  readonly text: string
  readonly title?: string
}

/** Elements deeper than this are dropped: no author nests so deep, and the converter recurses. */
const DEPTH_MAX = 200

const OPEN_ELEMENTS_MAX = 500
/** A cell may claim to span a hundred thousand columns, and the converter would make them all. */
const SPANS = /\b(?:col|row)span\s*=\s*["']?\d+["']?/gi
const SELF_CLOSING = new Set('p li td th tr dt dd option thead tbody tfoot colgroup br img hr input meta link area base col embed source track wbr'.split(' '))

const headings = ['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({ selector, options: { uppercase: false } }))
const options: HtmlToTextOptions = {
  wordwrap: false,
  limits: { maxDepth: DEPTH_MAX, maxInputLength: undefined, ellipsis: '' },
  selectors: [
    ...headings,
    { selector: 'a', options: { ignoreHref: true } },
    { selector: 'img', format: 'skip' },
    { selector: 'ul', options: { itemPrefix: '- ' } },
    { selector: 'nav', format: 'skip' },
    { selector: 'title', format: 'skip' },
    { selector: 'table', format: 'dataTable', options: { uppercaseHeaderCells: false, colSpacing: 2, maxColumnWidth: 60 } },
  ],
}
const convert = compile(options)

/** The readable text of an HTML page, without scripts, styles, navigation and addresses of links. Never throws. */
export function htmlToPlainText(html: string): ConvertedText {
  const title = titleOf(html)
  const text = tidyText(safely(html)).replace(/[ \t]+$/gm, '').replace(/\n{3,}/g, '\n\n').trim()
  return title === undefined ? { text } : { text, title }
}

function safely(html: string): string {
  try {
    return isBottomless(html) ? bareText(html) : convert(html.replace(SPANS, ' '))
  } catch {
    return bareText(html)
  }
}

/** A page nested beyond reason exhausts the converter's stack, or takes it minutes. Its bare text is still worth something. */
function bareText(html: string): string {
  return withoutElements(withoutElements(html, 'script'), 'style').replace(/<[^<>]*>/g, ' ')
}

/** Cuts elements out with their content. By search, since a pattern would look for each missing end again. */
function withoutElements(html: string, name: string): string {
  const lower = html.toLowerCase()
  let kept = ''
  let from = 0
  for (let start = lower.indexOf(`<${name}`); start >= 0; start = lower.indexOf(`<${name}`, from)) {
    kept += html.slice(from, start)
    const end = lower.indexOf(`</${name}`, start)
    if (end < 0) return kept
    from = end
  }
  return kept + html.slice(from)
}

/** Whether elements nest beyond reason. Those that HTML closes by itself are not counted, since honest pages leave them open. */
function isBottomless(html: string): boolean {
  let depth = 0
  for (const [, closing, name] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)/gi)) {
    if (SELF_CLOSING.has((name ?? '').toLowerCase())) continue
    depth = closing === '' ? depth + 1 : Math.max(0, depth - 1)
    if (depth > OPEN_ELEMENTS_MAX) return true
  }
  return false
}

function titleOf(html: string): string | undefined {
  const head = html.slice(0, 64 * 1024)
  const found = /<title[^<>]*>([^<]{1,1000})<\/title>/i.exec(head) ?? /<h1[^<>]*>([^<]{1,1000})<\/h1>/i.exec(head)
  const title = found === null ? '' : tidyText(convert(found[1] ?? '')).replace(/\s+/g, ' ').trim()
  return title === '' ? undefined : title
}
