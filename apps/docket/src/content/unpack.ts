import { gunzipSync } from 'node:zlib'
import { decodeText, detectEncoding } from './decode-text.ts'
import { htmlToPlainText } from './html-text.ts'
import { markdownToPlainText } from './markdown-text.ts'
import { sniff, type DocumentType } from './sniff.ts'
import { isUnreadable, unreadable, type UnreadableContent } from './unreadable.ts'

/** Plain text, whatever it was packed in. */
export interface UnpackedText {
  readonly kind: 'text'
  readonly text: string
  readonly title?: string
  /** Set when the text was longer than the limit and its end is missing. */
  readonly truncated?: true
}

/** What is inside a file. The bytes of a pdf or an image are those to hand on: without the gzip around them, if there was one. */
export type Unpacked =
  | UnpackedText
  | { readonly kind: 'pdf', readonly bytes: Uint8Array }
  | { readonly kind: 'image', readonly bytes: Uint8Array }
  | UnreadableContent

/** Bounds of unpacking; the defaults suit documents. */
export interface UnpackLimits {
  /** Bytes a compressed file may grow to. Default 64 MiB. */
  readonly unpackedBytesMax?: number
  /** Characters of text kept. Default {@link TEXT_CHARACTERS_MAX}. */
  readonly textCharactersMax?: number
}

/** Four million characters are two thousand pages. */
export const TEXT_CHARACTERS_MAX = 4_000_000
const UNPACKED_BYTES_MAX = 64 * 1024 * 1024
/** Honest text shrinks to a tenth; a file that grows more than this is made to fill the memory. */
const RATIO_MAX = 200
/** Small files may have any ratio: a page of spaces is no attack. */
const RATIO_FREE_BYTES = 1024 * 1024
const NESTED_MAX = 3
const TITLE_CHARACTERS_MAX = 160

/**
 * Turns the bytes of a document into text, or tells that they are a pdf or an image, or why neither. Never throws, whatever the bytes.
 *
 * @param type what {@link sniff} said about the bytes.
 *
 * @example
 * unpack(new TextEncoder().encode('# Hello\n\nWorld'), 'markdown') // { kind: 'text', text: 'Hello\n\nWorld', title: 'Hello' }
 */
export function unpack(bytes: Uint8Array, type: DocumentType, limits: UnpackLimits = {}): Unpacked {
  let content = bytes
  let inner = type
  for (let depth = 0; inner === 'gzip'; depth += 1) {
    if (depth === NESTED_MAX) return unreadable('gzip-nested', `The file is compressed more than ${NESTED_MAX} times over.`)
    const unzipped = gunzip(content, limits.unpackedBytesMax ?? UNPACKED_BYTES_MAX)
    if (isUnreadable(unzipped)) return unzipped
    const sniffed = sniff(unzipped, '')
    if (isUnreadable(sniffed)) return sniffed
    content = unzipped
    inner = sniffed
  }
  if (inner === 'pdf' || inner === 'image') return { kind: inner, bytes: content }
  return unpackText(content, inner, limits.textCharactersMax ?? TEXT_CHARACTERS_MAX)
}

function gunzip(bytes: Uint8Array, bytesMax: number): Uint8Array | UnreadableContent {
  const outputMax = Math.min(bytesMax, Math.max(RATIO_FREE_BYTES, bytes.length * RATIO_MAX))
  try {
    return gunzipSync(bytes, { maxOutputLength: outputMax })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      return unreadable('gzip-bomb', `The compressed file of ${bytes.length} bytes grows beyond ${outputMax} bytes; it was not unpacked further.`)
    }
    return unreadable('gzip-damaged', `The compressed file is damaged: ${error instanceof Error ? error.message : String(error)}.`)
  }
}

function unpackText(bytes: Uint8Array, type: 'html' | 'markdown' | 'text', charactersMax: number): Unpacked {
  const encoding = detectEncoding(bytes)
  if (encoding === undefined) return unreadable('binary', 'The content is binary, whatever the name says, and of no kind that holds text.')
  const whole = decodeText(bytes, encoding)
  const source = whole.length > charactersMax ? whole.slice(0, charactersMax) : whole
  const { text, title } = convert(source, type)
  if (text === '') return unreadable('empty', 'The document holds no text.')
  return {
    kind: 'text',
    text,
    ...(title === undefined ? {} : { title: title.length > TITLE_CHARACTERS_MAX ? `${title.slice(0, TITLE_CHARACTERS_MAX - 1)}…` : title }),
    ...(source === whole ? {} : { truncated: true as const }),
  }
}

function convert(source: string, type: 'html' | 'markdown' | 'text'): { readonly text: string, readonly title?: string } {
  if (type === 'html') return htmlToPlainText(source)
  if (type === 'markdown') return markdownToPlainText(source)
  const text = source.trim()
  const title = titleLine(text)
  return title === undefined ? { text } : { text, title }
}

/** The first line with a word in it, without the marks of a comment or a ruler around it. */
function titleLine(text: string): string | undefined {
  const line = text.slice(0, 2000).split('\n').slice(0, 5).find((candidate) => /\p{L}{2}/u.test(candidate))
  const title = line?.replace(/^[\s/*#;=~_.!-]+|[\s/*#;=~_-]+$/g, '').replace(/\s+/g, ' ')
  return title === undefined || title.length > TITLE_CHARACTERS_MAX ? undefined : title
}
