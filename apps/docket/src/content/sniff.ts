import { decodeText, detectEncoding } from './decode-text.ts'
import { unreadable, type UnreadableContent } from './unreadable.ts'

/** What kind of document some bytes are. `image` is a scanned page as PNG or JPEG. */
export type DocumentType = 'pdf' | 'gzip' | 'image' | 'html' | 'markdown' | 'text'

const HTML_START = /^\s*(<\?xml[^>]*>\s*)?(<!--[\s\S]{0,2000}?-->\s*)*<(!doctype\s+html|html|head|body)\b/i
const HTML_TAG = /<[a-z!/][^<]*>/i
const MARKDOWN_MARKS = /^(#{1,6} \S|```|\[[^\]]+\]: \S|(?:={3,}|-{3,})\s*$)/m
const HEAD_BYTES = 8 * 1024
const PDF_HEADER_WITHIN = 1024

/**
 * Tells what a file is: by its content first, by its name where contents look alike, as Markdown and plain text do.
 *
 * @param path used for its extension only; pass '' for content without a name.
 * @returns the type, or a verdict ('empty', 'binary') for what cannot become text.
 *
 * @example
 * sniff(new TextEncoder().encode('%PDF-1.7 ...'), 'a.md') // 'pdf'
 */
export function sniff(bytes: Uint8Array, path: string): DocumentType | UnreadableContent {
  if (bytes.length === 0) return unreadable('empty', 'The file is empty.')
  return bySignature(bytes) ?? asText(bytes, path.replace(/\.gz$/i, ''))
}

function bySignature(bytes: Uint8Array): DocumentType | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, PDF_HEADER_WITHIN))
  if (view.includes('%PDF-')) return 'pdf'
  if (view[0] === 0x1f && view[1] === 0x8b && view[2] === 8) return 'gzip'
  if (view.length >= 8 && view.readUInt32BE(0) === 0x89504e47) return 'image'
  if (view[0] === 0xff && view[1] === 0xd8 && view[2] === 0xff) return 'image'
  return undefined
}

function asText(bytes: Uint8Array, path: string): DocumentType | UnreadableContent {
  const encoding = detectEncoding(bytes)
  if (encoding === undefined) return unreadable('binary', 'The content is binary, whatever the name says, and of no kind that holds text.')
  const head = decodeText(bytes.subarray(0, HEAD_BYTES), encoding)
  if (head.trim() === '' && bytes.length <= HEAD_BYTES) return unreadable('empty', 'The file holds nothing but white space.')
  if (HTML_START.test(head)) return 'html'
  const extension = /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase()
  if (extension === 'html' || extension === 'htm' || extension === 'xhtml') return HTML_TAG.test(head) ? 'html' : 'text'
  if (extension === 'md' || extension === 'markdown' || extension === 'mkd') return 'markdown'
  if (extension === 'txt' || extension === 'text') return 'text'
  return MARKDOWN_MARKS.test(head) ? 'markdown' : 'text'
}
