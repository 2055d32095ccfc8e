import { crc32 as zlibCrc32 } from 'node:zlib'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { crc32, crc32ByTable } from '../src/crc32.ts'

it('the checksum is the same by table as by zlib, from any seed', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 0, max: 0xffffffff }), (bytes, seed) => {
    expect(crc32ByTable(bytes, seed)).toBe(zlibCrc32(bytes, seed))
    expect(crc32(bytes, seed)).toBe(zlibCrc32(bytes, seed))
  }))
  const large = new Uint8Array(100_000).map((_, at) => at * 7)
  expect(crc32(large)).toBe(zlibCrc32(large))
})
