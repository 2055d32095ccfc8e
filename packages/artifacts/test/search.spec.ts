import { createArtifactStore } from '@symphony/artifacts'
import type { ArtifactRef } from '@symphony/interface'
import MiniSearch from 'minisearch'
import { afterEach, describe, expect, it, vi } from 'vitest'

describe.each([['lazy', 'lazy'], ['at once', true]] as const)('search built %s', (_, search) => {
  const found = (store: ReturnType<typeof createArtifactStore>, text: string): readonly ArtifactRef[] => store.search({ text }).map(({ ref }) => ref)

  it('forgives a slip and finishes a word, exact matches first', () => {
    const store = createArtifactStore({ search })
    const [exact, longer] = [store.put('orchestra'), store.put('orchestral')]
    expect(found(store, 'orchestra')).toEqual([exact, longer])
    expect(found(store, 'orchetra')).toContain(exact)
    expect(found(store, 'orch')).toEqual(expect.arrayContaining([exact, longer]))
  })

  it('wants all words, and ranks by how much they say', () => {
    const store = createArtifactStore({ search })
    const both = store.put('apples and pears')
    const [often, once] = [store.put('apples apples apples'), store.put('one of my apples is red and this text goes on about other things')]
    expect(found(store, 'apples pears')).toEqual([both])
    const ranked = found(store, 'apples')
    expect(ranked.indexOf(often)).toBeLessThan(ranked.indexOf(once))
  })

  it('keeps up with many deletions', () => {
    const store = createArtifactStore({ search })
    const refs = Array.from({ length: 1500 }, (_, index) => store.put(`document number${index} about whales`))
    expect(store.search({ text: 'whales', limit: 2000 }).length).toBe(1500)
    for (const ref of refs.slice(0, 1400)) store.delete(ref)
    expect(store.search({ text: 'whales', limit: 2000 }).length).toBe(100)
    const again = store.put('document number0 about whales')
    expect(found(store, 'number0')).toEqual([again])
    expect(store.search({ text: 'whales', limit: 2000 }).length).toBe(101)
  })

  it('starts anew after a snapshot', () => {
    const store = createArtifactStore({ search })
    const kept = store.put('kept words')
    const snapshot = store.snapshot()
    store.put('other words')
    expect(found(store, 'words').length).toBe(2)
    store.restore(snapshot)
    store.afterRecovery()
    expect(found(store, 'words')).toEqual([kept])
  })

  it('lists the newest first when there is no text to rank by', () => {
    const store = createArtifactStore({ search })
    const refs = ['a', 'b', 'c'].map((text) => store.put(text, { madeBy: 'maker' }))
    expect(store.search({ madeBy: 'maker', limit: 2 }).map(({ ref }) => ref)).toEqual([refs[2], refs[1]])
  })

  it('refuses nonsense', () => {
    const store = createArtifactStore({ search })
    for (const query of [{ limit: 0 }, { limit: 1.5 }, { text: 7 as unknown as string }]) {
      expect(() => store.search(query)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }) as Error)
    }
  })
})

describe('a text index that fails', () => {
  afterEach(() => void vi.restoreAllMocks())

  for (const search of ['lazy', true] as const) {
    for (const call of ['add', 'search'] as const) {
      it(`in ${call}, with search: ${search}: names and tags are still found, health says so, and contents are stored`, () => {
        const store = createArtifactStore({ search })
        vi.spyOn(MiniSearch.prototype, call).mockImplementation(() => {
          throw new Error('out of words')
        })
        const ref = store.put('a lazy fox', { name: 'Tales of foxes', tags: { by: 'Aesop' } })
        store.put('a dog', { name: 'Tales of dogs' })
        expect(store.search({ text: 'foxes tales' }).map((hit) => hit.ref)).toEqual([ref])
        expect(store.search({ text: 'aesop' }).map((hit) => hit.ref)).toEqual([ref])
        expect(store.search({ text: 'lazy' })).toEqual([])
        expect(store.health()).toMatchObject({ status: 'degraded', reasons: [expect.stringMatching(/out of words.*names and tags only/)] })
        expect([store.delete(ref), store.search({ text: 'tales' }).length, store.search({ tags: { by: 'Aesop' } })]).toEqual([true, 1, []])
      })
    }
  }
})
