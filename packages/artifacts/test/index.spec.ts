import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ArtifactIndex } from '../src/artifact-index.ts'
import { formatHash, isAddress, parseHash } from '../src/hash-words.ts'
import { HASH_WORDS } from '../src/layout.ts'

const ROWS = 8

it('finds what is there and nothing else, with all rows in one corner of the table', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: ROWS - 1 }), fc.integer({ min: 0, max: 3 })), { maxLength: 60 }), (toggles) => {
      const hashes = new Int32Array(ROWS * HASH_WORDS)
      const index = new ArtifactIndex(new Int32Array(ROWS * 2), hashes)
      const present = new Set<number>()
      for (const [row, home] of toggles) {
        if (present.delete(row)) index.remove(row)
        else {
          // Few first words make long probes, and the last slots make them wrap round.
          hashes.set([13 + home, 0, 0, 0, 0, 0, 0, row], row * HASH_WORDS)
          index.add(row)
          present.add(row)
        }
        for (let candidate = 0; candidate < ROWS; candidate++) {
          const words = hashes.slice(candidate * HASH_WORDS, (candidate + 1) * HASH_WORDS)
          expect(index.find(words)).toBe(present.has(candidate) ? candidate : -1)
        }
      }
    }),
    { numRuns: 300 },
  )
})

it('addresses are read and written without loss, and nothing else is read', () => {
  const words = new Int32Array(HASH_WORDS)
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (digest) => {
      const ref = Buffer.from(digest).toString('hex')
      expect(parseHash(ref, words)).toBe(true)
      expect([...new Uint8Array(words.buffer)]).toEqual([...digest])
      expect(formatHash(digest)).toBe(ref)
    }),
  )
  const good = 'ab'.repeat(32)
  for (const wrong of ['', good.slice(1), `${good}0`, good.toUpperCase(), `g${good.slice(1)}`, `${good.slice(1)}é`, `${good.slice(1)}\u{ff11}`]) {
    expect(parseHash(wrong, words)).toBe(false)
    expect(isAddress(wrong)).toBe(false)
  }
})
