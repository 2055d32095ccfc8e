import { crc32 } from 'node:zlib'
import { seededRandom } from '@symphony/ports'

/** What a record holds depends on the seed, on its number, and on which process wrote it: nothing has to be remembered to check it. */
export interface RecordContent {
  readonly parts: readonly Uint8Array[]
  /** Content of another file that the record refers to, written before it; its place is in the first part. */
  readonly besides: Uint8Array | undefined
}

/** Type of a command that names a place in the file beside the log; all others are plain. */
export const BESIDES = 2
export const PLAIN = 1
const BESIDES_BYTES_MAX = 5_000

/**
 * @param bytesMax of all parts together
 */
export function recordContent(seed: number, generation: number, lsn: number, bytesMax: number): RecordContent {
  const random = seededRandom(seed ^ Math.imul(generation + 1, 0x9e3779b1) ^ Math.imul(lsn, 0x85ebca6b))
  const count = random.next() < 0.7 ? 1 : 1 + Math.floor(random.next() * 4)
  const room = Math.floor(bytesMax / count) - 16
  const parts = Array.from({ length: count }, () => bytesOf(random, Math.floor(random.next() ** 3 * room)))
  const besides = random.next() < 0.15 ? bytesOf(random, 1 + Math.floor(random.next() * BESIDES_BYTES_MAX)) : undefined
  return { parts, besides }
}

function bytesOf(random: { next(): number }, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  // One number for four bytes: a process has better things to do.
  const words = new Uint32Array(bytes.buffer, 0, length >> 2)
  for (let index = 0; index < words.length; index++) words[index] = random.next() * 2 ** 32
  return bytes
}

/** The state after a record, as a checkpoint holds it: a fold over everything before. */
export function nextState(state: number, { parts }: RecordContent): number {
  return parts.reduce((sum, part) => crc32(part, sum), state)
}

export interface CheckpointText {
  readonly lsn: number
  readonly state: number
}

export function encodeCheckpoint(text: CheckpointText): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(text))
}

export function decodeCheckpoint(bytes: Uint8Array): CheckpointText {
  return JSON.parse(new TextDecoder().decode(bytes)) as CheckpointText
}
