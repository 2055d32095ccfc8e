import { SymphonyError } from '@symphony/interface'

/** Calling the encoder costs more than writing so many characters one by one. */
const SHORT_TEXT = 64
/** Views of so few bytes are kept and handed out again: making one costs more than filling it. */
const SMALL_VIEW = 512

/** What short texts are collected in before they become a string: a view and a decoder for each cost more than the text. */
const scratch = Buffer.alloc(SHORT_TEXT)

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * Writes numbers, strings and bytes one after the other into a growing buffer: command bodies and snapshots.
 *
 * Little-endian. Strings are UTF-8 behind a u32 length. One writer is meant to be kept and reset, so that a hot path
 * allocates nothing.
 *
 * @example
 * const body = writer.reset().u32(task).f64(nowMs).string(reason).view()
 */
export class ByteWriter {
  #bytes: Uint8Array
  #view: DataView
  #length = 0
  #views: (Uint8Array | undefined)[] = []

  constructor(initialBytes = 256) {
    this.#bytes = new Uint8Array(initialBytes)
    this.#view = new DataView(this.#bytes.buffer)
  }

  get length(): number {
    return this.#length
  }

  reset(): this {
    this.#length = 0
    return this
  }

  u8(value: number): this {
    this.#reserve(1)
    this.#bytes[this.#length] = value
    this.#length += 1
    return this
  }

  u16(value: number): this {
    this.#reserve(2)
    this.#view.setUint16(this.#length, value, true)
    this.#length += 2
    return this
  }

  u32(value: number): this {
    this.#reserve(4)
    this.#view.setUint32(this.#length, value, true)
    this.#length += 4
    return this
  }

  i32(value: number): this {
    this.#reserve(4)
    this.#view.setInt32(this.#length, value, true)
    this.#length += 4
    return this
  }

  f64(value: number): this {
    this.#reserve(8)
    this.#view.setFloat64(this.#length, value, true)
    this.#length += 8
    return this
  }

  string(value: string): this {
    // A UTF-16 unit becomes at most three bytes.
    this.#reserve(4 + value.length * 3)
    const start = this.#length + 4
    const isWritten = value.length <= SHORT_TEXT && writeAscii(value, this.#bytes, start)
    const written = isWritten ? value.length : encoder.encodeInto(value, this.#bytes.subarray(start)).written
    this.#view.setUint32(this.#length, written, true)
    this.#length += 4 + written
    return this
  }

  /** The bytes that pairs of lower-case hexadecimal digits stand for. The digits are the caller's to check. */
  hex(digits: string): this {
    const length = digits.length >>> 1
    this.#reserve(length)
    const bytes = this.#bytes
    for (let at = 0; at < length; at++) bytes[this.#length + at] = (digitAt(digits, at * 2) << 4) | digitAt(digits, at * 2 + 1)
    this.#length += length
    return this
  }

  /** Bytes behind a u32 length. */
  bytes(value: Uint8Array): this {
    return this.u32(value.length).raw(value)
  }

  raw(value: Uint8Array): this {
    this.#reserve(value.length)
    this.#bytes.set(value, this.#length)
    this.#length += value.length
    return this
  }

  json(value: unknown): this {
    // Nothing is what is written most often.
    return this.string(value === null ? 'null' : (JSON.stringify(value) ?? 'null'))
  }

  /** What was written, without a copy: valid until the next reset or write. */
  view(): Uint8Array {
    const length = this.#length
    if (length >= SMALL_VIEW) return this.#bytes.subarray(0, length)
    return (this.#views[length] ??= this.#bytes.subarray(0, length))
  }

  /** What was written, as bytes of its own. */
  copy(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes
    if (needed <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
    grown.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = grown
    this.#view = new DataView(grown.buffer)
    this.#views = []
  }
}

/** False, with garbage in `into`, for a text with other characters than those of ASCII. */
function writeAscii(text: string, into: Uint8Array, start: number): boolean {
  let all = 0
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    all |= unit
    into[start + at] = unit
  }
  return all < 0x80
}

function digitAt(digits: string, at: number): number {
  const unit = digits.charCodeAt(at)
  // Letters have a bit that digits have not, and lie nine behind it.
  return (unit & 15) + (unit >>> 6) * 9
}

/** Reads what a {@link ByteWriter} wrote. Running past the end is an error, not undefined. */
export class ByteReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #offset = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset
  }

  u8(): number {
    return this.#bytes[this.#advance(1)] as number
  }

  u16(): number {
    return this.#view.getUint16(this.#advance(2), true)
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4), true)
  }

  i32(): number {
    return this.#view.getInt32(this.#advance(4), true)
  }

  f64(): number {
    return this.#view.getFloat64(this.#advance(8), true)
  }

  string(): string {
    const length = this.u32()
    if (length <= SHORT_TEXT) {
      const start = this.#advance(length)
      if (this.#collect(start, length) < 0x80) return scratch.toString('latin1', 0, length)
      this.#offset = start
    }
    const bytes = this.raw(length)
    // TextDecoder refuses views of shared memory; a copy of a short string costs less than the check would.
    return decoder.decode(bytes.buffer instanceof SharedArrayBuffer ? bytes.slice() : bytes)
  }

  /** A view, not a copy. */
  bytes(): Uint8Array {
    return this.raw(this.u32())
  }

  raw(length: number): Uint8Array {
    const start = this.#advance(length)
    return this.#bytes.subarray(start, start + length)
  }

  /** So many bytes, at most 64, as pairs of lower-case hexadecimal digits. */
  hex(length: number): string {
    this.#collect(this.#advance(length), length)
    return scratch.toString('hex', 0, length)
  }

  json(): unknown {
    return JSON.parse(this.string())
  }

  /** @returns the bits that any of the bytes has */
  #collect(start: number, length: number): number {
    let all = 0
    for (let at = 0; at < length; at++) {
      const byte = this.#bytes[start + at] as number
      all |= byte
      scratch[at] = byte
    }
    return all
  }

  #advance(bytes: number): number {
    const start = this.#offset
    if (start + bytes > this.#bytes.length) {
      throw new SymphonyError({
        code: 'REGION_CORRUPT',
        component: 'shared-memory/byte-codec',
        message: `Expected ${bytes} more bytes at offset ${start}, but only ${this.#bytes.length - start} are left.`,
      })
    }
    this.#offset = start + bytes
    return start
  }
}
