/** How many bytes are enough to tell text from anything else. */
const SAMPLE_BYTES = 64 * 1024

/** Encodings text may come in. Latin-1 is decoded as windows-1252, its superset on every page of the web. */
export type TextEncodingName = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252'

/** The encoding of a text, or undefined for bytes that are no text. Looks at the first 64 KiB. */
export function detectEncoding(bytes: Uint8Array): TextEncodingName | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  const sample = bytes.subarray(0, SAMPLE_BYTES)
  const { controls, high, zeros } = census(sample)
  if (zeros > 0 || controls > sample.length / 100) return undefined
  if (isUtf8(sample)) return 'utf-8'
  // Text in a Western encoding is mostly plain letters; random bytes are half above 127.
  return high <= sample.length * 0.3 ? 'windows-1252' : undefined
}

/** The text as it is stored: decoded, line ends as `\n`, without byte order mark and control characters. */
export function decodeText(bytes: Uint8Array, encoding: TextEncodingName): string {
  return tidyText(new TextDecoder(encoding).decode(bytes))
}

/** Line ends as `\n`, no control characters but tab and line end: what a quote can be found in again. */
export function tidyText(text: string): string {
  return text.replace(/\r\n?|\f|\u2028|\u2029/g, '\n').replace(/[\u0000-\u0008\u000b\u000e-\u001f\u007f-\u009f\ufeff]/g, '')
}

function census(sample: Uint8Array): { readonly controls: number, readonly high: number, readonly zeros: number } {
  let controls = 0
  let high = 0
  let zeros = 0
  for (const byte of sample) {
    if (byte === 0) zeros += 1
    else if (byte >= 0x80) high += 1
    // Tab, line feed, form feed, carriage return and escape occur in honest text.
    else if ((byte < 0x20 && byte !== 9 && byte !== 10 && byte !== 12 && byte !== 13 && byte !== 27) || byte === 0x7f) controls += 1
  }
  return { controls, high, zeros }
}

function isUtf8(sample: Uint8Array): boolean {
  try {
    // Streaming, because the sample may end inside a character.
    new TextDecoder('utf-8', { fatal: true }).decode(sample, { stream: true })
    return true
  } catch {
    return false
  }
}
