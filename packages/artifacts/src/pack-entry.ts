import { HASH_BYTES } from './layout.ts'

// An entry of a pack: magic u32, length u32, digest, content, padding to 8 bytes. Little-endian. It says all that is needed to find
// and check the content without any other file.
const MAGIC = 0x31415953
const MAGIC_AT = 0
const LENGTH_AT = 4
const DIGEST_AT = 8

export const ENTRY_HEADER_BYTES: number = DIGEST_AT + HASH_BYTES
/** Entries start at multiples of this, so that a scan can find the next one after damage. */
export const ENTRY_ALIGN = 8

/** Where the entry after this one starts. */
export function packEntryEnd(offset: number, sizeBytes: number): number {
  return alignEntry(offset + ENTRY_HEADER_BYTES + sizeBytes)
}

export function alignEntry(offset: number): number {
  return Math.ceil(offset / ENTRY_ALIGN) * ENTRY_ALIGN
}

/** @param view of the same bytes as `into` */
export function writeEntryHeader(into: Uint8Array, view: DataView, at: number, digest: Uint8Array, sizeBytes: number): void {
  view.setUint32(at + MAGIC_AT, MAGIC, true)
  view.setUint32(at + LENGTH_AT, sizeBytes, true)
  into.set(digest, at + DIGEST_AT)
}

/** What a header says, or undefined where none is. */
export function readEntryHeader(bytes: Uint8Array): { readonly sizeBytes: number; readonly digest: Uint8Array } | undefined {
  if (bytes.length < ENTRY_HEADER_BYTES) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, ENTRY_HEADER_BYTES)
  if (view.getUint32(MAGIC_AT, true) !== MAGIC) return undefined
  return { sizeBytes: view.getUint32(LENGTH_AT, true), digest: bytes.subarray(DIGEST_AT, ENTRY_HEADER_BYTES) }
}
