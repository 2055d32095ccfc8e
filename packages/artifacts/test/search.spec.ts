import { createArtifactStore } from '@symphony/artifacts'
import type { ArtifactRef } from '@symphony/interface'
import { describe, expect, it } from 'vitest'

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
