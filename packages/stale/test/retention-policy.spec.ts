import { describe, expect, it } from 'vitest'
import { VirtualClock } from '@symphony/ports'
import { createStaleManager, retentionPolicy } from '@symphony/stale'
import type { RetainedItem, RetentionInit, RetentionSource } from '@symphony/stale'

const made = (items: readonly RetainedItem[], init: Partial<RetentionInit> = {}, over: Partial<RetentionSource> = {}) => {
  const clock = new VirtualClock(1_000_000)
  const store = new Map(items.map((item) => [item.id, item]))
  const source: RetentionSource = {
    usedBytes: () => [...store.values()].reduce((bytes, { sizeBytes }) => bytes + sizeBytes, 0),
    items: () => store.values(),
    isLive: () => false,
    remove: (id) => store.delete(id),
    ...over,
  }
  const stale = createStaleManager({ watchesMax: 1 }, { clock })
  stale.addPolicy(retentionPolicy({ name: 'store', source, highWaterBytes: 25, lowWaterBytes: 15, ...init }, { clock }))
  return { clock, stale, left: () => [...store.keys()], add: (item: RetainedItem) => store.set(item.id, item) }
}

const item = (id: string, lastUsedAtMs: number, more: Partial<RetainedItem> = {}): RetainedItem => ({ id, sizeBytes: 10, lastUsedAtMs, ...more })

describe('retention', () => {
  it('begins above the high-water mark and goes down to the low one, oldest first', () => {
    const { stale, left, add } = made([item('b', 2), item('a', 1)])
    expect(stale.sweep(1).reclaimed).toBe(0)
    add(item('c', 3))
    expect(stale.sweep(1)).toMatchObject({ reclaimed: 2, freedBytes: 20 })
    expect(left()).toEqual(['c'])
  })

  it.each([
    ['least-used', { a: { uses: 9 }, b: { uses: 1 }, c: { uses: 5 } }, ['a']],
    ['cheapest', { a: { recomputeMs: 900 }, b: { recomputeMs: 10 }, c: { recomputeMs: 1_000 } }, ['c']],
    ['oldest', { a: {}, b: {}, c: {} }, ['c']],
  ] as const)('%s first', (order, more, expected) => {
    const { stale, left } = made([item('a', 1, more.a), item('b', 2, more.b), item('c', 3, more.c)], { order })
    stale.sweep(1)
    expect(left()).toEqual(expected)
  })

  it('lets nothing of a higher worth go while something of a lower one may', () => {
    const { stale, left } = made([item('training', 1, { worth: 2 }), item('result', 2, { worth: 1 }), item('cache', 3)])
    stale.sweep(1)
    expect(left()).toEqual(['training'])
  })

  it('keeps what is young, often used, tagged, reachable or live', () => {
    const links: Record<string, string[]> = { root: ['a'], a: ['reached'], reached: ['root'] }
    const items = [item('young', 999_999), item('used', 1, { uses: 3 }), item('tagged', 1, { tags: ['hold'] }), item('reached', 1), item('live', 1), item('gone', 1)]
    const { stale, left } = made(items, { unusedForMs: 1_000, usesBelow: 3, keepTags: ['hold'], lowWaterBytes: 0 }, { isLive: (id) => id === 'live', roots: () => ['root'], links: (id) => links[id] ?? [] })
    stale.sweep(1)
    expect(left()).toEqual(['young', 'used', 'tagged', 'reached', 'live'])
  })

  it('lets nothing go that came to life after it was listed', () => {
    let asked = 0
    // Each is asked about once while they are listed, and once more in the moment before it goes.
    const { stale, left } = made([item('a', 1), item('b', 2), item('c', 3)], {}, { isLive: () => ++asked > 3 })
    expect(stale.sweep(1).reclaimed).toBe(0)
    expect(asked).toBe(6)
    expect(left()).toHaveLength(3)
  })

  it('archives first, and keeps what could not be archived', () => {
    const archived: string[] = []
    const archive = (id: string): boolean => id !== 'a' && archived.push(id) > 0
    const { stale, left } = made([item('a', 1), item('b', 2), item('c', 3)], { archive: true }, { archive })
    stale.sweep(1)
    expect(left()).toEqual(['a'])
    expect(archived).toEqual(['b', 'c'])
  })

  it('refuses marks that make no sense, and an archive without a place', () => {
    const init = { name: 'x', source: { usedBytes: () => 0, items: () => [], isLive: () => false, remove: () => true } }
    expect(() => retentionPolicy({ ...init, highWaterBytes: 5, lowWaterBytes: 6 })).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
    expect(() => retentionPolicy({ ...init, highWaterBytes: 5, archive: true })).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  })
})
