import type { ArtifactRef } from '@symphony/interface'
import { HASH_BYTES, HASH_WORDS } from './layout.ts'

// Indexed by any UTF-16 unit, so that a foreign character is found out by a load instead of a branch.
const nibbles = new Int8Array(0x10000).fill(-1)
for (const [value, digit] of [...'0123456789abcdef'].entries()) nibbles[digit.charCodeAt(0)] = value

/**
 * Reads an address into eight words whose bytes in memory are the digest's bytes. Returns false, with garbage in `into`, when it
 * is no address: 64 lower-case hex digits.
 */
export function parseHash(ref: string, into: Int32Array): boolean {
  if (ref.length !== HASH_BYTES * 2) return false
  let wrong = 0
  for (let word = 0, at = 0; word < HASH_WORDS; word++) {
    let value = 0
    for (let shift = 0; shift < 32; shift += 8, at += 2) {
      const high = nibbles[ref.charCodeAt(at)] as number
      const low = nibbles[ref.charCodeAt(at + 1)] as number
      wrong |= high | low
      value |= ((high << 4) | low) << shift
    }
    into[word] = value
  }
  return wrong >= 0
}

/** The first word of an address alone; anything at all for what is no address. */
export function firstWord(ref: string): number {
  let value = 0
  for (let at = 0; at < 8; at += 2) {
    const high = nibbles[ref.charCodeAt(at)] as number
    const low = nibbles[ref.charCodeAt(at + 1)] as number
    value |= ((high << 4) | low) << (at << 2)
  }
  return value
}

/** The digest's bytes as an address. */
export function formatHash(digest: Uint8Array): ArtifactRef {
  return Buffer.from(digest.buffer, digest.byteOffset, HASH_BYTES).toString('hex') as ArtifactRef
}

/** True for 64 lower-case hex digits. */
export function isAddress(value: unknown): value is ArtifactRef {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
}
