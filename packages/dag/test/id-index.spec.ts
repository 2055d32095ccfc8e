import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { IdIndex } from '../src/definition/id-index.ts'

describe('an index of ids', () => {
  it('finds the first place of every id and nothing else, as a Map would', () => {
    const id = fc.oneof(fc.constantFrom('', 'a', 'b', 'a0', '0a'), fc.string({ unit: 'binary', maxLength: 6 }))
    fc.assert(
      fc.property(fc.array(id, { maxLength: 200 }), fc.array(id, { maxLength: 50 }), (ids, others) => {
        const index = new IdIndex(ids)
        const first = new Map<string, number>()
        ids.forEach((one, place) => {
          if (!first.has(one)) first.set(one, place)
          expect(index.add(place)).toBe(first.get(one))
        })
        for (const one of [...ids, ...others]) expect([index.get(one), index.has(one)]).toEqual([first.get(one), first.has(one)])
        const later = IdIndex.ofAll(ids)
        for (const one of [...ids, ...others]) expect([later.get(one), later.has(one)]).toEqual([first.get(one), first.has(one)])
        expect([index.size, [...index.keys()]]).toEqual([ids.length, ids])
      }),
    )
  })
})
