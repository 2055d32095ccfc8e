import { hash } from 'node:crypto'
import type { ArtifactRef } from '@symphony/interface'
import type { Place } from './commands.ts'
import { formatHash } from './hash-words.ts'
import { ENTRY_ALIGN, ENTRY_HEADER_BYTES, packEntryEnd, readEntryHeader } from './pack-entry.ts'
import type { PackFiles } from './pack-files.ts'

const WINDOW_BYTES = 1024 * 1024

/** A content found in a file, verified. */
export interface FoundContent {
  readonly ref: ArtifactRef
  readonly place: Place
  readonly sizeBytes: number
}

/**
 * Goes through a pack by itself, without any record of what is in it. Damage is stepped over: the scan goes on at the next
 * place where an entry verifies. Yields undefined between bounded pieces of work.
 */
export function* scanPack(packs: PackFiles, pack: number): Generator<FoundContent | undefined, void, undefined> {
  const window = new Uint8Array(WINDOW_BYTES)
  let offset = 0
  for (;;) {
    const count = packs.read(pack, window, offset)
    if (count < ENTRY_HEADER_BYTES) return
    let at = 0
    while (at + ENTRY_HEADER_BYTES <= count) {
      const found = entryAt(packs, pack, offset + at, window.subarray(at, count))
      if (found !== undefined) yield found
      at = found === undefined ? at + ENTRY_ALIGN : packEntryEnd(at, found.sizeBytes)
    }
    offset += at
    yield undefined
  }
}

/** The entry at an offset if it verifies. @param bytes what follows the offset, as far as it was read */
function entryAt(packs: PackFiles, pack: number, offset: number, bytes: Uint8Array): FoundContent | undefined {
  const header = readEntryHeader(bytes)
  if (header === undefined || header.sizeBytes > CONTENT_BYTES_MAX) return undefined
  let content = bytes.subarray(ENTRY_HEADER_BYTES, ENTRY_HEADER_BYTES + header.sizeBytes)
  if (content.length < header.sizeBytes) {
    content = new Uint8Array(header.sizeBytes)
    if (packs.read(pack, content, offset + ENTRY_HEADER_BYTES) < header.sizeBytes) return undefined
  }
  const ref = formatHash(header.digest)
  return hash('sha256', content, 'hex') === (ref as string) ? { ref, place: { pack, offset }, sizeBytes: header.sizeBytes } : undefined
}

/** No setting lets a larger content into a pack; a length beyond it is damage. */
const CONTENT_BYTES_MAX = 64 * 1024 * 1024
