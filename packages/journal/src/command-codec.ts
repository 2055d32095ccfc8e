import type { ComponentId, LoggedCommand, Lsn } from '@symphony/interface'

/**
 * Commands look the same in the ring and in the file, so that the writer moves them without touching them.
 *
 * A command is `u8 component | u8 flags | u16 type | u32 length | body | zeroes to a multiple of 8`. A record is a run of
 * commands up to the one flagged `last`.
 */
export const COMMAND_HEADER_BYTES = 8

export const COMMAND_FLAGS = {
  /** The record ends with this command. */
  last: 1,
  /** Ring only: nothing more up to the end of the ring; go on at its start. */
  skip: 2,
  /** Ring only: `length` is a file descriptor to force before the next commit. */
  sync: 4,
} as const

export function commandBytes(bodyLength: number): number {
  // No bit operations: a length beyond 2^31 has to stay one, so that it can be refused.
  return COMMAND_HEADER_BYTES + 8 * Math.ceil(bodyLength / 8)
}

/** Hands out the commands of a frame's payload whose record lies after `afterLsn`. Returns how many. */
export function forEachCommand(payload: Uint8Array, firstLsn: number, afterLsn: number, visit: (command: LoggedCommand) => void): number {
  const { buffer, byteOffset } = payload
  const view = new DataView(buffer, byteOffset, payload.byteLength)
  let lsn = firstLsn
  let count = 0
  for (let at = 0; at < payload.length; ) {
    const length = view.getUint32(at + 4, true)
    const flags = payload[at + 1] as number
    if (lsn > afterLsn) {
      // Half of what `subarray` costs.
      const body = new Uint8Array(buffer, byteOffset + at + COMMAND_HEADER_BYTES, length)
      visit({ lsn: lsn as Lsn, component: payload[at] as ComponentId, type: view.getUint16(at + 2, true), body })
      count++
    }
    if ((flags & COMMAND_FLAGS.last) !== 0) lsn++
    at += commandBytes(length)
  }
  return count
}
