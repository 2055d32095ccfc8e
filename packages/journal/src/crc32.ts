/** So many bytes are summed without zlib: Node loads it in 3 ms, in which a table does as much, and a first task needs a few hundred. */
const TABLE_BYTES = 16 * 1024

let tableBytes = TABLE_BYTES
let table: Int32Array | undefined
let zlibCrc32: ((bytes: Uint8Array, seed: number) => number) | undefined

/** CRC-32 as in zlib: of all bytes summed before, whose checksum is the seed, and of these. */
export function crc32(bytes: Uint8Array, seed = 0): number {
  if (zlibCrc32 !== undefined) return zlibCrc32(bytes, seed)
  tableBytes -= bytes.length
  if (tableBytes >= 0) return crc32ByTable(bytes, seed)
  zlibCrc32 = process.getBuiltinModule('node:zlib').crc32
  return zlibCrc32(bytes, seed)
}

/** The same, whatever was summed before. */
export function crc32ByTable(bytes: Uint8Array, seed = 0): number {
  table ??= makeTable()
  let crc = ~seed
  for (let at = 0; at < bytes.length; at++) crc = (table[(crc ^ (bytes[at] as number)) & 0xff] as number) ^ (crc >>> 8)
  return ~crc >>> 0
}

function makeTable(): Int32Array {
  const made = new Int32Array(256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1
    made[byte] = crc
  }
  return made
}
