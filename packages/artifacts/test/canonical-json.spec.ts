import { createArtifactStore } from '@symphony/artifacts'
import type { Json } from '@symphony/interface'
import fc from 'fast-check'
import { expect, it } from 'vitest'

const store = createArtifactStore({ search: false })

/** The same value with its keys the other way round. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).reverse().map(([key, inner]) => [key, reversed(inner)]))
}

it('any JSON comes back as it went in, under an address that does not depend on the order of keys', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const ref = store.putJson(value as Json)
      expect(store.getJson(ref)).toEqual(JSON.parse(JSON.stringify(value)))
      expect(store.putJson(reversed(value) as Json)).toBe(ref)
    }),
  )
})

it('undefined properties are left out and toJSON is honoured, as JSON does', () => {
  const value = { at: new Date(0), nothing: undefined } as unknown as Json
  expect(store.getText(store.putJson(value))).toBe('{"at":"1970-01-01T00:00:00.000Z"}')
})

it('the same object twice is no circle, and depth has an end', () => {
  const twice = { a: 1 }
  expect(store.getText(store.putJson([twice, twice]))).toBe('[{"a":1},{"a":1}]')
  let deep: Json = 0
  for (let level = 0; level < 1000; level++) deep = [deep]
  expect(store.getText(store.putJson(deep)).length).toBe(2001)
  expect(() => store.putJson([deep])).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }) as Error)
})

it('what is no JSON says so when it is read as JSON', () => {
  const ref = store.put('not json')
  expect(() => store.getJson(ref)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT', details: { ref, mediaType: 'text/plain' } }) as Error)
})
